/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "edits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../loader/policy/flags.h"
#include "../../loader/policy/match.h"

#define SECTIONS 512

/* A policy as sections; the text before the first rule is the first section. */
struct sections {
    char *text[SECTIONS];
    size_t count;
};

static char *copy(const char *text, size_t length)
{
    char *made = strndup(text, length);

    if (!made)
        abort();
    return made;
}

static void insert(struct sections *sections, size_t at, char *text)
{
    if (sections->count == SECTIONS)
        abort();
    memmove(&sections->text[at + 1], &sections->text[at],
            (sections->count - at) * sizeof(sections->text[0]));
    sections->text[at] = text;
    sections->count++;
}

static void take_out(struct sections *sections, size_t at)
{
    free(sections->text[at]);
    sections->count--;
    memmove(&sections->text[at], &sections->text[at + 1],
            (sections->count - at) * sizeof(sections->text[0]));
}

static void split(const char *policy, struct sections *sections)
{
    *sections = (struct sections){.count = 0};
    while (*policy) {
        const char *next = strstr(policy + 1, "[rule ");
        size_t length = next ? (size_t)(next - policy) : strlen(policy);
        insert(sections, sections->count, copy(policy, length));
        policy += length;
    }
}

/* Join the sections into one text, with rules renumbered under names that begin with PREFIX. */
static char *join(struct sections *sections, const char *prefix)
{
    static char *text; /* gcc thinks a local one dangles once the stream is closed */
    static size_t size;
    FILE *stream = open_memstream(&text, &size);

    if (!stream)
        abort();
    for (size_t i = 0; i < sections->count; i++) {
        const char *section = sections->text[i];
        if (i) {
            fprintf(stream, "[rule %s%zu", prefix, i);
            section = strchr(section, ']');
        }
        fputs(section, stream);
        free(sections->text[i]);
    }
    if (fclose(stream))
        abort();
    return text;
}

/* Replace the first WORD in TEXT, which is freed; unchanged if there is none. */
static char *replace(char *text, const char *word, const char *by)
{
    char *at = strstr(text, word);
    char *made;

    if (!at)
        return text;
    if (asprintf(&made, "%.*s%s%s", (int)(at - text), text, by, at + strlen(word)) < 0)
        abort();
    free(text);
    return made;
}

/* What follows "action = " in a rule, with the end of the line. */
static const char *action_of(const char *rule, size_t *length)
{
    const char *action = strstr(rule, "action = ") + strlen("action = ");

    *length = strcspn(action, "\n") + 1;
    return action;
}

/* Takes out the first line of TEXT that begins with KEY. Returns whether there was one. */
static bool take_line(char *text, const char *key)
{
    char *line = strstr(text, key);
    char *end = line ? line + 1 + strcspn(line + 1, "\n") : NULL;

    if (line)
        memmove(line, end, strlen(end) + 1);
    return line;
}

#define LIMIT_LINE   "\nlimit = "
#define PROTECT_LINE "\nprotect = "

static void turn_action(struct sections *sections, size_t at, struct dice *dice)
{
    static const char *const turned[] = {"accept\n", "drop\n", "reject\n",
                                         "reject with admin-prohibited\n"};
    char was[64];
    size_t length;
    const char *action = action_of(sections->text[at], &length);
    unsigned int i = dice_below(dice, 4);

    snprintf(was, sizeof(was), "%.*s", (int)length, action);
    if (!strcmp(was, turned[i]))
        i = (i + 1) % 4;
    sections->text[at] = replace(sections->text[at], was, turned[i]);
    if (i) { /* only what is accepted can be limited, or protected */
        take_line(sections->text[at], LIMIT_LINE);
        take_line(sections->text[at], PROTECT_LINE);
    }
}

static void turn_switch(struct sections *sections, struct dice *dice)
{
    static const char *const words[][2] = {
        {"inbound = drop", "inbound = accept"},
        {"inbound = accept", "inbound = drop"},
        {"outbound = drop", "outbound = accept"},
        {"outbound = accept", "outbound = drop"},
        {"ping = accept", "ping = drop"},
        {"ping = drop", "ping = accept"},
        {"igmp = accept", "igmp = drop"},
        {"igmp = drop", "igmp = accept"},
        {"neighbour-discovery = drop", "neighbour-discovery = accept"},
        {"neighbour-discovery = accept", "neighbour-discovery = drop"},
        {"dhcp-client = accept", "dhcp-client = drop"},
        {"dhcp-client = drop", "dhcp-client = accept"},
        {"martians = accept", "martians = drop"},
        {"tcp-flags = accept", "tcp-flags = drop"},
        {"tcp-flags = drop", "tcp-flags = accept"},
    };
    unsigned int i = dice_below(dice, sizeof(words) / sizeof(words[0]));

    sections->text[0] = replace(sections->text[0], words[i][0], words[i][1]);
}

static void swap(struct sections *sections, size_t a, size_t b)
{
    char *text = sections->text[a];

    sections->text[a] = sections->text[b];
    sections->text[b] = text;
}

