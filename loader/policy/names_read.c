/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks for the names of hosts in a policy, all at once, before any list of addresses is read. */
#include "reading.h"

#include "../base/memory.h"
#include "list.h"
#include "match.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

struct wanted {
    const struct host *host;
    struct catalog *names; /* map to indices of questions */
    struct host_question *questions;
    size_t count, capacity;
    struct piece excess;  /* the first that is one too many; empty: none is */
    struct diag *ignored; /* whoever reads the lists tells what is wrong with them */
};

static void wanted_clear(struct wanted *wanted)
{
    for (size_t i = 0; i < wanted->count; i++)
        for (int family = 0; family < 2; family++)
            address_list_clear(&wanted->questions[i].family[family]);
    free(wanted->questions);
    catalog_free(wanted->names);
    diag_free(wanted->ignored);
}

static int add(struct wanted *wanted, struct piece item)
{
    struct host_question question = {.item = item};
    struct host_question *grown;
    struct fault ignored;

    if (!host_name_begins(item) || host_name_check(item, &ignored) || host_find(wanted->host, item))
        return 0;
    struct piece host = piece_part(item, piece_find(item, ':') + 1, item.length);
    for (size_t i = 0; i < host.length; i++)
        question.host[i] = (char)tolower((unsigned char)host.text[i]);
    if (catalog_find(wanted->names, piece_of(question.host)) != NO_NAME)
        return 0;
    if (wanted->count == HOST_NAMES_MAX) {
        wanted->excess = wanted->excess.length ? wanted->excess : item;
        return 0;
    }
    grown = array_grow(wanted->questions, wanted->count, &wanted->capacity, sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    wanted->questions = grown;
    grown[wanted->count] = question;
    return catalog_add(wanted->names, piece_of(question.host), wanted->count++);
}

/* Does the value of ENTRY, of a section of GRAMMAR, list addresses? */
static bool has_addresses(const struct grammar_section *grammar, const struct ini_entry *entry)
{
    const struct grammar_key *key = grammar_find_key(grammar, entry->key, NULL);

    if (grammar == &grammar_sections[SECTION_SETS] || (key && key->read == read_policy_exempt))
        return true;
    for (enum field field = 0; key && field < FIELDS; field++)
        if (field_rows[field].kind == KIND_ADDRESSES && !strcmp(field_rows[field].name, key->name))
            return true;
    return false;
}

static int collect_section(struct wanted *wanted, const struct ini *ini,
                           const struct ini_section *section)
{
    int error = 0;

    for (size_t i = 0; i < section->entry_count && !error; i++) {
        const struct ini_entry *entry = &ini->entries[section->first_entry + i];
        struct piece item;

        if (!has_addresses(section->grammar, entry))
            continue;
        struct list list = list_of_all_but(ini, entry, wanted->ignored);
        while (!error && list_next(&list, &item))
            error = add(wanted, item);
    }
    return error;
}

static int collect(struct wanted *wanted, const struct ini *ini)
{
    int error = 0;

    for (size_t i = 0; i < ini->section_count && !error; i++)
        if (ini->sections[i].grammar)
            error = collect_section(wanted, ini, &ini->sections[i]);
    return error;
}

static int take(struct reading *reading, const struct host_question *question, struct host *named)
{
    struct host_word *word = host_define_name(named, question->host);
    int error = word ? 0 : -ENOMEM;

    for (int family = 0; family < 2 && !error; family++)
        error = address_list_append(&word->family[family], &question->family[family]);
    if (question->said[0])
        diag_add(reading->diag, question->severity, piece_place(question->item), "%s: %s",
                 quote(question->item).text, question->said);
    return error;
}

static int take_all(struct reading *reading, const struct wanted *wanted)
{
    CLEANUP(host_freep) struct host *named = host_empty();
    int error = named ? 0 : -ENOMEM;

    for (size_t i = 0; i < wanted->count && !error; i++)
        error = take(reading, &wanted->questions[i], named);
    if (!error)
        sets_know_names(reading->sets, TAKE_PTR(named));
    return error;
}

int names_ask(struct reading *reading)
{
    CLEANUP(wanted_clear)
    struct wanted wanted = {.host = reading->host, .names = catalog_new(), .ignored = diag_new()};
    int error = wanted.names && wanted.ignored ? 0 : -ENOMEM;

    if (!reading->host)
        return 0;
    if (!error)
        error = collect(&wanted, reading->ini);
    if (!error && wanted.excess.length)
        reading_tell(reading, wanted.excess, "a policy has at most %d names of hosts",
                     HOST_NAMES_MAX);
    if (!error && wanted.count)
        error = host_ask(reading->host, wanted.questions, wanted.count);
    if (!error && wanted.count)
        error = take_all(reading, &wanted);
    return error == -ENOENT ? 0 : error;
}
