/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scans.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../policy/protocols.h"

#define FEW_PACKETS  3 /* of one talk, as scanners repeat themselves */
#define FEW_SEGMENTS 4 /* after the SYNs: a connection without data has fewer */
#define ANSWERED_FEW 1 /* of those, if all that came back is an answer to the SYN */

static u64 segments(const struct talk *talk)
{
    return talk->packets - talk->opened;
}

/* Could it be one of a scan of ports? */
static bool is_probe(const struct talk *talk)
{
    if (talk->key.protocol == PROTOCOL_TCP)
        return segments(talk) < FEW_SEGMENTS;
    return talk->packets <= FEW_PACKETS && !talk->answered;
}

/* Could it be one of a scan for hosts? A client that is dropped tries again for longer. */
static bool is_glance(const struct talk *talk)
{
    if (talk->packets > FEW_PACKETS)
        return false;
    return talk->key.protocol == PROTOCOL_TCP ? segments(talk) <= ANSWERED_FEW : !talk->answered;
}

/* By what all talks of a scan have in common. */
static int compare_opener(const struct talk *one, const struct talk *other)
{
    if (one->key.direction != other->key.direction)
        return one->key.direction < other->key.direction ? -1 : 1;
    if (one->key.family != other->key.family)
        return one->key.family < other->key.family ? -1 : 1;
    if (one->key.protocol != other->key.protocol)
        return one->key.protocol < other->key.protocol ? -1 : 1;
    return memcmp(one->key.opener, other->key.opener, sizeof(one->key.opener));
}

static int compare_port(const struct talk *one, const struct talk *other)
{
    return one->key.port < other->key.port ? -1 : one->key.port > other->key.port;
}

static int compare_target(const struct talk *one, const struct talk *other)
{
    return memcmp(one->key.target, other->key.target, sizeof(one->key.target));
}

/* In the order of their ports; what goes out apart by destination. */
static int by_ports(const void *a, const void *b)
{
    const struct talk *one = *(struct talk *const *)a, *other = *(struct talk *const *)b;
    int order = compare_opener(one, other);

    if (!order && one->key.direction == DIRECTION_OUT)
        order = compare_target(one, other);
    return order ? order : compare_port(one, other);
}

static int by_targets(const void *a, const void *b)
{
    const struct talk *one = *(struct talk *const *)a, *other = *(struct talk *const *)b;
    int order = compare_opener(one, other);

    if (!order)
        order = compare_port(one, other);
    return order ? order : compare_target(one, other);
}

static bool is_same_sweep(const struct talk *one, const struct talk *other)
{
    return !compare_opener(one, other) &&
           (one->key.direction == DIRECTION_IN || !compare_target(one, other));
}

static bool is_same_search(const struct talk *one, const struct talk *other)
{
    return !compare_opener(one, other) && !compare_port(one, other);
}

/* One way of scanning. */
struct manner {
    int (*order)(const void *, const void *);
    bool (*is_same)(const struct talk *one, const struct talk *other); /* may be the same scan */
    bool (*is_part)(const struct talk *talk);
    int (*differ)(const struct talk *one, const struct talk *other); /* by what there are many of */
    u32 many[DIRECTIONS];
};

static const struct manner manners[] = {
    {by_ports, is_same_sweep, is_probe, compare_port, {SCAN_PORTS, SCAN_PORTS}},
    {by_targets,
     is_same_search,
     is_glance,
     compare_target,
     {SCAN_DESTINATIONS_IN, SCAN_DESTINATIONS_OUT}},
};

/* How many different ports, or targets, has the run of talks? */
static u32 count_different(const struct manner *manner, struct talk **run, size_t count)
{
    const struct talk *last = NULL;
    u32 different = 0;

    for (size_t i = 0; i < count; i++) {
        if (!manner->is_part(run[i]))
            continue;
        different += !last || manner->differ(last, run[i]);
        last = run[i];
    }
    return different;
}

static void look_for(const struct manner *manner, struct talk **list, size_t count)
{
    size_t end;

    qsort(list, count, sizeof(void *), manner->order);
    for (size_t begin = 0; begin < count; begin = end) {
        end = begin + 1;
        while (end < count && manner->is_same(list[begin], list[end]))
            end++;
        if (count_different(manner, &list[begin], end - begin) <
            manner->many[list[begin]->key.direction])
            continue;
        for (size_t i = begin; i < end; i++)
            if (manner->is_part(list[i]))
                list[i]->part = TALK_SCAN;
    }
}

void scans_find(struct talk **list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        list[i]->part = list[i]->refused && !list[i]->answered ? TALK_REFUSED : TALK_SUGGESTED;
    for (size_t i = 0; i < sizeof(manners) / sizeof(*manners); i++)
        look_for(&manners[i], list, count);
}

static int by_packets(const void *a, const void *b)
{
    const struct scan *one = a, *other = b;

    if (one->packets != other->packets)
        return one->packets < other->packets ? 1 : -1;
    return memcmp(&one->key, &other->key, sizeof(one->key));
}

/* Adds up the talks of LIST, sorted, that are of the same scan as the first. Returns how many. */
static size_t add_up(struct talk **list, size_t count, struct scan *scan)
{
    u8 seen[65536 / 8] = {0};
    size_t i = 0;

    *scan = (struct scan){.key = list[0]->key};
    for (; i < count && !compare_opener(list[0], list[i]); i++) {
        u16 port = list[i]->key.port;

        if (list[i]->part != TALK_SCAN)
            continue;
        scan->packets += list[i]->packets;
        scan->bytes += list[i]->bytes;
        scan->ports += !(seen[port / 8] >> port % 8 & 1);
        seen[port / 8] |= (u8)(1 << port % 8);
    }
    return i;
}

static int by_opener_and_target(const void *a, const void *b)
{
    const struct talk *one = *(struct talk *const *)a, *other = *(struct talk *const *)b;
    int order = compare_opener(one, other);

    return order ? order : compare_target(one, other);
}

static u32 count_targets(struct talk **run, size_t count)
{
    const struct talk *last = NULL;
    u32 targets = 0;

    for (size_t i = 0; i < count; i++) {
        if (run[i]->part != TALK_SCAN)
            continue;
        targets += !last || compare_target(last, run[i]);
        last = run[i];
    }
    return targets;
}

int scans_list(struct talk **list, size_t count, struct scan **scans, size_t *scan_count)
{
    struct scan *made = calloc(count + 1, sizeof(*made));
    size_t found = 0;

    if (!made)
        return -ENOMEM;
    qsort(list, count, sizeof(void *), by_opener_and_target);
    for (size_t at = 0; at < count;) {
        size_t length = add_up(&list[at], count - at, &made[found]);

        made[found].destinations = count_targets(&list[at], length);
        found += made[found].packets > 0;
        at += length;
    }
    qsort(made, found, sizeof(*made), by_packets);
    *scans = made;
    *scan_count = found;
    return 0;
}
