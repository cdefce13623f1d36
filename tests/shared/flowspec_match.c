/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RFC 8955 sections 4.2 and 5.1, and RFC 8956 sections 3 and 4, as they are written. */
#include "flowspec.h"

#include <netinet/in.h>
#include <string.h>

/* What components ask about, as found in a frame. */
struct told {
    const u8 *source, *destination;
    unsigned int protocol, length, dscp, label;
    bool dont, is_fragment, first, last;
    bool has_transport; /* its header, which later fragments have not */
    unsigned int source_port, destination_port, flags, type, code;
};

static unsigned int be16(const u8 *at)
{
    return (unsigned int)at[0] << 8 | at[1];
}

static void see_transport(struct told *told, const u8 *at)
{
    told->has_transport = !told->is_fragment;
    if (!told->has_transport)
        return;
    if (told->protocol == IPPROTO_TCP || told->protocol == IPPROTO_UDP) {
        told->source_port = be16(at);
        told->destination_port = be16(at + 2);
    }
    if (told->protocol == IPPROTO_TCP)
        told->flags = be16(at + 12) & 0x0fff;
    if (told->protocol == IPPROTO_ICMP || told->protocol == IPPROTO_ICMPV6) {
        told->type = at[0];
        told->code = at[1];
    }
}

static void see_ipv4(struct told *told, const u8 *ip)
{
    unsigned int flags = be16(ip + 6), offset = flags & 0x1fff;
    bool more = flags & 0x2000;

    told->source = ip + 12;
    told->destination = ip + 16;
    told->protocol = ip[9];
    told->length = be16(ip + 2);
    told->dscp = ip[1] >> 2;
    told->dont = flags & 0x4000;
    told->is_fragment = offset != 0;
    told->first = !offset && more;
    told->last = offset && !more;
    see_transport(told, ip + (ip[0] & 15u) * 4);
}

static void see_ipv6(struct told *told, const u8 *ip)
{
    const u8 *at = ip + 40;

    told->source = ip + 8;
    told->destination = ip + 24;
    told->length = be16(ip + 4) + 40;
    told->dscp = be16(ip) >> 6 & 63;
    told->label = (ip[1] & 15u) << 16 | be16(ip + 2);
    told->protocol = ip[6];
    for (;;) {
        unsigned int next = at[0];
        if (told->protocol == IPPROTO_FRAGMENT) {
            unsigned int offset = be16(at + 2) >> 3;
            bool more = at[3] & 1;
            told->is_fragment = offset != 0;
            told->first = !offset && more;
            told->last = offset && !more;
            at += 8;
        } else if (told->protocol == IPPROTO_HOPOPTS || told->protocol == IPPROTO_DSTOPTS ||
                   told->protocol == IPPROTO_ROUTING) {
            at += (at[1] + 1u) * 8;
        } else {
            break;
        }
        told->protocol = next;
        if (told->is_fragment)
            break; /* what follows is data */
    }
    see_transport(told, at);
}

static bool bit_of(const u8 *bytes, unsigned int bit)
{
    return bytes[bit / 8] >> (7 - bit % 8) & 1;
}

u64 flowspec_value(const u8 *bytes, size_t *at, u8 op)
{
    u64 value = 0;

    for (unsigned int left = 1u << (op >> 4 & 3); left; left--)
        value = value << 8 | bytes[(*at)++];
    return value;
}

static bool number_holds(u8 op, u64 value, u64 data)
{
    return (op & 4 && data < value) || (op & 2 && data > value) || (op & 1 && data == value);
}

static bool bits_hold(u8 op, u64 value, u64 data)
{
    bool result = op & 1 ? (data & value) == value : (data & value) != 0;

    return op & 2 ? !result : result;
}

/* Walks a list of operators, all about the number or the bits DATA. */
static bool list_holds(const u8 *bytes, size_t *at, bool bits, u64 known, u64 data)
{
    bool any = false, all = false, begins = true;
    u8 op;

    do {
        op = bytes[(*at)++];
        u64 value = flowspec_value(bytes, at, op);
        bool one = bits ? bits_hold(op, value & known, data) : number_holds(op, value, data);
        if (begins || !(op & 0x40)) {
            any = any || all;
            all = one;
        } else {
            all = all && one;
        }
        begins = false;
    } while (!(op & 0x80));
    return any || all;
}

static bool prefix_holds(const struct flowspec *flow, size_t *at, const u8 *address)
{
    unsigned int length = flow->bytes[(*at)++];
    unsigned int offset = flow->ipv6 ? flow->bytes[(*at)++] : 0;
    const u8 *pattern = flow->bytes + *at;
    bool holds = true;

    for (unsigned int bit = offset; bit < length; bit++)
        holds = holds && bit_of(pattern, bit - offset) == bit_of(address, bit);
    *at += (length - offset + 7) / 8;
    return holds;
}

