/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ports.h"

#include "../base/memory.h"
#include "catalog.h"
#include "list.h"
#include "match.h"
#include "services.h"

#include <errno.h>

#define DEPTH_MAX 64 /* each level uses a level of the stack */

static const struct name_style name_style = {"name of ports", "-_.", true, NAME_BYTES - 1};

/* A list of [ports]. */
struct named {
    struct piece name;
    const struct ini_entry *entry;
    enum { UNSEEN, RESOLVING, RESOLVED } state;
    struct number_ranges ranges; /* once RESOLVED */
};

struct ports {
    const struct ini *ini;
    source_opener *opener;
    struct diag *diag;
    struct catalog *names;    /* numbers in `named` */
    struct catalog *services; /* NULL until needed, or if the file cannot be read */
    int services_error;       /* the error, if the file cannot be read */
    struct named *named;
    size_t count, capacity;
    unsigned int depth; /* of the list being resolved */
};

struct ports *ports_new(const struct ini *ini, source_opener *opener, struct diag *diag)
{
    struct ports *ports = calloc(1, sizeof(*ports));

    if (!ports)
        return NULL;
    *ports = (struct ports){.ini = ini, .opener = opener, .diag = diag, .names = catalog_new()};
    if (ports->names)
        return ports;
    free(ports);
    return NULL;
}

void ports_free(struct ports *ports)
{
    if (!ports)
        return;
    for (size_t i = 0; i < ports->count; i++)
        free(ports->named[i].ranges.ranges);
    free(ports->named);
    catalog_free(ports->names);
    catalog_free(ports->services);
    free(ports);
}

int ports_define(struct ports *ports, const struct ini_entry *entry)
{
    size_t first = catalog_find(ports->names, entry->key);
    struct named *grown;
    struct fault fault;

    if (first != NO_NAME) {
        if (!entry->faulty)
            diag_add(ports->diag, SEVERITY_ERROR, piece_place(entry->key),
                     "the ports \"%s\" are defined twice: the first is %s", quote(entry->key).text,
                     piece_line_of(ports->named[first].name, entry->key).text);
        return 0;
    }
    if (!entry->faulty && piece_is_keyword(entry->key, "any"))
        diag_add(ports->diag, SEVERITY_ERROR, piece_place(entry->key),
                 "\"any\" means every port: call them something else");
    else if (!entry->faulty && name_check(entry->key, &name_style, &fault))
        fault_report(&fault, entry->key, ports->diag);
    grown = array_grow(ports->named, ports->count, &ports->capacity, sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    ports->named = grown;
    ports->named[ports->count] = (struct named){.name = entry->key, .entry = entry};
    return catalog_add(ports->names, entry->key, ports->count++);
}

static int resolve(struct ports *ports, struct named *named)
{
    CLEANUP(number_list_clear) struct number_list numbers = {0};
    struct list list;
    struct piece item;
    int error = 0;

    named->state = RESOLVING;
    ports->depth++;
    if (!named->entry->piece_count && !named->entry->faulty)
        diag_add(ports->diag, SEVERITY_ERROR, piece_place(named->name),
                 "\"%s\" has no ports: write PORT, A-B or a name", quote(named->name).text);
    if (named->entry->piece_count) {
        list = list_of_all_but(ports->ini, named->entry, ports->diag);
        while (!error && list_next(&list, &item))
            error = ports_add(ports, &numbers, item);
        if (error)
            return error;
        number_list_finish(&numbers, &named->ranges);
        if (list.all_but)
            error = number_ranges_invert(&named->ranges, field_rows[FIELD_PORT].last);
    }
    ports->depth--;
    named->state = RESOLVED;
    return error;
}

int ports_resolve(struct ports *ports)
{
    int error = 0;

    for (size_t i = 0; i < ports->count && !error; i++)
        if (ports->named[i].state == UNSEEN)
            error = resolve(ports, &ports->named[i]);
    return error;
}

static int add_named(struct ports *ports, struct number_list *list, struct piece item,
                     struct named *named)
{
    int error = 0;

    if (ports->depth > DEPTH_MAX) {
        diag_add(ports->diag, SEVERITY_ERROR, piece_place(item),
                 "lists of ports hold one another more than %d deep", DEPTH_MAX);
        return 0;
    }
    if (named->state == UNSEEN)
        error = resolve(ports, named);
    if (error)
        return error;
    if (named->state == RESOLVED)
        return number_list_add_all(list, &named->ranges);
    diag_add(ports->diag, SEVERITY_ERROR, piece_place(item),
             "the ports \"%s\" hold themselves, in a circle", quote(item).text);
    return 0;
}

static void tell_unknown(struct ports *ports, struct piece item)
{
    struct hint hint = catalog_hint(ports->names, item);

    if (ports->services_error)
        snprintf(hint.text, sizeof(hint.text), " (cannot read /etc/services: %.24s)",
                 source_error(ports->services_error));
    else if (!*hint.text)
        hint = catalog_hint(ports->services, item);
    diag_add(ports->diag, SEVERITY_ERROR, piece_place(item),
             "no ports and no service are named \"%s\"%s", quote(item).text, hint.text);
}

static int add_service(struct ports *ports, struct number_list *list, struct piece item)
{
    size_t port;
    int error = 0;

    if (!ports->services && !ports->services_error)
        error = services_read(ports->opener, ports->diag, &ports->services);
    if (error == -ENOMEM)
        return error;
    if (error)
        ports->services_error = error;
    port = ports->services ? catalog_find(ports->services, item) : NO_NAME;
    if (port != NO_NAME)
        return number_list_add(list, (struct number_range){(u16)port, (u16)port});
    tell_unknown(ports, item);
    return 0;
}

int ports_add(struct ports *ports, struct number_list *list, struct piece item)
{
    size_t number = catalog_find(ports->names, item);
    struct number_range range;
    struct fault fault;

    if (number != NO_NAME)
        return add_named(ports, list, item, &ports->named[number]);
    if (is_letter(item.text[0]))
        return add_service(ports, list, item);
    if (!field_read_range(FIELD_PORT, item, &range, &fault))
        return number_list_add(list, range);
    fault_report(&fault, item, ports->diag);
    return 0;
}
