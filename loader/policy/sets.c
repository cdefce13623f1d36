/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sets_inside.h"

#include "../base/memory.h"
#include "address.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const struct name_style sets_name_style = {"set name", "-_.", true, NAME_BYTES - 1};

static int make_any(struct sets *sets)
{
    struct address_ranges families[2] = {{0}};

    for (int i = 0; i < 2; i++) {
        families[i].ranges = malloc(sizeof(struct address_range));
        if (!families[i].ranges) {
            free(families[0].ranges);
            return -ENOMEM;
        }
        families[i].ranges[0] = address_any(FAMILY_IPV4 + (unsigned int)i);
        families[i].count = 1;
    }
    return pool_intern(sets->pool, families, "any", &sets->any);
}

struct sets *sets_new(const struct ini *ini, source_opener *opener, const struct host *host,
                      struct diag *diag)
{
    struct sets *sets = calloc(1, sizeof(*sets));

    if (!sets)
        return NULL;
    sets->ini = ini;
    sets->diag = diag;
    sets->opener = opener;
    sets->words = (struct address_words){.host = host, .diag = diag};
    sets->pool = pool_new();
    sets->names = catalog_new();
    sets->files = catalog_new();
    if (sets->pool && sets->names && sets->files && !make_any(sets))
        return sets;
    sets_free(sets);
    return NULL;
}

void sets_free(struct sets *sets)
{
    if (!sets)
        return;
    for (size_t i = 0; i < sets->node_count; i++) {
        free(sets->nodes[i]->path);
        free(sets->nodes[i]);
    }
    free(sets->nodes);
    catalog_free(sets->names);
    catalog_free(sets->files);
    pool_free(sets->pool);
    host_free(sets->words.used);
    host_free(sets->words.named);
    free(sets);
}

int sets_add_node(struct sets *sets, struct catalog *names, struct piece name,
                  struct node description)
{
    struct node **grown =
        array_grow(sets->nodes, sets->node_count, &sets->node_capacity, sizeof(struct node *));
    struct node *node;

    if (!grown)
        return -ENOMEM;
    sets->nodes = grown;
    node = malloc(sizeof(*node));
    if (!node)
        return -ENOMEM;
    *node = description;
    if (catalog_add(names, name, sets->node_count)) {
        free(node);
        return -ENOMEM;
    }
    sets->nodes[sets->node_count++] = node;
    return 0;
}

int sets_define(struct sets *sets, const struct ini_entry *entry)
{
    struct place place = piece_place(entry->key);
    size_t first = catalog_find(sets->names, entry->key);
    struct fault fault;

    if (first != NO_NAME) {
        if (!entry->faulty)
            diag_add(sets->diag, SEVERITY_ERROR, place,
                     "the set \"%s\" is defined twice: the first is %s", quote(entry->key).text,
                     piece_line_of(sets->nodes[first]->name, entry->key).text);
        return 0;
    }
    if (!entry->faulty) {
        if (piece_is_keyword(entry->key, "any"))
            diag_add(sets->diag, SEVERITY_ERROR, place,
                     "\"any\" means every address: call the set something else");
        else if (address_words_know(entry->key))
            diag_add(sets->diag, SEVERITY_WARNING, place,
                     "in this policy \"%s\" is this set, and not what it means elsewhere: call the "
                     "set something else",
                     quote(entry->key).text);
        else if (name_check(entry->key, &sets_name_style, &fault))
            fault_report(&fault, entry->key, sets->diag);
    }
    return sets_add_node(sets, sets->names, entry->key,
                         (struct node){.name = entry->key, .entry = entry});
}

void sets_know_names(struct sets *sets, struct host *named)
{
    host_free(sets->words.named);
    sets->words.named = named;
}

int sets_resolve(struct sets *sets)
{
    size_t count = sets->node_count; /* files follow them */
    int error = 0;

    for (size_t i = 0; i < count && !error; i++)
        if (sets->nodes[i]->state == UNSEEN)
            error = sets_resolve_node(sets, sets->nodes[i]);
    return error;
}

