/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "format_words.h"

#include "../base/memory.h"
#include "list.h"
#include "protocols.h"
#include "short_words.h"

#include <errno.h>
#include <string.h>

#define WIDTH 80 /* without the rule's name before it */

/* The line being written. It may be broken before every word. */
struct writer {
    const struct ini *ini;
    const struct ini_section *section;
    FILE *out;
    size_t column, indent;
};

static const struct ini_entry *find_entry(const struct writer *writer, const char *key)
{
    const struct ini_section *section = writer->section;

    for (size_t i = 0; i < section->entry_count; i++) {
        const struct ini_entry *entry = &writer->ini->entries[section->first_entry + i];

        if (piece_is_keyword(entry->key, key))
            return entry;
    }
    return NULL;
}

/* Begins a new line unless LENGTH more bytes fit on this one. */
static void make_room(struct writer *writer, size_t length)
{
    if (!writer->column || writer->column + 1 + length <= WIDTH)
        return;
    fprintf(writer->out, "\n%*s", (int)writer->indent, "");
    writer->column = 0;
}

/* Writes WORD, with a blank before it unless it is GLUED to the last one. */
static void put(struct writer *writer, bool glued, const char *word, size_t length)
{
    if (!glued)
        make_room(writer, length);
    if (!glued && writer->column) {
        fputc(' ', writer->out);
        writer->column++;
    }
    fwrite(word, 1, length, writer->out);
    writer->column += length;
}

static void put_word(struct writer *writer, const char *word)
{
    put(writer, false, word, strlen(word));
}

static void put_quoted(struct writer *writer, bool glued, struct piece text)
{
    CLEANUP_FREE char *quoted = NULL;

    if (asprintf(&quoted, "\"%.*s\"", (int)text.length, text.text) >= 0)
        put(writer, glued, quoted, strlen(quoted));
}

/* Would ITEM be read as one word, and as a name? */
static bool is_plain(struct piece item)
{
    static const char marks[] = {',', '>', '#', ';', '"', '['};
    static const bool either[2] = {true, true};
    struct icmp_match match;
    struct fault fault;
    u8 protocol;
    bool named;

    for (size_t i = 0; i < item.length; i++)
        if (is_white(item.text[i]) || memchr(marks, item.text[i], sizeof(marks)))
            return false;
    if (!item.length || is_digit(item.text[0]))
        return item.length > 0;
    return !grammar_find_key(&grammar_sections[SECTION_RULE], item, NULL) &&
           !piece_is_keyword(item, "ipv4") && protocol_read(item, &protocol, &named, &fault) &&
           icmp_read(item, either, &match, &fault);
}

void format_words_name(struct piece name, FILE *out)
{
    const char *mark = is_plain(name) ? "" : "\"";

    fprintf(out, "%s%.*s%s", mark, (int)name.length, name.text, mark);
}

enum words_as {
    AS_WORDS,
    AS_NAMES,    /* words that look like keywords are quoted */
    AS_ADDRESSES /* also, items with a colon are in brackets */
};

/* Writes a range, or flags, without the blanks that they may have around their dash or +. */
static void put_joined(struct writer *writer, bool glued, struct piece rest)
{
    for (struct piece word; (word = piece_next_word(&rest)).length; glued = true)
        put(writer, glued, word.text, word.length);
}

static void put_item(struct writer *writer, bool glued, struct piece item, enum words_as as)
{
    CLEANUP_FREE char *bracketed = NULL;

    if (piece_find(item, ' ') < item.length && item.text[0] != '@')
        put_joined(writer, glued, item);
    else if (as != AS_WORDS && !piece_is_keyword(item, "any") && !is_plain(item))
        put_quoted(writer, glued, item);
    else if (as == AS_ADDRESSES && piece_find(item, ':') < item.length &&
             asprintf(&bracketed, "[%.*s]", (int)item.length, item.text) >= 0)
        put(writer, glued, bracketed, strlen(bracketed));
    else
        put(writer, glued, item.text, item.length);
}

/* Writes the items of ENTRY, separated by commas; the first is GLUED to what precedes it. */
static void put_list(struct writer *writer, bool glued, const struct ini_entry *entry,
                     enum words_as as)
{
    struct list list = list_of_all_but(writer->ini, entry, NULL);
    struct piece item;

    if (list.all_but) {
        put(writer, glued, "any but", strlen("any but"));
        glued = false;
    }
    for (bool first = true; list_next(&list, &item); first = false) {
        if (!first)
            put(writer, true, ",", 1);
        put_item(writer, first && glued, item, as);
    }
}

