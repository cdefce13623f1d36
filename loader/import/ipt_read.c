/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of iptables-save and ip6tables-save. */
#include "ipt.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../base/memory.h"
#include "reader.h"

#define WORD_BYTES 4096

struct ipt_source {
    const struct source *source;
    enum family family; /* of lines that do not say */
};

struct ipt_reader {
    struct ruleset *ruleset;
    const struct source *source;
    enum family family;
    char table[64];
    unsigned int line;
    bool rules; /* chains were read, and rules are now */
    bool failed;
};

void ipt_refuse(struct ipt_rule *rule, const char *format, ...)
{
    va_list arguments;

    if (rule->refused)
        return;
    va_start(arguments, format);
    rule->refused = arena_vprint(&rule->ruleset->arena, format, arguments);
    va_end(arguments);
}

const char *ipt_next(struct ipt_words *words)
{
    return words->at < words->count ? words->list[words->at++] : "";
}

/* Takes one word, in which quotes protect blanks and backslashes protect quotes. */
static const char *take_word(const char *at, const char *end, char word[WORD_BYTES])
{
    bool quoted = false;
    size_t length = 0;

    for (; at < end && (quoted || !isspace((unsigned char)*at)); at++) {
        if (*at == '"') {
            quoted = !quoted;
            continue;
        }
        if (*at == '\\' && quoted && at + 1 < end)
            at++;
        if (length < WORD_BYTES - 1 && *at)
            word[length++] = *at;
    }
    word[length] = '\0';
    return at;
}

static void split(struct arena *arena, struct source_line line, struct ipt_words *words)
{
    const char *at = line.text, *end = line.text + line.length;
    char word[WORD_BYTES];

    for (;;) {
        const char **grown;
        while (at < end && isspace((unsigned char)*at))
            at++;
        if (at == end)
            return;
        at = take_word(at, end, word);
        grown = arena_grow(arena, words->list, words->count, &words->capacity, sizeof(*grown));
        if (!grown)
            return;
        words->list = grown;
        words->list[words->count++] = arena_copy(arena, word);
    }
}

static struct place place_of(const struct ipt_reader *reader)
{
    return (struct place){reader->source, reader->line, 1,
                          (unsigned int)source_line(reader->source, reader->line).length};
}

static void fail(struct ipt_reader *reader, const char *what)
{
    diag_add(reader->ruleset->diag, SEVERITY_ERROR, place_of(reader), "%s", what);
    reader->failed = true;
}

/* What iptables calls its own chains, and when its tables come. */
static void set_hook(struct chain *chain, const char *table, const char *policy)
{
    static const struct {
        const char *name;
        enum hook hook;
    } hooks[] = {{"PREROUTING", HOOK_PREROUTING},
                 {"INPUT", HOOK_INPUT},
                 {"FORWARD", HOOK_FORWARD},
                 {"OUTPUT", HOOK_OUTPUT},
                 {"POSTROUTING", HOOK_POSTROUTING}};
    static const struct {
        const char *name;
        int priority;
    } tables[] = {{"raw", -300}, {"mangle", -150}, {"filter", 0}, {"security", 50}};

    chain->translates = !strcmp(table, "nat");
    for (size_t i = 0; i < ARRAY_SIZE(hooks) && !chain->translates; i++)
        if (!strcmp(hooks[i].name, chain->name))
            chain->hook = hooks[i].hook;
    for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
        if (!strcmp(tables[i].name, table))
            chain->priority = tables[i].priority;
    if (!strcmp(policy, "DROP"))
        chain->policy = DEED_DROP;
}

static const char *table_of(const struct ipt_reader *reader)
{
    return arena_print(&reader->ruleset->arena, "%s %s",
                       reader->family == FAMILY_IPV4 ? "ip" : "ip6", reader->table);
}

static void read_chain(struct ipt_reader *reader, struct ipt_words *words)
{
    const char *name = ipt_next(words) + 1, *policy = ipt_next(words);
    struct chain *chain =
        ruleset_chain(reader->ruleset, table_of(reader), name, (u8)(1 << (reader->family - 1)));

    if (chain && strcmp(policy, "-") != 0)
        set_hook(chain, reader->table, policy);
    if (chain && !strcmp(reader->table, "nat"))
        reader->ruleset->tracks = true;
}

/* The rule without its first two words, "-A CHAIN". */
static const char *words_of(struct arena *arena, struct source_line line)
{
    const char *text =
        arena_print(arena, "%.*s", (int)(line.length > 400 ? 400 : line.length), line.text);
    const char *rule = strstr(text, "-A ");

    rule = rule ? strchr(rule + 3, ' ') : NULL;
    return rule ? rule + 1 : text;
}

static void read_options(struct ipt_rule *rule, struct ipt_words *words)
{
    while (words->at < words->count) {
        const char *word = ipt_next(words);
        bool negated = !strcmp(word, "!");

        if (negated)
            word = ipt_next(words);
        if (*word == '-')
            ipt_option(rule, word, negated, words);
    }
}

