/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host as a command line describes it. */
#include "host.h"

#include "address.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define INTERFACE_BYTES 128 /* alternative names are long */
#define POINT_TO_POINT  31  /* IPv4 networks from this length on have no broadcast address */

/* Takes the next item off *rest. */
static struct piece take_item(struct piece *rest)
{
    size_t comma = piece_find(*rest, ',');
    struct piece item = piece_trim(piece_part(*rest, 0, comma));

    *rest = piece_part(*rest, comma + 1, rest->length);
    return item;
}

int host_read_self(struct host *host, const char *text, struct fault *fault)
{
    struct piece rest = piece_of(text);
    int error;

    do {
        struct host_address address = {0};
        struct piece item = take_item(&rest);

        if (piece_find(item, '/') < item.length)
            return fault_set(fault, 0, item.length, "%s is no address: write it without the \"/\"",
                             quote(item).text);
        if (address_read(item, &address.family, &address.address, fault))
            return -EINVAL;
        error = host_add(host, &address, 1, NULL);
    } while (!error && rest.length);
    return error;
}

static int read_network(struct piece item, struct host_address *address, struct fault *fault)
{
    size_t slash = piece_find(item, '/');
    struct piece behind = piece_part(item, slash + 1, item.length);
    unsigned int length;

    if (address_read(piece_part(item, 0, slash), &address->family, &address->address, fault))
        return -EINVAL;
    length = address_bits(address->family);
    if (slash < item.length && piece_number(behind, length, "prefix length", &length, fault))
        return -EINVAL;
    address->network = address_prefix(address->family, address->address, length);
    address->is_network_only =
        address->network.first == address->address && length < address_bits(address->family);
    address->has_broadcast = address->family == FAMILY_IPV4 && length < POINT_TO_POINT;
    address->broadcast = address->network.last;
    return 0;
}

/* Takes "HOST=" off *item, if it begins with that, and makes HOST known. */
static int take_host(struct piece *item, struct host *host, struct host_word **word,
                     struct fault *fault)
{
    size_t equals = piece_find(*item, '=');
    char name[HOST_NAME_BYTES + sizeof("name:")];

    if (equals == item->length && *word)
        return 0;
    if (equals == item->length || !equals || equals >= HOST_NAME_BYTES)
        return fault_set(fault, 0, item->length, "\"%s\" names no host: write HOST=ADDRESS,...",
                         quote(*item).text);
    snprintf(name, sizeof(name), "name:%.*s", (int)equals, item->text);
    if (!host_name_begins(piece_of(name)) || host_name_check(piece_of(name), fault))
        return fault_set(fault, 0, item->length, "\"%s\" is not the name of a host",
                         quote(piece_part(*item, 0, equals)).text);
    *item = piece_part(*item, equals + 1, item->length);
    *word = host_define(host, piece_of(name));
    return *word ? 0 : -ENOMEM;
}

int host_read_names(struct host *host, const char *text, struct fault *fault)
{
    struct host_word *word = NULL;
    struct piece rest = piece_of(text);
    int error;

    do {
        struct piece item = take_item(&rest);
        enum family family;
        u128 address;

        error = take_host(&item, host, &word, fault);
        if (!error && item.length)
            error = address_read(item, &family, &address, fault);
        if (!error && item.length)
            error = address_list_add(&word->family[family - FAMILY_IPV4],
                                     (struct address_range){address, address});
    } while (!error && rest.length);
    return error;
}

/* Takes "IFACE=" off *item, if it begins with that. */
static int take_interface(struct piece *item, char interface[INTERFACE_BYTES], struct fault *fault)
{
    size_t equals = piece_find(*item, '=');

    if (equals == item->length && *interface)
        return 0;
    if (equals == item->length || !equals || equals >= INTERFACE_BYTES)
        return fault_set(fault, 0, item->length,
                         "\"%s\" names no interface: write IFACE=PREFIX,...", quote(*item).text);
    memcpy(interface, item->text, equals);
    interface[equals] = '\0';
    *item = piece_part(*item, equals + 1, item->length);
    return 0;
}

int host_read_networks(struct host *host, const char *text, struct fault *fault)
{
    struct piece rest = piece_of(text);
    char interface[INTERFACE_BYTES] = "";
    int error;

    do {
        struct host_address address = {.interface = interface};
        struct piece item = take_item(&rest);

        error = take_interface(&item, interface, fault);
        if (!error)
            error = host_add_interface(host, interface);
        if (!error && item.length)
            error = read_network(item, &address, fault);
        if (!error && item.length)
            error = host_add(host, &address, 1, NULL);
    } while (!error && rest.length);
    return error;
}
