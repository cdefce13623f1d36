/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "difference.h"

#include <net/ethernet.h>
#include <netinet/in.h>
#include <string.h>

#include "../shared/brute.h"

#define HEADER ETHER_HDR_LEN

static unsigned int type_of(const struct wire *wire)
{
    return wire->length < HEADER ? 0 : (unsigned int)wire->bytes[12] << 8 | wire->bytes[13];
}

/* The IPv4 or IPv6 header, if it is complete and follows the Ethernet header directly; else
 * NULL. */
static const u8 *ip4_of(const struct wire *wire)
{
    bool good = type_of(wire) == ETHERTYPE_IP && wire->length >= HEADER + 20;

    return good ? wire->bytes + HEADER : NULL;
}

static const u8 *ip6_of(const struct wire *wire)
{
    bool good = type_of(wire) == ETHERTYPE_IPV6 && wire->length >= HEADER + 40;

    return good ? wire->bytes + HEADER : NULL;
}

static const char *reason_of(const struct wire *wire)
{
    struct brute_packet packet;
    const char *reason = brute_decode(wire->bytes, wire->length, &packet);

    return reason ? reason : "";
}

static bool is_no_plain_ip(const struct wire *wire)
{
    return type_of(wire) != ETHERTYPE_IP && type_of(wire) != ETHERTYPE_IPV6;
}

static bool refuses_ip4(const struct wire *wire)
{
    const u8 *ip = ip4_of(wire);
    size_t header, total;

    if (!ip || ip[0] >> 4 != 4)
        return true;
    header = (ip[0] & 15) * 4u;
    total = (size_t)ip[2] << 8 | ip[3];
    return header < 20 || header > total || total > wire->length - HEADER;
}

static bool is_odd_ip6(const u8 *ip)
{
    static const u8 loopback[16] = {[15] = 1}, mapped[12] = {[10] = 0xff, [11] = 0xff};
    const u8 *source = ip + 8, *destination = ip + 24;

    return !memcmp(source, loopback, 16) || !memcmp(destination, loopback, 16) ||
           !memcmp(source, mapped, 12) || source[0] == 0xff ||
           (destination[0] == 0xff && (destination[1] & 15) <= 1);
}

/* Options that the kernel does not know, or more than seven bytes of padding. */
static bool has_odd_hop_by_hop(const struct wire *wire, const u8 *ip)
{
    size_t size, room = wire->length - HEADER - 40;

    if (ip[6] != IPPROTO_HOPOPTS)
        return false;
    size = room < 2 ? room : (ip[41] + (size_t)1) * 8;
    if (size != 8 || room < 8)
        return true;
    for (size_t i = 2; i < size; i++)
        if (ip[40 + i])
            return true;
    return false;
}

static bool refuses_ip6(const struct wire *wire)
{
    const u8 *ip = ip6_of(wire);

    if (!ip || ip[0] >> 4 != 6)
        return true;
    if ((size_t)(ip[4] << 8 | ip[5]) > wire->length - HEADER - 40)
        return true;
    return is_odd_ip6(ip) || has_odd_hop_by_hop(wire, ip);
}

/* Does the IP stack refuse WIRE, whatever a ruleset says? */
static bool stack_refuses(const struct wire *wire)
{
    return (type_of(wire) == ETHERTYPE_IP && refuses_ip4(wire)) ||
           (type_of(wire) == ETHERTYPE_IPV6 && refuses_ip6(wire));
}

static bool is_extension_header(unsigned int protocol)
{
    return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING ||
           protocol == IPPROTO_FRAGMENT || protocol == IPPROTO_DSTOPTS;
}

/* Walks over extension headers from *AT, where one of number NEXT begins, to the first of PROTOCOL.
 * Returns the number of the header reached, and where it begins. */
static unsigned int walk_on(const struct wire *wire, unsigned int next, unsigned int protocol,
                            size_t *at)
{
    while (is_extension_header(next) && next != protocol && *at + 8 <= wire->length) {
        size_t size = next == IPPROTO_FRAGMENT ? 8 : (wire->bytes[*at + 1] + (size_t)1) * 8;
        next = wire->bytes[*at];
        *at += size;
    }
    return next;
}

/* The same from the IPv6 header on. */
static unsigned int walk(const struct wire *wire, unsigned int protocol, size_t *at)
{
    const u8 *ip = ip6_of(wire);

    *at = HEADER + 40;
    return walk_on(wire, ip ? ip[6] : IPPROTO_NONE, protocol, at);
}

