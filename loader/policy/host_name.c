/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host_name.h"

#include "../base/memory.h"
#include "address.h"

#include <errno.h>

#define LABEL_MAX 63
#define WHOLE_MAX 253

static const char prefix[] = "name:";

/* Words behind a colon that say something of an interface, here and in what is kept of a host
 * (links.h). */
static const char *const taken[] = {"addresses", "networks", "index", "wanted", "guarded"};
#define MEANT_OF_INTERFACES 2 /* in a policy */

static struct piece host_of(struct piece item)
{
    return piece_part(item, sizeof(prefix) - 1, item.length);
}

bool host_name_begins(struct piece item)
{
    if (!piece_is_keyword(piece_part(item, 0, sizeof(prefix) - 1), prefix))
        return false;
    for (size_t i = 0; i < MEANT_OF_INTERFACES; i++)
        if (piece_is_keyword(host_of(item), taken[i]))
            return false;
    return true;
}

static bool is_host_byte(char byte)
{
    return is_letter(byte) || is_digit(byte) || byte == '-' || byte == '_';
}

/* A label: what stands between dots. */
static int check_label(struct piece item, struct piece label, struct fault *fault)
{
    size_t at = (size_t)(label.text - item.text);

    if (!label.length)
        return fault_set(fault, 0, item.length,
                         "\"%s\" is not the name of a host: something is missing beside a dot",
                         quote(item).text);
    for (size_t i = 0; i < label.length; i++)
        if (!is_host_byte(label.text[i]))
            return fault_set(fault, at + i, 1,
                             "names of hosts have letters, digits, \"-\", \"_\" and dots: write "
                             "others as DNS has them (xn--...)");
    if (label.length > LABEL_MAX)
        return fault_set(fault, at, label.length,
                         "a part of the name of a host has at most %d characters", LABEL_MAX);
    if (label.text[0] == '-' || label.text[label.length - 1] == '-')
        return fault_set(fault, at, label.length,
                         "a part of the name of a host neither begins nor ends with \"-\"");
    return 0;
}

static int check_whole(struct piece item, struct piece host, struct fault *fault)
{
    enum family family;
    u128 address;
    struct fault ignored;

    if (!host.length)
        return fault_set(
            fault, 0, item.length,
            "the name of a host is missing: write name:HOST, as in name:www.example.org");
    if (!address_read(host, &family, &address, &ignored))
        return fault_set(fault, 0, item.length, "%s is an address: write it without \"%s\"",
                         quote(host).text, prefix);
    for (size_t i = MEANT_OF_INTERFACES; i < ARRAY_SIZE(taken); i++)
        if (piece_is_keyword(host, taken[i]))
            return fault_set(fault, 0, item.length, "write %s%s. with a dot behind", prefix,
                             taken[i]);
    if (host.length - (host.text[host.length - 1] == '.') > WHOLE_MAX)
        return fault_set(fault, 0, item.length, "the name of a host has at most %d characters",
                         WHOLE_MAX);
    return 0;
}

/* What ends with a number is meant as an address. */
static bool ends_with_number(struct piece host)
{
    while (piece_find(host, '.') < host.length)
        host = piece_part(host, piece_find(host, '.') + 1, host.length);
    return piece_is_digits(host);
}

int host_name_check(struct piece item, struct fault *fault)
{
    struct piece host = host_of(item);
    int error = check_whole(item, host, fault);

    if (!error && host.text[host.length - 1] == '.')
        host = piece_part(host, 0, host.length - 1);
    if (!error && ends_with_number(host))
        error = fault_set(fault, 0, item.length,
                          "\"%s\" is not the name of a host: names do not end with a number",
                          quote(item).text);
    for (bool more = true; more && !error;) {
        size_t dot = piece_find(host, '.');

        error = check_label(item, piece_part(host, 0, dot), fault);
        more = dot < host.length;
        host = piece_part(host, dot + 1, host.length);
    }
    return error;
}