int sets_read(struct sets *sets, const struct ini_entry *entry, const struct address_set **set)
{
    CLEANUP(gathering_clear) struct gathering list = {0};
    CLEANUP_FREE char *text = ini_value_text(sets->ini, entry);
    size_t content = 0;
    struct quoted label;
    int error;

    if (!text)
        return -ENOMEM;
    label = quote(piece_of(text));
    error = sets_add_items(sets, &list, entry);
    if (!error)
        error = sets_finish(sets, &list, label.text, &content);
    if (error)
        return error;
    pool_use(sets->pool, content);
    *set = sets_at(sets, content);
    return 0;
}

int sets_exempt(struct sets *sets, const struct address_set **set)
{
    CLEANUP(gathering_clear) struct gathering list = {0};
    size_t content;
    int error = 0;

    for (int i = 0; *set && i < 2 && !error; i++)
        error = address_list_add_all(&list.families[i], &(*set)->family[i]);
    if (!error)
        error = address_words_imply(&sets->words, list.families);
    if (!error)
        error = sets_finish(sets, &list, "exempt from limits", &content);
    if (error)
        return error;
    pool_use(sets->pool, content);
    *set = sets_at(sets, content);
    return 0;
}

int sets_self(struct sets *sets, struct piece asks, const struct address_set **set)
{
    CLEANUP(gathering_clear) struct gathering list = {0};
    size_t content;
    int error = address_words_self(&sets->words, asks, list.families);

    if (!error)
        error = sets_finish(sets, &list, "self", &content);
    if (error)
        return error;
    pool_use(sets->pool, content);
    *set = sets_at(sets, content);
    return 0;
}

int sets_find_self(struct sets *sets, const struct address_set **set)
{
    CLEANUP(gathering_clear) struct gathering list = {0};
    size_t content;
    int error = address_words_self(&sets->words, (struct piece){0}, list.families);

    if (!error)
        error = sets_finish(sets, &list, "self", &content);
    if (!error)
        *set = sets_at(sets, content);
    return error;
}

/* Adds everything but what SET holds. */
static int add_all_but(struct gathering *list, const struct address_set *set)
{
    for (int i = 0; i < 2; i++) {
        struct address_ranges others;
        CLEANUP(address_list_clear) struct address_list held = {0};

        if (address_list_add_all(&held, &set->family[i]))
            return -ENOMEM;
        address_list_finish(&held, FAMILY_IPV4 + (enum family)i, &others);
        int error = address_ranges_invert(&others, FAMILY_IPV4 + (enum family)i);
        if (!error)
            error = address_list_add_all(&list->families[i], &others);
        free(others.ranges);
        if (error)
            return error;
    }
    return 0;
}

int sets_beyond(struct sets *sets, const struct address_set **set)
{
    CLEANUP(gathering_clear) struct gathering list = {.all_but = true};
    size_t content, label_bytes = strlen((*set)->label) + sizeof(SET_BEYOND);
    CLEANUP_FREE char *label = malloc(label_bytes);
    int error = add_all_but(&list, *set);

    if (!error)
        error = address_words_self(&sets->words, (struct piece){0}, list.families);
    if (!error)
        error = address_words_never_forwarded(&sets->words, list.families);
    if (error || !label)
        return -ENOMEM;
    snprintf(label, label_bytes, "%s" SET_BEYOND, (*set)->label);
    error = sets_finish(sets, &list, label, &content);
    if (error)
        return error;
    pool_use(sets->pool, content);
    *set = sets_at(sets, content);
    return 0;
}

const struct address_set *sets_any(struct sets *sets)
{
    pool_use(sets->pool, sets->any);
    return sets_at(sets, sets->any);
}

int sets_release(struct sets *sets, struct address_set ***array, size_t *count)
{
    return pool_release(sets->pool, array, count);
}

struct host *sets_release_host(struct sets *sets)
{
    return TAKE_PTR(sets->words.used);
}