/* The same for items that have several words. Returns 0 or -ENOMEM. */
static int put_phrases(struct writer *writer, const struct ini_entry *entry)
{
    CLEANUP_FREE char *text = ini_value_text(writer->ini, entry);
    struct piece rest, item;

    if (!text)
        return -ENOMEM;
    rest = piece_of(text);
    for (bool first = true; piece_next_item(&rest, &item); first = false) {
        if (!first)
            put(writer, true, ",", 1);
        put(writer, false, item.text, item.length);
    }
    return 0;
}

static void put_value(struct writer *writer, const struct ini_entry *entry)
{
    for (size_t i = 0; i < entry->piece_count; i++) {
        struct piece piece = writer->ini->pieces[entry->first_piece + i];

        put(writer, false, piece.text, piece.length);
    }
}

static void put_side(struct writer *writer, const char *key, const char *port_key)
{
    const struct ini_entry *addresses = find_entry(writer, key);
    const struct ini_entry *ports = find_entry(writer, port_key);

    if (addresses)
        put_list(writer, false, addresses, ports ? AS_ADDRESSES : AS_NAMES);
    if (!ports)
        return;
    put(writer, addresses != NULL, ":", 1);
    put_list(writer, true, ports, AS_WORDS);
}

static bool is_said_before(const char *key)
{
    static const char *const before[] = {"action", "direction",   "on",       "arrives",
                                         "leaves", "family",      "protocol", "icmp-type",
                                         "from",   "source-port", "to",       "port"};

    for (size_t i = 0; i < ARRAY_SIZE(before); i++)
        if (!strcmp(before[i], key))
            return true;
    return false;
}

/* Writes any other key as it was written. Returns 0 or -ENOTSUP. */
static int put_key(struct writer *writer, const struct grammar_key *key,
                   const struct ini_entry *entry)
{
    CLEANUP_FREE char *text = ini_value_text(writer->ini, entry);

    if (!text)
        return -ENOMEM;
    if (!strcmp(key->name, "log") && piece_is_keyword(piece_of(text), "yes")) {
        put_word(writer, key->name);
        return 0;
    }
    if (key->kind == VALUE_TEXT && !*text)
        return 0;
    if (key->kind == VALUE_TEXT && strchr(text, '"'))
        return -ENOTSUP;
    make_room(writer, strlen(key->name) + 1 + strlen(text));
    put_word(writer, key->name);
    if (key->kind == VALUE_TEXT)
        put_quoted(writer, false, piece_of(text));
    else if (key->kind == VALUE_LIST)
        put_list(writer, false, entry, AS_WORDS);
    else if (key->kind == VALUE_PHRASES)
        return put_phrases(writer, entry);
    else
        put_value(writer, entry);
    return 0;
}

/* A family stands alone; `any` needs no word. */
static void put_families(struct writer *writer)
{
    const struct ini_entry *family = find_entry(writer, "family");
    struct list list;
    struct piece item;

    if (!family)
        return;
    list = list_of(writer->ini, family, NULL);
    while (list_next(&list, &item))
        if (piece_is_keyword(item, "any"))
            return;
    put_list(writer, false, family, AS_WORDS);
}

/* Protocol 41 is called ipv6, which is a family where the protocols begin: there it is a number. */
static void put_protocols(struct writer *writer)
{
    const struct ini_entry *protocol = find_entry(writer, "protocol");
    struct list list;
    struct piece item;

    if (!protocol)
        return;
    list = list_of(writer->ini, protocol, NULL);
    for (bool first = true; list_next(&list, &item); first = false) {
        if (!first)
            put(writer, true, ",", 1);
        if (first && piece_is_keyword(item, "ipv6"))
            put_word(writer, "41");
        else
            put_item(writer, false, item, AS_WORDS);
    }
}

static void put_zones(struct writer *writer)
{
    const struct ini_entry *on = find_entry(writer, "on");
    const struct ini_entry *arrives = find_entry(writer, "arrives");
    const struct ini_entry *leaves = find_entry(writer, "leaves");

    if (on) {
        put_word(writer, "on");
        put_list(writer, false, on, AS_NAMES);
    }
    if (arrives)
        put_list(writer, false, arrives, AS_NAMES);
    else if (leaves)
        put_word(writer, "any");
    if (arrives || leaves)
        put_word(writer, "to");
    if (leaves)
        put_list(writer, false, leaves, AS_NAMES);
    else if (arrives)
        put_word(writer, "any");
}

