/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nftables_lines.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "../base/memory.h"

#define WORD_BYTES 128

struct written {
    char table[2 * WORD_BYTES], chain[WORD_BYTES];
    unsigned int line;
};

struct nftables_lines {
    const struct source *text;
    struct written *rules; /* by table, chain and line, once all are read */
    size_t count, capacity;
};

struct scanner {
    const char *at, *end;
    unsigned int line;
    char table[2 * WORD_BYTES], chain[WORD_BYTES]; /* empty: outside of one */
};

void nftables_lines_free(struct nftables_lines *lines)
{
    if (lines)
        free(lines->rules);
    free(lines);
}

static void skip_line(struct scanner *scanner)
{
    while (scanner->at < scanner->end && *scanner->at != '\n')
        scanner->at++;
}

static void skip_quoted(struct scanner *scanner)
{
    for (scanner->at++; scanner->at < scanner->end && *scanner->at != '"'; scanner->at++)
        scanner->line += *scanner->at == '\n';
}

/* Skips white space and ends of statements. */
static void skip_blanks(struct scanner *scanner)
{
    for (; scanner->at < scanner->end; scanner->at++) {
        if (*scanner->at == '#') {
            skip_line(scanner);
            if (scanner->at == scanner->end)
                return;
        }
        if (*scanner->at == '\n')
            scanner->line++;
        else if (!isspace((unsigned char)*scanner->at) && *scanner->at != ';' &&
                 *scanner->at != '\\')
            return;
    }
}

/* Takes the next word of a statement; empty at its end. */
static void take_word(struct scanner *scanner, char word[WORD_BYTES])
{
    size_t length = 0;

    while (scanner->at < scanner->end && (*scanner->at == ' ' || *scanner->at == '\t'))
        scanner->at++;
    while (scanner->at < scanner->end && !isspace((unsigned char)*scanner->at) &&
           !strchr(";{}#", *scanner->at)) {
        if (*scanner->at != '"' && length < WORD_BYTES - 1)
            word[length++] = *scanner->at;
        scanner->at++;
    }
    word[length] = '\0';
}

/* Goes to the end of the statement: a line end or a semicolon outside of braces, or the brace that
 * closes the block around it. */
static void skip_statement(struct scanner *scanner)
{
    int depth = 0;

    for (; scanner->at < scanner->end; scanner->at++) {
        char c = *scanner->at;
        bool joined = c == '\n' && scanner->at[-1] == '\\';

        if (c == '"')
            skip_quoted(scanner);
        else if (c == '#')
            skip_line(scanner);
        else if (c == '{')
            depth++;
        else if (c == '}' && !depth--)
            return;
        if (scanner->at == scanner->end)
            return;
        if (*scanner->at == '\n')
            scanner->line++;
        if (!depth && !joined && (*scanner->at == '\n' || *scanner->at == ';')) {
            scanner->at++;
            return;
        }
    }
}

static bool is_family(const char *word)
{
    static const char *const families[] = {"ip", "ip6", "inet", "arp", "bridge", "netdev"};

    for (size_t i = 0; i < ARRAY_SIZE(families); i++)
        if (!strcmp(families[i], word))
            return true;
    return false;
}

/* Takes "[FAMILY] TABLE". */
static void take_table(struct scanner *scanner, char table[2 * WORD_BYTES])
{
    char family[WORD_BYTES] = "ip", word[WORD_BYTES];

    take_word(scanner, word);
    if (is_family(word)) {
        memcpy(family, word, sizeof(family));
        take_word(scanner, word);
    }
    snprintf(table, 2 * WORD_BYTES, "%s %s", family, word);
}

static int add(struct nftables_lines *lines, const char *table, const char *chain,
               unsigned int line)
{
    struct written *grown =
        array_grow(lines->rules, lines->count, &lines->capacity, sizeof(*grown));

    if (!grown)
        return -ENOMEM;
    lines->rules = grown;
    snprintf(grown[lines->count].table, sizeof(grown->table), "%s", table);
    snprintf(grown[lines->count].chain, sizeof(grown->chain), "%s", chain);
    grown[lines->count++].line = line;
    return 0;
}

