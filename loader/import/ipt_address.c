/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses and interfaces: -s, -d, -i, -o, and the matches iprange and addrtype. */
#include "ipt.h"

#include <string.h>

#include "../base/memory.h"
#include "../policy/address.h"

/* How many leading bits MASK has: a number, or an address; -1: they are not leading. */
static int bits_of(enum family family, const char *mask)
{
    unsigned int bits;
    enum family of;
    struct fault fault;
    u128 address;

    if (ipt_number(mask, address_bits(family), &bits))
        return (int)bits;
    if (address_read(piece_of(mask), &of, &address, &fault) || of != family)
        return -1;
    for (bits = 0; bits <= address_bits(family); bits++) {
        struct address_range all = address_prefix(family, address_any(family).last, bits);
        if (address == all.first)
            return (int)bits;
    }
    return -1;
}

static bool read_prefix(struct ipt_rule *rule, char *text, struct address_range *range)
{
    char *slash = strchr(text, '/');
    enum family family;
    struct fault fault;
    u128 address;
    int bits;

    if (slash)
        *slash++ = '\0';
    if (address_read(piece_of(text), &family, &address, &fault) || family != rule->family)
        return false;
    bits = slash ? bits_of(family, slash) : (int)address_bits(family);
    if (bits < 0)
        return false;
    *range = address_prefix(family, address, (unsigned int)bits);
    return true;
}

static void addresses(struct ipt_rule *rule, bool negated, const char *value, bool to)
{
    static const enum aspect aspects[2][2] = {{ASPECT_FROM4, ASPECT_FROM6},
                                              {ASPECT_TO4, ASPECT_TO6}};
    enum aspect aspect = aspects[to][rule->family - 1];
    struct address_range *list = NULL;
    size_t count = 0, capacity = 0;
    char *copy = strdupa(value), *save, *item;

    for (item = strtok_r(copy, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
        list = arena_grow(ipt_arena(rule), list, count, &capacity, sizeof(*list));
        if (!list || !read_prefix(rule, item, &list[count])) {
            ipt_refuse(rule, "%s: not an address of edgexdp with the leading bits of a mask",
                       value);
            return;
        }
        count++;
    }
    ipt_narrow(rule, aspect, negated, spans_of(ipt_arena(rule), list, count, aspect_last(aspect)));
}

static void read_source(struct ipt_rule *rule, bool negated, const char *value)
{
    addresses(rule, negated, value, false);
}

static void read_destination(struct ipt_rule *rule, bool negated, const char *value)
{
    addresses(rule, negated, value, true);
}

static void address_range(struct ipt_rule *rule, bool negated, const char *value, bool to)
{
    static const enum aspect aspects[2][2] = {{ASPECT_FROM4, ASPECT_FROM6},
                                              {ASPECT_TO4, ASPECT_TO6}};
    struct address_range range;
    enum family family;
    struct fault fault;

    if (address_read_range(piece_of(value), &family, &range, &fault) || family != rule->family)
        ipt_bad_value(rule, value);
    else
        ipt_narrow(rule, aspects[to][family - 1], negated,
                   spans_range(ipt_arena(rule), range.first, range.last));
}

static void read_source_range(struct ipt_rule *rule, bool negated, const char *value)
{
    address_range(rule, negated, value, false);
}

static void read_destination_range(struct ipt_rule *rule, bool negated, const char *value)
{
    address_range(rule, negated, value, true);
}

static void interface(struct ipt_rule *rule, bool negated, const char *value, enum aspect aspect)
{
    if (ruleset_interface_is_good(value, '+'))
        ipt_narrow(rule, aspect, negated, ruleset_interface(rule->ruleset, value, '+'));
    else
        ipt_bad_value(rule, value);
}

static void read_arrives(struct ipt_rule *rule, bool negated, const char *value)
{
    interface(rule, negated, value, ASPECT_ARRIVES);
}

static void read_leaves(struct ipt_rule *rule, bool negated, const char *value)
{
    interface(rule, negated, value, ASPECT_LEAVES);
}

static void address_types(struct ipt_rule *rule, bool negated, const char *value,
                          enum aspect aspect)
{
    static const char *const names[] = {[ADDRESS_OWN] = "LOCAL",
                                        [ADDRESS_BROADCAST] = "BROADCAST",
                                        [ADDRESS_MULTICAST] = "MULTICAST",
                                        [ADDRESS_OTHER] = "UNICAST"};
    char *copy = strdupa(value), *save, *item;
    const struct spans *set = &spans_none;

    for (item = strtok_r(copy, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
        unsigned int kind = 0;
        while (kind < ARRAY_SIZE(names) && strcmp(names[kind], item) != 0)
            kind++;
        if (kind == ARRAY_SIZE(names)) {
            ipt_refuse(rule,
                       "addrtype %s: edgexdp knows this host's addresses, broadcast and "
                       "multicast",
                       item);
            return;
        }
        set = spans_either(ipt_arena(rule), set, spans_one(ipt_arena(rule), kind), ADDRESS_OTHER);
    }
    ipt_narrow(rule, aspect, negated, set);
}

static void read_source_type(struct ipt_rule *rule, bool negated, const char *value)
{
    address_types(rule, negated, value, ASPECT_FROM_KIND);
}

static void read_destination_type(struct ipt_rule *rule, bool negated, const char *value)
{
    address_types(rule, negated, value, ASPECT_TO_KIND);
}

static const struct ipt_option options[] = {
    {NULL, "-s", read_source, 1},
    {NULL, "-d", read_destination, 1},
    {NULL, "-i", read_arrives, 1},
    {NULL, "-o", read_leaves, 1},
    {"iprange", "--src-range", read_source_range, 1},
    {"iprange", "--dst-range", read_destination_range, 1},
    {"addrtype", "--src-type", read_source_type, 1},
    {"addrtype", "--dst-type", read_destination_type, 1},
};

const struct ipt_options ipt_address_options = {options, ARRAY_SIZE(options)};
