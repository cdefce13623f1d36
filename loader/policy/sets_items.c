/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes sets of their items: addresses, words, other sets and files. */
#include "sets_inside.h"

#include "../base/memory.h"
#include "address_bits.h"
#include "list.h"
#include "listing.h"

#include <errno.h>
#include <string.h>

/* Each level uses a level of the stack. */
#define DEPTH_MAX 64

static int add_content(const struct sets *sets, struct gathering *list, size_t content)
{
    for (int i = 0; i < 2; i++)
        if (address_list_add_all(&list->families[i], &sets_at(sets, content)->family[i]))
            return -ENOMEM;
    return 0;
}

/* Copies the one set of a list after all, since the list now has more items. */
static int unshare(struct sets *sets, struct gathering *list)
{
    const struct node *only = TAKE_PTR(list->only);

    return only ? add_content(sets, list, only->content) : 0;
}

int sets_finish(struct sets *sets, struct gathering *list, const char *label, size_t *content)
{
    struct address_ranges families[2];

    if (list->only) {
        *content = list->only->content;
        return 0;
    }
    for (int i = 0; i < 2; i++)
        address_list_finish(&list->families[i], FAMILY_IPV4 + (unsigned int)i, &families[i]);
    for (int i = 0; list->all_but && i < 2; i++)
        if (address_ranges_invert(&families[i], FAMILY_IPV4 + (unsigned int)i)) {
            free(families[0].ranges);
            free(families[1].ranges);
            return -ENOMEM;
        }
    return pool_intern(sets->pool, families, label, content);
}

void gathering_clear(struct gathering *list)
{
    free(list->families[0].ranges);
    free(list->families[1].ranges);
}

static size_t append(char *text, size_t used, size_t size, const char *format, struct piece name)
{
    int length = snprintf(text + used, size - used, format, quote(name).text);

    return length < 0 || (size_t)length >= size - used ? size - 1 : used + (size_t)length;
}

/* Reports that ITEM of USER leads back to TARGET, whose resolving has led to USER. */
static void tell_cycle(struct sets *sets, struct place place, const struct node *target,
                       const struct node *user)
{
    const struct node *path[DEPTH_MAX + 1];
    char text[400];
    size_t used, count = 0;

    for (; user != target; user = user->user)
        path[count++] = user;
    used = append(text, 0, sizeof(text), "%s", target->name);
    while (count)
        used = append(text, used, sizeof(text), " -> %s", path[--count]->name);
    append(text, used, sizeof(text), " -> %s", target->name);
    diag_add(sets->diag, SEVERITY_ERROR, place, "sets cannot contain one another in a circle: %s",
             text);
}

/* Adds NODE, a set or file, as ITEM of LIST. */
static int add_set(struct sets *sets, struct gathering *list, struct piece item, struct node *node)
{
    struct place place = piece_place(item);
    int error;

    if (node->state == RESOLVING) {
        tell_cycle(sets, place, node, list->node);
        return 0;
    }
    if (node->state == UNSEEN) {
        node->user = list->node;
        node->depth = list->node ? list->node->depth + 1 : 0;
        if (node->depth > DEPTH_MAX) {
            diag_add(sets->diag, SEVERITY_ERROR, place,
                     "sets contain one another more than %d deep", DEPTH_MAX);
            return 0;
        }
        error = sets_resolve_node(sets, node);
        if (error)
            return error;
    }
    if (list->item_count == 1 && !list->all_but) {
        list->only = node;
        return 0;
    }
    return add_content(sets, list, node->content);
}

static int add_file(struct sets *sets, struct gathering *list, struct piece item)
{
    struct piece name = piece_trim(piece_part(item, 1, item.length));
    CLEANUP_FREE char *path = source_path_beside(item.source, name.text, name.length);
    size_t number;
    int error;

    if (!path)
        return -ENOMEM;
    if (!name.length) {
        diag_add(sets->diag, SEVERITY_ERROR, piece_place(item),
                 "a file name is missing: write @FILE");
        return 0;
    }
    number = catalog_find(sets->files, piece_of(path));
    if (number == NO_NAME) {
        error = sets_add_node(sets, sets->files, piece_of(path),
                              (struct node){.name = item, .path = path});
        if (error)
            return error;
        number = sets->node_count - 1;
        TAKE_PTR(path);
    }
    return add_set(sets, list, item, sets->nodes[number]);
}

static int add_named(struct sets *sets, struct gathering *list, struct piece item)
{
    size_t number = catalog_find(sets->names, item);
    struct hint hint;
    struct fault fault;

    if (number != NO_NAME)
        return add_set(sets, list, item, sets->nodes[number]);
    if (name_check(item, &sets_name_style, &fault)) {
        fault_report(&fault, item, sets->diag);
        return 0;
    }
    hint = catalog_hint(sets->names, item);
    if (!*hint.text && piece_find(item, '.') < item.length)
        snprintf(hint.text, sizeof(hint.text), " (a host is written name:HOST)");
    diag_add(sets->diag, SEVERITY_ERROR, piece_place(item), "no set is named \"%s\"%s",
             quote(item).text, hint.text);
    return 0;
}