/* Is it a block that begins here? Then it is entered. */
static bool enter(struct scanner *scanner)
{
    skip_blanks(scanner);
    if (scanner->at == scanner->end || *scanner->at != '{')
        return false;
    scanner->at++;
    return true;
}

/* What chains say besides rules. */
static bool is_declaration(const char *word)
{
    static const char *const words[] = {"type", "policy", "comment", "flags", "devices", "device"};

    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (!strcmp(words[i], word))
            return true;
    return false;
}

static int scan_outside(struct nftables_lines *lines, struct scanner *scanner, const char *word)
{
    char table[2 * WORD_BYTES], chain[WORD_BYTES], second[WORD_BYTES];
    unsigned int line = scanner->line;
    int error = 0;

    if (!strcmp(word, "table")) {
        take_table(scanner, table);
        if (enter(scanner)) {
            memcpy(scanner->table, table, sizeof(table));
            return 0;
        }
    } else if (!strcmp(word, "add")) {
        take_word(scanner, second);
        if (!strcmp(second, "rule")) {
            take_table(scanner, table);
            take_word(scanner, chain);
            error = add(lines, table, chain, line);
        }
    }
    skip_statement(scanner);
    return error;
}

static int scan(struct nftables_lines *lines, struct scanner *scanner)
{
    char word[WORD_BYTES];
    unsigned int line = scanner->line;
    int error = 0;

    if (*scanner->at == '}') {
        scanner->at++;
        if (*scanner->chain)
            *scanner->chain = '\0';
        else
            *scanner->table = '\0';
        return 0;
    }
    take_word(scanner, word);
    if (!*scanner->table)
        return scan_outside(lines, scanner, word);
    if (!*scanner->chain && !strcmp(word, "chain")) {
        take_word(scanner, word);
        if (enter(scanner))
            memcpy(scanner->chain, word, sizeof(word));
        return 0;
    }
    if (*scanner->chain && !is_declaration(word))
        error = add(lines, scanner->table, scanner->chain, line);
    skip_statement(scanner);
    return error;
}

static int compare(const void *left, const void *right)
{
    const struct written *a = left, *b = right;
    int tables = strcmp(a->table, b->table), chains = strcmp(a->chain, b->chain);

    return tables ? tables : chains ? chains : (a->line > b->line) - (a->line < b->line);
}

int nftables_lines_read(const struct source *text, struct nftables_lines **lines)
{
    struct nftables_lines *made = calloc(1, sizeof(*made));
    struct scanner scanner = {.at = text->text, .end = text->text + text->length, .line = 1};
    int error = made ? 0 : -ENOMEM;

    if (made)
        made->text = text;
    while (!error) {
        const char *before;
        skip_blanks(&scanner);
        if (scanner.at == scanner.end)
            break;
        before = scanner.at;
        error = scan(made, &scanner);
        if (scanner.at == before)
            scanner.at++;
    }
    if (error) {
        nftables_lines_free(made);
        return error;
    }
    if (made->count)
        qsort(made->rules, made->count, sizeof(*made->rules), compare);
    *lines = made;
    return 0;
}

/* The first rule of CHAIN, or of what would come behind it. */
static size_t first_of(const struct nftables_lines *lines, const struct chain *chain)
{
    size_t low = 0, high = lines->count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct written *rule = &lines->rules[middle];
        int tables = strcmp(rule->table, chain->table);

        if (tables < 0 || (!tables && strcmp(rule->chain, chain->name) < 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_of(const struct nftables_lines *lines, size_t at, const struct chain *chain)
{
    return at < lines->count && !strcmp(lines->rules[at].chain, chain->name) &&
           !strcmp(lines->rules[at].table, chain->table);
}

bool nftables_lines_find(const struct nftables_lines *lines, const struct chain *chain,
                         size_t number, struct place *place)
{
    size_t first = lines ? first_of(lines, chain) : 0;

    if (!lines || !chain->rules || !is_of(lines, first + chain->rules - 1, chain) ||
        is_of(lines, first + chain->rules, chain))
        return false;
    unsigned int line = lines->rules[first + number - 1].line;
    *place =
        (struct place){lines->text, line, 1, (unsigned int)source_line(lines->text, line).length};
    return true;
}