static bool component_holds(const struct flowspec *flow, size_t *at, unsigned int type,
                            const struct told *told)
{
    bool ports =
        told->has_transport && (told->protocol == IPPROTO_TCP || told->protocol == IPPROTO_UDP);
    bool icmp = told->has_transport &&
                told->protocol == (flow->ipv6 ? (unsigned int)IPPROTO_ICMPV6 : IPPROTO_ICMP);
    unsigned int fragment = (told->dont ? 1u : 0) | (told->is_fragment ? 2u : 0) |
                            (told->first ? 4u : 0) | (told->last ? 8u : 0);
    const u8 *bytes = flow->bytes;
    size_t again = *at;

    switch (type) {
    case 1:
        return prefix_holds(flow, at, told->destination);
    case 2:
        return prefix_holds(flow, at, told->source);
    case 3:
        return list_holds(bytes, at, false, 0, told->protocol);
    case 4: {
        bool source = list_holds(bytes, at, false, 0, told->source_port);
        bool destination = list_holds(bytes, &again, false, 0, told->destination_port);
        return ports && (source || destination);
    }
    case 5:
        return list_holds(bytes, at, false, 0, told->destination_port) && ports;
    case 6:
        return list_holds(bytes, at, false, 0, told->source_port) && ports;
    case 7:
        return list_holds(bytes, at, false, 0, told->type) && icmp;
    case 8:
        return list_holds(bytes, at, false, 0, told->code) && icmp;
    case 9:
        return list_holds(bytes, at, true, 0xffff, told->flags) && told->has_transport &&
               told->protocol == IPPROTO_TCP;
    case 10:
        return list_holds(bytes, at, false, 0, told->length);
    case 11:
        return list_holds(bytes, at, false, 0, told->dscp);
    case 12:
        return list_holds(bytes, at, true, flow->ipv6 ? 0x0e : 0x0f, fragment);
    default:
        return list_holds(bytes, at, false, 0, told->label);
    }
}

bool flowspec_matches(const struct flowspec *flow, const struct wire *frame)
{
    const u8 *ip = frame->bytes + 14;
    struct told told = {0};
    bool matches = true;
    size_t at = 0;

    if ((ip[0] >> 4 == 6) != flow->ipv6)
        return false;
    if (flow->ipv6)
        see_ipv6(&told, ip);
    else
        see_ipv4(&told, ip);
    while (at < flow->length) {
        unsigned int type = flow->bytes[at++];
        matches = component_holds(flow, &at, type, &told) && matches;
    }
    return matches;
}

size_t flowspec_end_of(const struct flowspec *flow, size_t at)
{
    unsigned int type = flow->bytes[at++];
    u8 op;

    if (type <= 2 && flow->ipv6)
        return at + 2 + (flow->bytes[at] - flow->bytes[at + 1] + 7u) / 8;
    if (type <= 2)
        return at + 1 + (flow->bytes[at] + 7u) / 8;
    do {
        op = flow->bytes[at];
        at += 1 + (1u << (op >> 4 & 3));
    } while (!(op & 0x80));
    return at;
}

static int prefix_order(const struct flowspec *a, size_t at, const struct flowspec *b, size_t bt)
{
    unsigned int header = a->ipv6 ? 2 : 1;
    const u8 *one = a->bytes + at, *other = b->bytes + bt;
    unsigned int offset = a->ipv6 ? one[1] : 0;
    unsigned int common = one[0] < other[0] ? one[0] : other[0];

    if (a->ipv6 && one[1] != other[1])
        return one[1] < other[1] ? -1 : 1;
    for (unsigned int bit = 0; bit + offset < common; bit++)
        if (bit_of(one + header, bit) != bit_of(other + header, bit))
            return bit_of(one + header, bit) ? 1 : -1;
    return one[0] == other[0] ? 0 : one[0] > other[0] ? -1 : 1;
}

int flowspec_order(const struct flowspec *a, const struct flowspec *b)
{
    size_t at = 0, bt = 0;

    while (at < a->length || bt < b->length) {
        unsigned int one = at < a->length ? a->bytes[at] : 1000;
        unsigned int other = bt < b->length ? b->bytes[bt] : 1000;
        if (one != other)
            return one < other ? -1 : 1;
        size_t end = flowspec_end_of(a, at), bend = flowspec_end_of(b, bt);
        size_t length = end - at, blength = bend - bt;
        int order = one <= 2
                        ? prefix_order(a, at + 1, b, bt + 1)
                        : memcmp(a->bytes + at, b->bytes + bt, length < blength ? length : blength);
        if (!order && one > 2 && length != blength)
            order = length > blength ? -1 : 1;
        if (order)
            return order;
        at = end;
        bt = bend;
    }
    return 0;
}