static bool has_extension(const struct wire *wire, unsigned int protocol)
{
    size_t at;

    return walk(wire, protocol, &at) == protocol;
}

/* nft also reads AH, although it goes no further there. */
static bool has_short_ah(const struct wire *wire)
{
    const u8 *ip = ip6_of(wire);
    size_t at;

    return walk(wire, IPPROTO_AH, &at) == IPPROTO_AH &&
           at + 2 > HEADER + 40 + ((size_t)ip[4] << 8 | ip[5]);
}

static bool is_malformed(const struct wire *wire)
{
    if (has_short_ah(wire))
        return true;
    return !strcmp(reason_of(wire), "malformed");
}

static bool has_extensions(const struct wire *wire)
{
    return !strcmp(reason_of(wire), "extension-headers");
}

/* The kernel reads a source route only if it holds whole addresses, none of which was visited
 * yet. */
static bool has_odd_source_route(const struct wire *wire)
{
    const u8 *ip = ip4_of(wire);
    bool plain = ip && wire->length >= HEADER + 24 && ip[21] == 7 && ip[22] == 4;

    return !strcmp(reason_of(wire), "source-route") && !plain;
}

static bool has_same_ends(const struct wire *wire)
{
    const u8 *ip4 = ip4_of(wire), *ip6 = ip6_of(wire);

    return (ip4 && !memcmp(ip4 + 12, ip4 + 16, 4)) || (ip6 && !memcmp(ip6 + 8, ip6 + 24, 16));
}

const struct difference differences[] = {
    {"frames", is_no_plain_ip, true},
    {"ip-stack", stack_refuses, true},
    {"malformed", is_malformed, false},
    {"extension-headers", has_extensions, false},
    {"source-route", has_odd_source_route, false},
    {"same-ends", has_same_ends, false},
    {NULL, NULL, false},
};

const char *const differences_in_time[] = {"fragments", "icmp-errors", NULL};

const struct difference *difference_of(const struct wire *wire, bool policy, bool ruleset)
{
    for (const struct difference *d = differences; d->name; d++)
        if (d->may_be(wire) && (!d->only_drops || (policy && !ruleset)))
            return d;
    return NULL;
}

bool differs_for_others(const struct wire *wire)
{
    return wire->direction == DIRECTION_OUT &&
           (is_malformed(wire) || has_extensions(wire) || has_odd_source_route(wire));
}

/* The kernel also looks for fragments behind AH. */
static bool has_fragment_behind_ah(const struct wire *wire)
{
    size_t at;

    return walk(wire, IPPROTO_AH, &at) == IPPROTO_AH && at < wire->length &&
           wire->bytes[at] == IPPROTO_FRAGMENT;
}

/* Of several fragment headers a ruleset reads the first. */
static bool has_fragment_twice(const struct wire *wire)
{
    size_t at;

    if (walk(wire, IPPROTO_FRAGMENT, &at) != IPPROTO_FRAGMENT || at + 8 > wire->length)
        return false;
    unsigned int next = wire->bytes[at];
    at += 8;
    return walk_on(wire, next, IPPROTO_FRAGMENT, &at) == IPPROTO_FRAGMENT;
}

static bool is_fragment(const struct wire *wire)
{
    const u8 *ip = ip4_of(wire);

    return has_fragment_behind_ah(wire) || (ip && ((ip[6] & 0x3f) || ip[7])) ||
           has_extension(wire, IPPROTO_FRAGMENT);
}

/* An ICMP error that quotes something which at least one of the two may read as a packet. */
static bool quotes(const struct wire *wire)
{
    struct brute_packet packet;
    unsigned int type;

    if (brute_decode(wire->bytes, wire->length, &packet) || !packet.is_icmp)
        return false;
    type = packet.icmp_type;
    return packet.quote_bytes >= 20 &&
           (packet.family == FAMILY_IPV4 ? type == 3 || type == 11 || type == 12
                                         : type >= 1 && type <= 4);
}

bool is_left_out(const struct wire *wire, const struct baseline *baseline)
{
    /* Only connection tracking reassembles fragments, and both of these need it. */
    if (is_fragment(wire) && (baseline->fragments || baseline->icmp_errors))
        return true;
    if (has_fragment_behind_ah(wire) || has_fragment_twice(wire))
        return true;
    return baseline->icmp_errors && quotes(wire);
}
