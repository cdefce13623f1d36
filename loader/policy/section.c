/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reading.h"

#include "../base/memory.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

void reading_tell(const struct reading *reading, struct piece piece, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    diag_vadd(reading->diag, SEVERITY_ERROR, piece_place(piece), format, arguments);
    va_end(arguments);
}

void reading_tell_fault(const struct reading *reading, struct piece piece,
                        const struct fault *fault)
{
    fault_report(fault, piece, reading->diag);
}

void name_copy(char *name, size_t size, struct piece text)
{
    size_t length = text.length < size ? text.length : size - 1;

    memset(name, 0, size);
    if (length)
        memcpy(name, text.text, length);
}

bool value_is_single(const struct reading *reading, const struct ini_entry *entry,
                     struct piece *value)
{
    *value = *ini_value(reading->ini, entry);
    if (entry->piece_count == 1)
        return true;
    reading_tell(reading, ini_value(reading->ini, entry)[1], "\"%s\" takes one value, on one line",
                 quote(entry->key).text);
    return false;
}

static void store_choice(const struct grammar_key *key, void *target, int value)
{
    char *field = (char *)target + key->offset;

    if (key->kind == VALUE_SWITCH)
        *(bool *)field = value != 0;
    else
        memcpy(field, &value, sizeof(value));
}

_Static_assert(sizeof(enum verdict) == sizeof(int) && sizeof(enum mode) == sizeof(int),
               "store_choice() stores an int");

static void read_choice(struct reading *reading, const struct grammar_key *key, void *target,
                        const struct ini_entry *entry)
{
    const struct choice *choice;
    struct piece word;

    if (!value_is_single(reading, entry, &word))
        return;
    choice = grammar_find_choice(key, word);
    if (choice)
        store_choice(key, target, choice->value);
    else
        reading_tell(reading, word, "\"%s\" is not a value of \"%s\": write %s", quote(word).text,
                     key->name, key->values);
}

static int read_text(struct reading *reading, const struct grammar_key *key, void *target,
                     const struct ini_entry *entry)
{
    char **field = (char **)(void *)((char *)target + key->offset);
    char *text = ini_value_text(reading->ini, entry);

    if (!text)
        return -ENOMEM;
    free(*field);
    *field = text;
    return 0;
}

static int read_value(struct reading *reading, const struct grammar_key *key, void *target,
                      const struct ini_entry *entry)
{
    if (key->kind == VALUE_TEXT)
        return read_text(reading, key, target, entry);
    if (!entry->piece_count) {
        reading_tell(reading, entry->key, "\"%s\" has no value: write %s%s", key->name,
                     key->kind == VALUE_LIST && key->preset && *key->preset ? key->preset
                                                                            : key->values,
                     key->preset ? ", or leave the key out" : "");
        return 0;
    }
    if (key->read)
        return key->read(reading, target, entry);
    read_choice(reading, key, target, entry);
    return 0;
}

static void tell_unknown_key(struct reading *reading, const struct grammar_section *grammar,
                             const struct ini_entry *entry, const struct nearest *nearest)
{
    char known[512] = "";
    size_t used = 0;

    if (nearest->word) {
        reading_tell(reading, entry->key, "unknown key \"%s\" in %s%s", quote(entry->key).text,
                     grammar->title, nearest_hint(nearest).text);
        return;
    }
    for (size_t i = 0; i < grammar->key_count && used < sizeof(known); i++)
        used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s", i ? ", " : "",
                                 grammar->keys[i].name);
    reading_tell(reading, entry->key, "unknown key \"%s\" in %s: there are %s",
                 quote(entry->key).text, grammar->title, known);
}

/* Finds out which key ENTRY is. A misspelt key counts as the nearest one, which is then not
 * reported as missing. */
static void place_entry(struct reading *reading, const struct ini_entry *entry,
                        struct section_state *state)
{
    const struct grammar_section *grammar = state->section->grammar;
    struct nearest nearest;
    const struct grammar_key *key = grammar_find_key(grammar, entry->key, &nearest);
    size_t number;

    if (!key) {
        if (!entry->faulty)
            tell_unknown_key(reading, grammar, entry, &nearest);
        for (number = 0; number < grammar->key_count; number++)
            if (grammar->keys[number].name == nearest.word)
                state->faulty[number] = true;
        return;
    }
    number = (size_t)(key - grammar->keys);
    if (!state->entries[number])
        state->entries[number] = entry;
    else if (!entry->faulty)
        reading_tell(reading, entry->key, "\"%s\" is set twice: the first is %s", key->name,
                     piece_line_of(state->entries[number]->key, entry->key).text);
    state->faulty[number] |= entry->faulty;
}

void section_preset(const struct grammar_section *grammar, void *target)
{
    for (size_t i = 0; i < grammar->key_count; i++) {
        const struct grammar_key *key = &grammar->keys[i];

        if (key->choices && key->preset)
            store_choice(key, target, grammar_find_choice(key, piece_of(key->preset))->value);
    }
}

int section_read(struct reading *reading, const struct ini_section *section, void *target,
                 struct section_state *state)
{
    const struct grammar_section *grammar = section->grammar;
    int error = 0;

    *state = (struct section_state){.section = section};
    section_preset(grammar, target);
    reading->state = state;
    for (size_t i = 0; i < section->entry_count; i++)
        place_entry(reading, &reading->ini->entries[section->first_entry + i], state);
    for (size_t i = 0; i < grammar->key_count && !error; i++) {
        const struct grammar_key *key = &grammar->keys[i];
        const struct ini_entry *entry = state->entries[i];
        size_t told = diag_count(reading->diag, SEVERITY_ERROR);

        if (state->faulty[i])
            continue;
        if (entry)
            error = read_value(reading, key, target, entry);
        else if (!key->preset && !section->faulty)
            reading_tell(reading, section->header, "the key \"%s\" is missing: its value is %s",
                         key->name, key->values);
        state->faulty[i] = diag_count(reading->diag, SEVERITY_ERROR) > told;
    }
    return error;
}

bool section_key_is_faulty(const struct reading *reading, const char *key)
{
    const struct grammar_section *grammar = reading->state->section->grammar;

    for (size_t i = 0; i < grammar->key_count; i++)
        if (!strcmp(grammar->keys[i].name, key))
            return reading->state->faulty[i];
    return false;
}