/* Add one more number to a field of RULE that has some. */
static void widen(struct sections *sections, size_t at, struct dice *dice)
{
    for (enum field field = 0; field < FIELDS; field++) {
        const struct field_row *row = &field_rows[field];
        char before[NAME_BYTES], after[2 * NAME_BYTES];

        if (row->kind != KIND_PORTS && row->kind != KIND_NUMBERS && row->kind != KIND_FLAGS &&
            row->kind != KIND_FRAGMENTS)
            continue;
        snprintf(before, sizeof(before), "\n%s = ", row->name);
        if (row->kind == KIND_FLAGS)
            snprintf(after, sizeof(after), "%s%s, ", before,
                     flag_names[dice_below(dice, FLAG_COUNT)]);
        else if (row->kind == KIND_FRAGMENTS) /* later ones do not go with ports */
            snprintf(after, sizeof(after), "%s%s, ", before,
                     dice_chance(dice, 50) ? "no" : "first");
        else
            snprintf(after, sizeof(after), "%s%u, ", before, dice_below(dice, row->last + 1u));
        sections->text[at] = replace(sections->text[at], before, after);
    }
}

char *edit_policy(const char *policy, struct dice *dice)
{
    unsigned int edits = 1 + dice_below(dice, 4);
    struct sections sections;

    split(policy, &sections);
    while (edits--) {
        size_t rules = sections.count - 1;
        size_t at = rules ? 1 + dice_below(dice, (unsigned int)rules) : 0;
        unsigned int cast = dice_below(dice, 5);

        if (!at || cast == 0)
            turn_switch(&sections, dice);
        else if (cast == 1 && rules > 1)
            take_out(&sections, at);
        else if (cast == 2)
            turn_action(&sections, at, dice);
        else if (cast == 3)
            swap(&sections, at, 1 + dice_below(dice, (unsigned int)rules));
        else
            widen(&sections, at, dice);
    }
    return join(&sections, "r");
}

/* Turn a rule for both directions into one for each. */
static void split_directions(struct sections *sections, size_t at)
{
    const char *both = "direction = both";
    char *out = copy(sections->text[at], strlen(sections->text[at]));

    if (!strstr(out, both)) {
        free(out);
        return;
    }
    sections->text[at] = replace(sections->text[at], both, "direction = in");
    insert(sections, at + 1, replace(out, both, "direction = out"));
}

/* Split a rule with a list into one for its first item and one for the rest. */
static void split_list(struct sections *sections, size_t at, const char *key)
{
    char *line = strstr(sections->text[at], key);
    char *comma = line ? strchr(line, ',') : NULL;
    const char *end = line ? strchr(line + 1, '\n') : NULL;
    char *rest;

    if (!comma || comma > end)
        return;
    if (asprintf(&rest, "%.*s%s%s", (int)(line - sections->text[at]), sections->text[at], key,
                 comma + 1) < 0)
        abort();
    memmove(comma, end, strlen(end) + 1);
    insert(sections, at + 1, rest);
}

/* Split by a field whose values are numbers. */
static void split_numbers(struct sections *sections, size_t at, struct dice *dice)
{
    enum field field = dice_below(dice, FIELDS);
    char key[NAME_BYTES];

    snprintf(key, sizeof(key), "\n%s = ", field_rows[field].name);
    if (field_rows[field].kind == KIND_PORTS || field_rows[field].kind == KIND_FLAGS ||
        field_rows[field].kind == KIND_FRAGMENTS || field_rows[field].kind == KIND_NUMBERS)
        split_list(sections, at, key);
}

static bool is_special(const struct sections *sections, size_t at)
{
    return strstr(sections->text[at], LIMIT_LINE) || strstr(sections->text[at], PROTECT_LINE);
}

/* Each limit is another action, and so is each protection. */
static bool acts_alike(const struct sections *sections, size_t a, size_t b)
{
    size_t lengths[2];
    const char *actions[2] = {action_of(sections->text[a], &lengths[0]),
                              action_of(sections->text[b], &lengths[1])};

    return lengths[0] == lengths[1] && !strncmp(actions[0], actions[1], lengths[0]) &&
           !is_special(sections, a) && !is_special(sections, b);
}

/* Rename every "set" to "other": their numbers follow. */
static char *rename_sets(char *text)
{
    char *made = calloc(1, 2 * strlen(text) + 1), *to = made;

    if (!made)
        abort();
    for (const char *from = text; *from;) {
        if (!strncmp(from, "set", 3) && from[3] >= '0' && from[3] <= '9') {
            to = stpcpy(to, "other");
            from += 3;
        } else {
            *to++ = *from++;
        }
    }
    free(text);
    return made;
}

char *reword_policy(const char *policy, struct dice *dice)
{
    unsigned int edits = 10;
    struct sections sections;

    split(policy, &sections);
    while (edits-- && sections.count > 1) {
        size_t at = 1 + dice_below(dice, (unsigned int)sections.count - 1);
        switch (dice_below(dice, 5)) {
        case 0:
            split_directions(&sections, at);
            break;
        case 1:
            split_list(&sections, at, "\nfrom = ");
            break;
        case 2:
            split_numbers(&sections, at, dice);
            break;
        case 3:
            insert(&sections, at, copy(sections.text[at], strlen(sections.text[at])));
            break;
        default:
            if (at + 1 < sections.count && acts_alike(&sections, at, at + 1))
                swap(&sections, at, at + 1);
            break;
        }
    }
    return rename_sets(join(&sections, "q"));
}

void free_policy_of_limits(char *policy)
{
    while (take_line(policy, LIMIT_LINE))
        ;
}

char *mute_policy(const char *policy)
{
    char *text = strdup(policy);
    char *at;

    if (!text)
        abort();
    while ((at = strstr(text, "action = reject"))) {
        char *end = strchr(at, '\n');
        memcpy(at, "action = drop", strlen("action = drop"));
        memmove(at + strlen("action = drop"), end, strlen(end) + 1);
    }
    return text;
}
