/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tally.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../judge/lru.h"
#include "../policy/protocols.h"

struct sum {
    u64 packets;
    u64 bytes;
};

/* An LRU table that is used only to count by key. */
struct tally {
    struct lru *sums;
};

struct tally *tally_new(void)
{
    struct tally *tally = calloc(1, sizeof(*tally));
    if (!tally)
        return NULL;
    tally->sums = lru_new(sizeof(struct tally_key), sizeof(struct sum), TALLY_KEYS_MAX);
    if (tally->sums)
        return tally;
    free(tally);
    return NULL;
}

void tally_free(struct tally *tally)
{
    if (!tally)
        return;
    lru_free(tally->sums);
    free(tally);
}

int tally_add(struct tally *tally, const struct tally_key *key, u64 bytes)
{
    struct sum *sum = lru_find(tally->sums, key);
    if (!sum)
        return lru_add(tally->sums, key, &(struct sum){1, bytes}) ? 0 : -ENOMEM;
    sum->packets++;
    sum->bytes += bytes;
    return 0;
}

struct filling {
    struct tally_row *rows;
    size_t count;
};

static void fill(const void *key, void *value, void *context)
{
    struct filling *filling = context;
    struct tally_row *row = &filling->rows[filling->count++];
    const struct sum *sum = value;

    memcpy(&row->key, key, sizeof(row->key));
    row->packets = sum->packets;
    row->bytes = sum->bytes;
}

static int by_packets(const void *a, const void *b)
{
    const struct tally_row *one = a, *other = b;
    if (one->packets != other->packets)
        return one->packets < other->packets ? 1 : -1;
    if (one->bytes != other->bytes)
        return one->bytes < other->bytes ? 1 : -1;
    return memcmp(&one->key, &other->key, sizeof(one->key));
}

int tally_top(const struct tally *tally, size_t most, struct tally_row **rows, size_t *count)
{
    struct filling filling = {calloc((size_t)lru_count(tally->sums) + 1, sizeof(**rows)), 0};

    if (!filling.rows)
        return -ENOMEM;
    lru_each(tally->sums, fill, &filling);
    qsort(filling.rows, filling.count, sizeof(*filling.rows), by_packets);
    *rows = filling.rows;
    *count = filling.count < most ? filling.count : most;
    return 0;
}

bool tally_source(const struct event *event, struct tally_key *key)
{
    *key = (struct tally_key){.family = event->family, .direction = event->direction};
    memcpy(key->address, event->source, sizeof(key->address));
    return event->family != FAMILY_NONE;
}

static bool is_icmp(const struct event *event)
{
    return event->protocol == (event->family == FAMILY_IPV4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6);
}

/* Returns whether the packet was parsed to its end; otherwise its target is unknown. */
static bool was_read(const struct event *event)
{
    static const enum reason unread[] = {REASON_MALFORMED, REASON_EXTENSION_HEADERS,
                                         REASON_SOURCE_ROUTE, REASON_VLAN_DEPTH};

    for (size_t i = 0; i < sizeof(unread) / sizeof(unread[0]); i++)
        if (event->outcome.kind == OUTCOME_REASON && event->outcome.reason == unread[i])
            return false;
    return event->family != FAMILY_NONE;
}

bool tally_target(const struct event *event, struct tally_key *key)
{
    *key = (struct tally_key){.direction = event->direction,
                              .protocol = event->protocol,
                              .fragment = event->fragment == FRAGMENT_LATER};
    if (is_icmp(event)) /* type numbers and the protocol differ by family */
        key->family = event->family;
    if (!key->fragment && is_icmp(event))
        key->port = event->destination_port >> 8;
    else if (!key->fragment && protocol_has_ports(event->protocol))
        key->port = event->destination_port;
    return was_read(event);
}