static int put_rule(struct writer *writer)
{
    static const char *const words[] = {"action", "direction"};
    const struct grammar_section *rule = &grammar_sections[SECTION_RULE];
    const struct ini_entry *types = find_entry(writer, "icmp-type");
    int error = 0;

    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        put_value(writer, find_entry(writer, words[i]));
    put_zones(writer);
    put_families(writer);
    put_protocols(writer);
    if (types)
        put_list(writer, false, types, AS_WORDS);
    if (find_entry(writer, "from") || find_entry(writer, "source-port") ||
        find_entry(writer, "to") || find_entry(writer, "port")) {
        put_side(writer, "from", "source-port");
        put_word(writer, ">");
        put_side(writer, "to", "port");
    }
    for (size_t i = 0; i < rule->key_count && !error; i++) {
        const struct ini_entry *entry = find_entry(writer, rule->keys[i].name);

        if (entry && !is_said_before(rule->keys[i].name))
            error = put_key(writer, &rule->keys[i], entry);
    }
    return error;
}

static void put_expectation(struct writer *writer)
{
    const struct ini_entry *rule = find_entry(writer, "rule");
    const struct ini_entry *before = find_entry(writer, "reply-to");

    put_value(writer, find_entry(writer, "verdict"));
    if (rule && rule->piece_count) {
        put_word(writer, "by");
        put_item(writer, false, *ini_value(writer->ini, rule), AS_NAMES);
    }
    put_value(writer, find_entry(writer, "packet"));
    if (before && before->piece_count) {
        make_room(writer, strlen("after ") + ini_value(writer->ini, before)->length);
        put_word(writer, "after");
        put_value(writer, before);
    }
}

char *format_short(const struct ini *ini, const struct ini_section *section, int *error)
{
    char *text = NULL;
    size_t size = 0;
    struct writer writer = {.ini = ini, .section = section, .out = open_memstream(&text, &size)};

    *error = -ENOMEM;
    if (!writer.out)
        return NULL;
    *error = 0;
    if (section->grammar == &grammar_sections[SECTION_RULE])
        *error = put_rule(&writer);
    else
        put_expectation(&writer);
    if (fclose(writer.out) && !*error)
        *error = -ENOMEM;
    if (*error)
        free(TAKE_PTR(text));
    return text;
}

/* Writes the key and value of ENTRY in the long form; WIDTH is that of the longest key. Returns 0,
 * -ENOTSUP or -ENOMEM. */
static int put_long(struct writer *writer, const struct ini_entry *entry, size_t width)
{
    const struct grammar_key *key = grammar_find_key(writer->section->grammar, entry->key, NULL);
    int error = 0;

    fprintf(writer->out, "%-*s =", (int)width, key->name);
    writer->column = width + 2;
    writer->indent = width + 3;
    if (key->kind == VALUE_LIST)
        put_list(writer, false, entry, AS_WORDS);
    else if (key->kind == VALUE_PHRASES)
        error = put_phrases(writer, entry);
    else
        put_value(writer, entry);
    fputc('\n', writer->out);
    for (size_t i = 0; key->kind == VALUE_TEXT && i < entry->piece_count; i++) {
        struct piece piece = writer->ini->pieces[entry->first_piece + i];

        for (size_t at = 1; at < piece.length; at++)
            if (is_white(piece.text[at - 1]) && (piece.text[at] == '#' || piece.text[at] == ';'))
                return -ENOTSUP;
    }
    return error;
}

char *format_long(const struct ini *ini, const struct ini_section *section, int *error)
{
    const struct grammar_section *grammar = section->grammar;
    char *text = NULL;
    size_t size = 0, width = 0;
    struct writer writer = {.ini = ini, .section = section, .out = open_memstream(&text, &size)};

    *error = -ENOMEM;
    if (!writer.out)
        return NULL;
    *error = 0;
    for (size_t i = 0; i < section->entry_count; i++) {
        size_t length = ini->entries[section->first_entry + i].key.length;
        width = length > width ? length : width;
    }
    fprintf(writer.out, "[%s %.*s]\n", grammar->name, (int)section->name.length,
            section->name.text);
    for (size_t i = 0; i < grammar->key_count && !*error; i++) {
        const struct ini_entry *entry = find_entry(&writer, grammar->keys[i].name);

        if (entry)
            *error = put_long(&writer, entry, width);
    }
    if (fclose(writer.out) && !*error)
        *error = -ENOMEM;
    if (*error)
        free(TAKE_PTR(text));
    return text;
}