static int add_range(struct sets *sets, struct gathering *list, struct piece item)
{
    enum family family = FAMILY_NONE;
    struct address_range range;
    struct fault fault;

    if (address_bits_resembles(item)) {
        diag_add(sets->diag, SEVERITY_ERROR, piece_place(item),
                 "\"%s\" is no prefix, but part of an address: only in a block, alone on its side",
                 quote(item).text);
        return 0;
    }
    if (!address_read_range(item, &family, &range, &fault))
        return address_list_add(&list->families[family - FAMILY_IPV4], range);
    fault_report(&fault, item, sets->diag);
    return 0;
}

static int add_item(struct sets *sets, struct gathering *list, struct piece item)
{
    list->item_count++;
    if (list->only && unshare(sets, list))
        return -ENOMEM;
    if (item.text[0] == '@')
        return add_file(sets, list, item);
    if (host_name_begins(item) && !address_words_check_name(&sets->words, item))
        return 0;
    if (catalog_find(sets->names, item) == NO_NAME && address_words_know(item))
        return address_words_add(&sets->words, item, list->families);
    if (address_words_resembles(item)) {
        address_words_tell_unknown(&sets->words, item);
        return 0;
    }
    /* Names are tried before ranges: "access-edge" is a name. */
    if (!is_letter(item.text[0]) || piece_find(item, ':') < item.length)
        return add_range(sets, list, item);
    if (piece_is_keyword(item, "any"))
        return add_content(sets, list, sets->any);
    return add_named(sets, list, item);
}

int sets_add_items(struct sets *sets, struct gathering *gathering, const struct ini_entry *entry)
{
    struct list list = list_of_all_but(sets->ini, entry, sets->diag);
    struct piece item;
    int error = 0;

    gathering->all_but = list.all_but;
    while (!error && list_next(&list, &item))
        error = add_item(sets, gathering, item);
    return error;
}

/* Adds a line of a set file to the list CONTEXT. */
static int take_line(void *context, struct piece line, struct fault *fault)
{
    struct gathering *list = context;
    enum family family = FAMILY_NONE;
    struct address_range range;

    if (address_read_range(line, &family, &range, fault))
        return -EINVAL;
    return address_list_add(&list->families[family - FAMILY_IPV4], range);
}

/* Reads the file of NODE. */
static int add_file_lines(struct sets *sets, struct gathering *list, struct node *node)
{
    int error = sets->opener(sets->diag, node->path, &node->file);

    if (error == -ENOMEM)
        return error;
    if (!error)
        return listing_read(node->file,
                            "an address, a prefix or a range (names, \"any\" and @FILE are allowed "
                            "in the policy only)",
                            take_line, list, sets->diag);
    diag_add(sets->diag, SEVERITY_ERROR, piece_place(node->name), "cannot read the set file %s: %s",
             node->path, source_error(error));
    return 0;
}

/* Whatever opens or closes everything must be visible in the policy, not come from a list. */
static void check_file(struct sets *sets, const struct node *node)
{
    for (enum family family = FAMILY_IPV4; family <= FAMILY_IPV6; family++)
        if (address_is_any(family, &sets_at(sets, node->content)->family[family - FAMILY_IPV4]))
            diag_add(
                sets->diag, SEVERITY_ERROR, (struct place){node->file, 0, 0, 0},
                family == FAMILY_IPV4
                    ? "this list contains every IPv4 address: if that is meant, write 0.0.0.0/0 "
                      "in the policy"
                    : "this list contains every IPv6 address: if that is meant, write ::/0 in "
                      "the policy");
}

/* A set without items is one that the administrator has yet to fill in. */
static void tell_unfilled(struct sets *sets, const struct node *node)
{
    struct quoted name = quote(node->name);

    diag_add(sets->diag, SEVERITY_WARNING, piece_place(node->name),
             "set \"%s\" is empty and matches nothing: fill it in, as in %s = 192.0.2.0/24",
             name.text, name.text);
}

int sets_resolve_node(struct sets *sets, struct node *node)
{
    CLEANUP(gathering_clear) struct gathering list = {.node = node};
    const char *label;
    int error;

    node->state = RESOLVING;
    if (node->entry && !node->entry->piece_count && !node->entry->faulty)
        tell_unfilled(sets, node);
    if (node->entry)
        error = sets_add_items(sets, &list, node->entry);
    else
        error = add_file_lines(sets, &list, node);
    if (!error)
        error = sets_finish(sets, &list, quote(node->name).text, &node->content);
    if (error)
        return error;
    node->state = RESOLVED;
    if (node->file)
        check_file(sets, node);
    /* A set that is only a file is known by its own name. */
    label = sets_at(sets, node->content)->label;
    return node->entry && *label == '@'
               ? pool_rename(sets->pool, node->content, quote(node->name).text)
               : 0;
}
