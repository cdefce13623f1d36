/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks that would cut off the host. */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "../base/memory.h"
#include "../judge/frame_build.h"
#include "../judge/native.h"
#include "../netlink/addresses.h"
#include "../netlink/gateways.h"
#include "../policy/address.h"
#include "../policy/protocols.h"
#include "lockout.h"

/* A protocol that nobody names: what drops it from a gateway drops everything from there. */
#define NAMELESS 253

/* What a host needs of its gateway. That of IPv4 is found by ARP, which no block is about. */
static const struct need {
    enum family family;
    enum direction direction;
    u8 protocol, type;
    const char *what;
} needs[] = {
    {FAMILY_IPV4, DIRECTION_IN, NAMELESS, 0, "everything from"},
    {FAMILY_IPV4, DIRECTION_OUT, NAMELESS, 0, "everything to"},
    {FAMILY_IPV6, DIRECTION_IN, NAMELESS, 0, "everything from"},
    {FAMILY_IPV6, DIRECTION_OUT, NAMELESS, 0, "everything to"},
    {FAMILY_IPV6, DIRECTION_IN, PROTOCOL_ICMPV6, 134, "router advertisements from"},
    {FAMILY_IPV6, DIRECTION_IN, PROTOCOL_ICMPV6, 136, "neighbour advertisements from"},
    {FAMILY_IPV6, DIRECTION_OUT, PROTOCOL_ICMPV6, 135, "neighbour solicitations to"},
};

struct checking {
    struct native *native;
    const struct tables_header *image;
    rule_namer *namer;
    const void *context;
    const char *interface;
    const struct host *host;
    struct why *why;
    int error;
};

/* Fills in this host's address of that family, as far as it has one. */
static void set_own(const struct host *host, enum family family, u8 address[16])
{
    u128 own;

    if (host && host_self(host, family, &own))
        address_to_bytes(family, own, address);
}

static bool is_blocked(const struct checking *checking, const struct need *need,
                       const u8 gateway[16], struct outcome *outcome)
{
    _Alignas(16) u8 frame[FRAME_BUILD_BYTES];
    bool in = need->direction == DIRECTION_IN;
    struct packet_notation packet = {.direction = need->direction,
                                     .family = need->family,
                                     .protocol = need->protocol,
                                     .icmp_type = need->type};

    memcpy(in ? packet.source : packet.destination, gateway, 16);
    set_own(checking->host, need->family, in ? packet.destination : packet.source);
    size_t length = frame_build(&packet, frame);
    native_reset(checking->native);
    if (native_block(checking->native, BLOCK_MANUAL, checking->image))
        return false;
    *outcome = native_judge(checking->native, need->direction, frame, length, SECOND_NS);
    return outcome_is_block(outcome);
}

static void check_gateway(enum family family, const u8 address[16], void *context)
{
    struct checking *checking = context;
    char text[ADDRESS_TEXT_BYTES];
    struct outcome outcome;

    for (size_t i = 0; i < ARRAY_SIZE(needs) && !checking->error; i++) {
        if (needs[i].family != family || !is_blocked(checking, &needs[i], address, &outcome))
            continue;
        address_print(family, address_from_bytes(family, address), text);
        checking->error =
            why_set(checking->why, -EPERM,
                    "this would cut off the host: the block %s drops %s %s, the default gateway of "
                    "%s; use --force if that is meant",
                    checking->namer(checking->context, outcome.rule), needs[i].what, text,
                    checking->interface);
    }
}

int lockout_check_block_gateways(struct native *native, const struct tables_header *image,
                                 rule_namer *namer, const void *context, const char *interface,
                                 struct why *why)
{
    CLEANUP(host_freep) struct host *host = NULL;
    struct checking checking = {native, image, namer, context, interface, NULL, why, 0};

    /* If addresses or routes cannot be read, there is no reason to refuse. */
    if (!addresses_ask(interface, &host))
        checking.host = host;
    gateways_ask(if_nametoindex(interface), check_gateway, &checking);
    return checking.error;
}
