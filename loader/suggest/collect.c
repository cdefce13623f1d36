/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect.h"

#include <edgexdp/dropped.h>
#include <edgexdp/icmp.h>
#include <errno.h>
#include <string.h>

#include "../policy/protocols.h"

int collection_init(struct collection *collection, u32 lines, u64 seed)
{
    *collection = (struct collection){.talks = talks_new(lines, seed)};
    return collection->talks ? 0 : -ENOMEM;
}

void collection_clear(struct collection *collection)
{
    talks_free(collection->talks);
    *collection = (struct collection){0};
}

bool sighting_is_default_drop(const struct sighting *sighting)
{
    const struct outcome *outcome = &sighting->outcome;

    return outcome->kind == OUTCOME_REASON && outcome->reason == REASON_DEFAULT &&
           outcome->verdict == VERDICT_DROP;
}

static void sum_add(struct sum *sum, const struct sighting *sighting)
{
    sum->packets += sighting->packets;
    sum->bytes += sighting->bytes;
}

static bool is_icmp(const struct sighting *sighting)
{
    return icmp_is(sighting->family, sighting->protocol);
}

static u8 icmp_type(const struct sighting *sighting)
{
    return (u8)(sighting->destination_port >> 8);
}

static bool is_icmp_error(const struct sighting *sighting)
{
    return is_icmp(sighting) && icmp_is_error(sighting->family, icmp_type(sighting));
}

/* Does it begin something, so that it is no answer? Only TCP and ICMP say so. */
static bool opens(const struct sighting *sighting)
{
    if (sighting->protocol == PROTOCOL_TCP)
        return (sighting->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
    return is_icmp(sighting) && !icmp_request(sighting->family, icmp_type(sighting));
}

static struct talk_key key_of(const struct sighting *sighting)
{
    struct talk_key key = {.direction = sighting->direction,
                           .family = sighting->family,
                           .protocol = sighting->protocol};

    memcpy(key.opener, sighting->source, sizeof(key.opener));
    memcpy(key.target, sighting->destination, sizeof(key.target));
    if (is_icmp(sighting) || protocol_has_ports(sighting->protocol))
        key.port = sighting->destination_port;
    return key;
}

/* The talk that the packet is an answer in. */
static struct talk *find_answered(struct collection *collection, const struct sighting *sighting)
{
    struct talk_key key = {.direction = !sighting->direction,
                           .family = sighting->family,
                           .protocol = sighting->protocol};

    memcpy(key.opener, sighting->destination, sizeof(key.opener));
    memcpy(key.target, sighting->source, sizeof(key.target));
    if (is_icmp(sighting))
        key.port = (u16)(icmp_request(sighting->family, icmp_type(sighting)) << 8 |
                         (sighting->destination_port & 0xff));
    else if (protocol_has_ports(sighting->protocol))
        key.port = sighting->source_port;
    return talks_find(collection->talks, &key);
}

static bool note_answer(struct collection *collection, const struct sighting *sighting)
{
    struct talk *talk = opens(sighting) ? NULL : find_answered(collection, sighting);
    bool reset = sighting->protocol == PROTOCOL_TCP && sighting->tcp_flags & TCP_RST;

    if (!talk)
        return false;
    talk->refused |= reset;
    talk->answered |= !reset;
    return true;
}

/* Does it come from a service to a port that clients are given? Then whoever has that port asked.
 */
static bool looks_like_answer(const struct sighting *sighting)
{
    if (is_icmp(sighting))
        return icmp_request(sighting->family, icmp_type(sighting));
    return protocol_has_ports(sighting->protocol) &&
           dropped_port_kind(sighting->destination_port) == 2 &&
           dropped_port_kind(sighting->source_port) < 2;
}

static void add_talk(struct collection *collection, const struct sighting *sighting)
{
    struct talk_key key = key_of(sighting);
    bool begins = sighting->protocol == PROTOCOL_TCP && opens(sighting);
    struct talk *talk = talks_find(collection->talks, &key);

    if (!talk && sighting->protocol == PROTOCOL_TCP && !begins) {
        sum_add(&collection->continuing, sighting);
        return;
    }
    if (!talk && !begins && looks_like_answer(sighting)) {
        sum_add(&collection->unasked, sighting);
        return;
    }
    if (!talk)
        talk = talks_take(collection->talks, &key);
    talk->packets += sighting->packets;
    talk->bytes += sighting->bytes;
    talk->opened += begins ? sighting->packets : 0;
}

void collection_add(struct collection *collection, const struct sighting *sighting)
{
    if (sighting->fragment == FRAGMENT_LATER || sighting->family == FAMILY_NONE)
        return;
    if (!sighting_is_default_drop(sighting)) {
        note_answer(collection, sighting);
        return;
    }
    sum_add(&collection->dropped, sighting);
    if (is_icmp_error(sighting))
        sum_add(&collection->errors, sighting);
    else if (note_answer(collection, sighting))
        sum_add(&collection->replies, sighting);
    else
        add_talk(collection, sighting);
}