static void read_rule(struct ipt_reader *reader, struct ipt_words *words)
{
    struct arena *arena = &reader->ruleset->arena;
    u8 families = (u8)(1 << (reader->family - 1));
    const char *name = ipt_next(words);
    struct chain *chain = ruleset_find(reader->ruleset, table_of(reader), name, families);
    struct origin *origin = arena_get(arena, sizeof(*origin));
    struct entry *entry = arena_get(arena, sizeof(*entry));

    if (!chain) {
        fail(reader, "this rule is for a chain that no line beginning with a colon declares");
        return;
    }
    if (!origin || !entry)
        return;
    *origin = (struct origin){.place = place_of(reader),
                              .words = words_of(arena, source_line(reader->source, reader->line))};
    entry->origin = origin;
    condition_narrow_to(arena, &entry->condition, ASPECT_FAMILY, reader->family - 1);
    struct ipt_rule rule = {.ruleset = reader->ruleset,
                            .family = reader->family,
                            .table = chain->table,
                            .families = families,
                            .chain = chain,
                            .origin = origin,
                            .entries = entry,
                            .count = 1,
                            .rate = {.period = "second"}};
    read_options(&rule, words);
    ipt_target(&rule);
    if (rule.refused)
        rule.count = 1;
    rule.entries[0].refused = rule.refused;
    rule.entries[0].translates = rule.translates;
    for (size_t i = 0; i < rule.count; i++)
        ruleset_add(reader->ruleset, chain, &rule.entries[i]);
}

/* "# Generated by ip6tables-save v1.8.9 ..." */
static void read_comment(struct ipt_reader *reader, const char *line)
{
    const struct origin origin = {.place = place_of(reader)};

    if (reader->rules && strstr(line, "is incompatible, use 'nft'"))
        ruleset_complain(reader->ruleset, &origin,
                         "this table is not in the file: import what nft list ruleset prints");
    if (reader->rules && strstr(line, "-legacy tables present"))
        ruleset_complain(reader->ruleset, &origin,
                         "other tables are in force besides, which are not in the file: import "
                         "what iptables-legacy-save prints as well");
    if (strstr(line, "ip6tables-save"))
        reader->family = FAMILY_IPV6;
    else if (strstr(line, "iptables-save"))
        reader->family = FAMILY_IPV4;
}

static void read_line(struct ipt_reader *reader)
{
    struct source_line line = source_line(reader->source, reader->line);
    struct ipt_words words = {0};
    const char *first;

    split(&reader->ruleset->arena, line, &words);
    if (!words.count)
        return;
    first = words.list[0];
    if (*first == '#') {
        read_comment(reader,
                     arena_print(&reader->ruleset->arena, "%.*s", (int)line.length, line.text));
    } else if (*first == '*') {
        snprintf(reader->table, sizeof(reader->table), "%s", first + 1);
    } else if (!strcmp(first, "COMMIT")) {
        *reader->table = '\0';
    } else if (!*reader->table) {
        fail(reader, "this is not what iptables-save prints: a line such as *filter comes first");
    } else if (*first == ':') {
        if (!reader->rules)
            read_chain(reader, &words);
    } else {
        if (*first == '[')
            ipt_next(&words);
        if (strcmp(ipt_next(&words), "-A") != 0)
            fail(reader, "this is no line of iptables-save: rules begin with -A CHAIN");
        else if (reader->rules)
            read_rule(reader, &words);
    }
}

/* Chains first, so that jumps find them wherever they are declared. */
static void read_source(struct ruleset *ruleset, const struct ipt_source *source, bool rules)
{
    struct ipt_reader reader = {
        .ruleset = ruleset, .source = source->source, .family = source->family, .rules = rules};

    for (reader.line = 1; reader.line <= source->source->line_count; reader.line++) {
        read_line(&reader);
        if (reader.failed) {
            ruleset->arena.error = ruleset->arena.error ? ruleset->arena.error : -EINVAL;
            return;
        }
    }
}

static void read_all(struct ruleset *ruleset, void *context)
{
    const struct ipt_source *sources = context;

    for (int rules = 0; rules < 2; rules++)
        for (int i = 0; i < 2 && !ruleset->arena.error; i++)
            if (sources[i].source)
                read_source(ruleset, &sources[i], rules);
}

static bool has_word(const struct source *source, const char *word)
{
    return memmem(source->text, source->length, word, strlen(word)) != NULL;
}

/* What no line of the other family has tells which one a file is of. */
static enum family family_of(const struct source *source)
{
    static const char *const words[] = {"ip6tables-save", "--icmpv6-type", "icmp6-", "ipv6-icmp",
                                        "::"};

    if (has_word(source, " iptables-save"))
        return FAMILY_IPV4;
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (has_word(source, words[i]))
            return FAMILY_IPV6;
    return FAMILY_IPV4;
}

int import_iptables(const struct source *const sources[2], const struct import_options *options,
                    struct diag *diag, struct import_result *result)
{
    struct ipt_source given[2] = {{NULL, FAMILY_NONE}};

    for (int i = 0; i < 2; i++)
        if (sources[i])
            given[i] = (struct ipt_source){sources[i], family_of(sources[i])};
    if (given[1].source && given[0].family == given[1].family) {
        diag_add(diag, SEVERITY_ERROR, (struct place){given[1].source, 0, 0, 0},
                 "both files are of %s: give one of iptables-save and one of ip6tables-save",
                 given[0].family == FAMILY_IPV4 ? "iptables" : "ip6tables");
        return -EINVAL;
    }
    return import_ruleset(read_all, given, options, diag, result);
}
