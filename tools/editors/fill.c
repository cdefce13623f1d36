/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a file for an editor from its template: `fill TEMPLATE` puts the words of the language,
 * from the tables that read policies, in place of @SECTIONS@ and the like, with "|" in between.
 */
#include "../../loader/base/memory.h"
#include "../../loader/policy/field_words.h"
#include "../../loader/policy/flags.h"
#include "../../loader/policy/grammar.h"
#include "../../loader/policy/match.h"
#include "../../loader/policy/protocols.h"

#include <stdio.h>
#include <string.h>

/* The words written so far in place of one placeholder. */
struct words {
    FILE *stream;
    char seen[8192]; /* each between bars */
};

static void add(struct words *words, const char *word, size_t length)
{
    char bounded[128];

    snprintf(bounded, sizeof(bounded), "|%.*s|", (int)length, word);
    if (!words->seen[0])
        strcpy(words->seen, "|");
    if (strstr(words->seen, bounded))
        return;
    strcat(words->seen, bounded + 1);
    fprintf(words->stream, "%s%.*s", words->seen[strlen(bounded)] ? "|" : "", (int)length, word);
}

static void add_word(struct words *words, const char *word)
{
    if (word)
        add(words, word, strlen(word));
}

static void add_sections(struct words *words, bool named)
{
    for (size_t i = 0; i < SECTIONS; i++)
        if (!!strchr(grammar_sections[i].title, ' ') == named)
            add_word(words, grammar_sections[i].name);
}

static void sections(struct words *words)
{
    add_sections(words, false);
}

static void named_sections(struct words *words)
{
    add_sections(words, true);
}

static void each_key(struct words *words, void (*visit)(struct words *, const struct grammar_key *))
{
    for (size_t i = 0; i < SECTIONS; i++)
        for (size_t j = 0; j < grammar_sections[i].key_count; j++)
            visit(words, &grammar_sections[i].keys[j]);
}

static void add_key(struct words *words, const struct grammar_key *key)
{
    add_word(words, key->name);
}

static void keys(struct words *words)
{
    each_key(words, add_key);
}

static void add_text_key(struct words *words, const struct grammar_key *key)
{
    if (key->kind == VALUE_TEXT)
        add_word(words, key->name);
}

/* Keys whose value is text for people. */
static void text_keys(struct words *words)
{
    each_key(words, add_text_key);
}

static void add_choices(struct words *words, const struct grammar_key *key)
{
    for (const struct choice *choice = key->choices; choice && choice->word; choice++)
        add_word(words, choice->word);
    if (strcmp(key->name, "action") != 0 && strcmp(key->name, "tcp-state") != 0)
        return;
    /* These have readers of their own; their values are told to people, as "accept, drop or
     * reject". */
    struct piece rest = piece_of(key->values), word;
    while ((word = piece_next_word(&rest)).length)
        if (!piece_equals(word, "or"))
            add(words, word.text, strcspn(word.text, ",; "));
}

static void values(struct words *words)
{
    each_key(words, add_choices);
}

static void protocols(struct words *words)
{
    for (unsigned int i = 0; i < 256; i++)
        add_word(words, protocol_name((u8)i));
}

static void types(struct words *words)
{
    for (unsigned int i = 0; i < 256; i++) {
        add_word(words, icmp_type_name(FAMILY_IPV4, (u8)i));
        add_word(words, icmp_type_name(FAMILY_IPV6, (u8)i));
    }
}

/* TCP's flags, and words for the values of fields. */
static void flags(struct words *words)
{
    for (size_t i = 0; i < FLAG_COUNT; i++)
        add_word(words, flag_names[i]);
    for (enum field field = 0; field < FIELDS; field++)
        for (size_t i = 0; field_word_at(field, i); i++)
            add_word(words, field_word_at(field, i));
}

static const struct {
    const char *name;
    void (*fill)(struct words *words);
} placeholders[] = {
    {"@SECTIONS@", sections}, {"@NAMED@", named_sections}, {"@KEYS@", keys},
    {"@TEXTS@", text_keys},   {"@VALUES@", values},        {"@PROTOCOLS@", protocols},
    {"@TYPES@", types},       {"@FLAGS@", flags},
};

/* Writes LINE, filled in. */
static void fill_line(const char *line)
{
    while (*line) {
        size_t i = 0;

        while (i < ARRAY_SIZE(placeholders) &&
               strncmp(line, placeholders[i].name, strlen(placeholders[i].name)) != 0)
            i++;
        if (i == ARRAY_SIZE(placeholders)) {
            putchar(*line++);
            continue;
        }
        placeholders[i].fill(&(struct words){.stream = stdout});
        line += strlen(placeholders[i].name);
    }
}

int main(int argc, char **argv)
{
    FILE *form = argc == 2 ? fopen(argv[1], "re") : NULL;
    char line[1024];

    if (!form) {
        fprintf(stderr, "usage: fill TEMPLATE\n");
        return 2;
    }
    while (fgets(line, sizeof(line), form))
        fill_line(line);
    fclose(form);
    return fflush(stdout) ? 1 : 0;
}
