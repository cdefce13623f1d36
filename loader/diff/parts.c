/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "parts.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "../compile/lookup.h"
#include "../policy/protocols.h"

/* Returns whether PROTOCOL has ports, or types, over this family. */
static bool has_numbers(int family, unsigned int protocol)
{
    return protocol_has_ports((u8)protocol) ||
           protocol == (family ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP);
}

/* Returns the numbers that KEYS, which ascend, hold of one protocol, from *AT on; *WHOLE: all of
 * them. */
static int numbers_of(const struct address_ranges *keys, size_t *at, int family,
                      unsigned int protocol, struct number_ranges *numbers, bool *whole)
{
    u32 first = PORT_KEY(protocol, 0), last = PORT_KEY(protocol, 0xffff);

    while (*at < keys->count && keys->ranges[*at].last < first)
        ++*at;
    size_t end = *at;
    while (end < keys->count && keys->ranges[end].first <= last)
        end++;
    *numbers = (struct number_ranges){calloc(end - *at + 1, sizeof(*numbers->ranges)), 0};
    if (!numbers->ranges)
        return -ENOMEM;
    for (size_t i = *at; i < end; i++) {
        u128 from = keys->ranges[i].first, to = keys->ranges[i].last;
        numbers->ranges[numbers->count++] =
            (struct number_range){from < first ? 0 : (u16)from, to > last ? 0xffff : (u16)to};
    }
    /* A protocol without numbers has the number 0. */
    bool zero = numbers->count && !numbers->ranges[0].first;
    *whole = zero && (!has_numbers(family, protocol) || numbers->ranges[0].last == 0xffff);
    if (*whole || !has_numbers(family, protocol))
        numbers->count = 0;
    return 0;
}

void parts_clear(struct parts *parts)
{
    for (size_t i = 0; i < parts->count; i++)
        free(parts->part[i].numbers.ranges);
}

static struct part *find_part(struct parts *parts, const struct part *like)
{
    for (size_t i = 0; i < parts->count; i++) {
        struct part *part = &parts->part[i];
        if (part->whole == like->whole && part->icmp == like->icmp &&
            part->numbers.count == like->numbers.count &&
            (!like->numbers.count || !memcmp(part->numbers.ranges, like->numbers.ranges,
                                             like->numbers.count * sizeof(*like->numbers.ranges))))
            return part;
    }
    return NULL;
}

/* For IPv6: extension headers are looked through, so no packet has such a protocol, except for
 * later fragments, which show only what the whole packet goes on with. */
static bool is_looked_through(unsigned int protocol)
{
    return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING ||
           protocol == IPPROTO_FRAGMENT || protocol == IPPROTO_DSTOPTS;
}

static bool is_of_no_packet(const struct part *part)
{
    for (unsigned int protocol = 0; protocol < 256; protocol++)
        if (part->protocols[protocol / 64] >> protocol % 64 & 1 && !is_looked_through(protocol))
            return false;
    return true;
}

static void drop_empty(struct parts *parts)
{
    size_t kept = 0;

    for (size_t i = 0; i < parts->count; i++) {
        if (is_of_no_packet(&parts->part[i]))
            free(parts->part[i].numbers.ranges);
        else
            parts->part[kept++] = parts->part[i];
    }
    parts->count = kept;
}

int parts_split(const struct address_ranges *keys, const struct context *context,
                struct parts *parts)
{
    int family = context->family;
    size_t at = 0;

    for (unsigned int protocol = 0; protocol < 256; protocol++) {
        struct part made = {0};
        int error = numbers_of(keys, &at, family, protocol, &made.numbers, &made.whole);
        if (error)
            return error;
        if (!made.whole && !made.numbers.count) {
            free(made.numbers.ranges);
            continue;
        }
        made.icmp = !made.whole && !protocol_has_ports((u8)protocol);
        struct part *part = find_part(parts, &made);
        if (part) {
            free(made.numbers.ranges);
        } else {
            part = &parts->part[parts->count++];
            *part = made;
        }
        part->protocols[protocol / 64] |= 1ull << protocol % 64;
    }
    if (family && !context->later)
        drop_empty(parts);
    return 0;
}
