/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "merge.h"

#include <edgexdp/icmp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"
#include "../policy/address.h"
#include "titles.h"

#define SEVERAL 2 /* far ends of a network, for it to be merged */

const char *const merge_names[MERGES] = {"exact", "service", "network"};

/* A far end, or several that are merged, with one near end. */
struct item {
    const struct talk_key *key; /* of one of its talks; its addresses do not count */
    u16 port;
    u128 near;
    struct address_range far;
    u32 addresses; /* that were seen in `far` */
    struct sum sum;
    u64 opened;
    bool answered;
};

/* Items of one service and one near end, side by side. */
struct group {
    struct item *items;
    size_t count;
    u32 left_addresses;
    struct sum left;
};

static int compare_numbers(u128 one, u128 other)
{
    return one < other ? -1 : one > other;
}

static int compare_services(const struct item *one, const struct item *other)
{
    const struct talk_key *a = one->key, *b = other->key;

    if (a->direction != b->direction)
        return a->direction < b->direction ? -1 : 1;
    if (a->protocol != b->protocol)
        return a->protocol < b->protocol ? -1 : 1;
    if (one->port != other->port)
        return one->port < other->port ? -1 : 1;
    return a->family < b->family ? -1 : a->family > b->family;
}

static int compare_places(const struct item *one, const struct item *other)
{
    int order = compare_services(one, other);

    return order ? order : compare_numbers(one->near, other->near);
}

static int by_place(const void *a, const void *b)
{
    const struct item *one = a, *other = b;
    int order = compare_places(one, other);

    return order ? order : compare_numbers(one->far.first, other->far.first);
}

static int by_packets(const void *a, const void *b)
{
    const struct item *one = a, *other = b;

    if (one->sum.packets != other->sum.packets)
        return one->sum.packets < other->sum.packets ? 1 : -1;
    return compare_numbers(one->far.first, other->far.first);
}

static int by_far(const void *a, const void *b)
{
    const struct item *one = a, *other = b;

    return compare_numbers(one->far.first, other->far.first);
}

static void sum_join(struct sum *sum, const struct sum *more)
{
    sum->packets += more->packets;
    sum->bytes += more->bytes;
}

static void item_join(struct item *item, const struct item *more)
{
    sum_join(&item->sum, &more->sum);
    item->addresses += more->addresses;
    item->opened += more->opened;
    item->answered |= more->answered;
}

static struct item item_of(const struct talk *talk, enum merge merge)
{
    const struct talk_key *key = &talk->key;
    bool is_in = key->direction == DIRECTION_IN, types = icmp_is(key->family, key->protocol);
    enum family family = (enum family)key->family;
    u128 opener = address_from_bytes(family, key->opener);
    u128 target = address_from_bytes(family, key->target), far = is_in ? opener : target;

    return (struct item){
        .key = key,
        .port = types && merge != MERGE_EXACT ? key->port & 0xff00 : key->port,
        .near = is_in ? target : opener,
        .far = {far, far},
        .addresses = 1,
        .sum = {talk->packets, talk->bytes},
        .opened = talk->opened,
        .answered = talk->answered,
    };
}

/* ICMP with different codes is one. */
static size_t join_same(struct item *items, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (!kept || by_place(&items[kept - 1], &items[i])) {
            items[kept++] = items[i];
            continue;
        }
        item_join(&items[kept - 1], &items[i]);
        items[kept - 1].addresses--;
    }
    return kept;
}

static struct address_range network_of(const struct item *item)
{
    enum family family = (enum family)item->key->family;

    return address_prefix(family, item->far.first, family == FAMILY_IPV4 ? 24 : 64);
}

/* The far ends of one near end are in order, so those of a network are side by side. */
static size_t join_networks(struct item *items, size_t count)
{
    size_t kept = 0, end;

    for (size_t i = 0; i < count; i = end) {
        struct address_range network = network_of(&items[i]);
        struct item joined = items[i];

        for (end = i + 1; end < count && !compare_places(&items[i], &items[end]) &&
                          items[end].far.first <= network.last;
             end++)
            item_join(&joined, &items[end]);
        if (end - i >= SEVERAL)
            joined.far = network;
        items[kept++] = joined;
    }
    return kept;
}

/* Leaves out the far ends with the fewest packets if there are too many. */
static void group_limit(struct group *group)
{
    if (group->count <= MERGE_FARS_MAX)
        return;
    qsort(group->items, group->count, sizeof(*group->items), by_packets);
    for (size_t i = MERGE_FARS_MAX; i < group->count; i++) {
        group->left_addresses += group->items[i].addresses;
        sum_join(&group->left, &group->items[i].sum);
    }
    group->count = MERGE_FARS_MAX;
    qsort(group->items, group->count, sizeof(*group->items), by_far);
}

/* Puts groups with the same service and the same far ends side by side. */
static int by_far_ends(const void *a, const void *b)
{
    const struct group *one = a, *other = b;
    int order = compare_services(one->items, other->items);

    if (!order && one->count != other->count)
        order = one->count < other->count ? -1 : 1;
    for (size_t i = 0; !order && i < one->count; i++) {
        order = compare_numbers(one->items[i].far.first, other->items[i].far.first);
        if (!order)
            order = compare_numbers(one->items[i].far.last, other->items[i].far.last);
    }
    return order;
}

static int by_far_ends_and_near(const void *a, const void *b)
{
    const struct group *one = a, *other = b;
    int order = by_far_ends(a, b);

    return order ? order : compare_numbers(one->items->near, other->items->near);
}

static size_t make_groups(struct item *items, size_t count, enum merge merge, struct group *groups)
{
    size_t made = 0, end;

    for (size_t i = 0; i < count; i = end) {
        for (end = i + 1;
             end < count && merge != MERGE_EXACT && !compare_places(&items[i], &items[end]); end++)
            ;
        groups[made] = (struct group){.items = &items[i], .count = end - i};
        group_limit(&groups[made++]);
    }
    qsort(groups, made, sizeof(*groups), by_far_ends_and_near);
    return made;
}

/* Adds RANGE to END, whose ranges are in order. If it JOINS, it becomes one with a range beside it:
 * addresses do, networks do not, so that nothing looks wider than it was asked to be. */
static void end_add(struct suggested_end *end, struct address_range range, bool joins)
{
    struct address_range *last =
        end->ranges.count ? &end->ranges.ranges[end->ranges.count - 1] : NULL;

    if (joins && last && range.first == last->last + 1)
        last->last = range.last;
    else
        end->ranges.ranges[end->ranges.count++] = range;
}

static void suggested_add(struct suggested *rule, const struct group *group)
{
    u32 addresses = 0;

    for (size_t i = 0; i < group->count; i++) {
        const struct item *item = &group->items[i];

        rule->packets += item->sum.packets;
        rule->bytes += item->sum.bytes;
        rule->opened += item->opened;
        rule->answered |= item->answered;
        addresses += item->addresses;
    }
    if (addresses > rule->far.addresses)
        rule->far.addresses = addresses;
    rule->left_addresses += group->left_addresses;
    sum_join(&rule->left, &group->left);
    end_add(&rule->near, (struct address_range){group->items->near, group->items->near}, true);
    rule->near.addresses++;
}

static void suggested_clear(struct suggested *rule)
{
    free(rule->near.ranges.ranges);
    free(rule->far.ranges.ranges);
}

/* Makes a rule of COUNT groups that differ only in their near ends. */
static int make_rule(const struct group *groups, size_t count, enum merge merge,
                     struct suggested *rule)
{
    const struct item *first = groups->items;
    struct suggested made = {
        .direction = (enum direction)first->key->direction,
        .family = (enum family)first->key->family,
        .protocol = first->key->protocol,
        .port = first->port,
        .has_code = merge == MERGE_EXACT && icmp_is(first->key->family, first->key->protocol),
        .near.ranges.ranges = calloc(count, sizeof(struct address_range)),
        .far.ranges.ranges = calloc(groups->count, sizeof(struct address_range)),
    };

    if (!made.near.ranges.ranges || !made.far.ranges.ranges) {
        suggested_clear(&made);
        return -ENOMEM;
    }
    for (size_t i = 0; i < groups->count; i++)
        end_add(&made.far, groups->items[i].far, merge != MERGE_NETWORK);
    for (size_t i = 0; i < count; i++)
        suggested_add(&made, &groups[i]);
    *rule = made;
    return 0;
}

static int make_rules(const struct group *groups, size_t count, enum merge merge,
                      struct suggestions *suggestions)
{
    size_t end;
    int error = 0;

    suggestions->rules = calloc(count + 1, sizeof(*suggestions->rules));
    if (!suggestions->rules)
        return -ENOMEM;
    for (size_t i = 0; i < count && !error; i = end) {
        for (end = i + 1;
             end < count && merge != MERGE_EXACT && !by_far_ends(&groups[i], &groups[end]); end++)
            ;
        error = make_rule(&groups[i], end - i, merge, &suggestions->rules[suggestions->count]);
        suggestions->count += !error;
    }
    return error;
}

static int by_rank(const void *a, const void *b)
{
    const struct suggested *one = a, *other = b;

    if (one->packets != other->packets)
        return one->packets < other->packets ? 1 : -1;
    if (one->bytes != other->bytes)
        return one->bytes < other->bytes ? 1 : -1;
    if (one->direction != other->direction)
        return one->direction < other->direction ? -1 : 1;
    if (one->protocol != other->protocol)
        return one->protocol < other->protocol ? -1 : 1;
    if (one->port != other->port)
        return one->port < other->port ? -1 : 1;
    if (one->family != other->family)
        return one->family < other->family ? -1 : 1;
    int order = compare_numbers(one->near.ranges.ranges->first, other->near.ranges.ranges->first);
    return order ? order
                 : compare_numbers(one->far.ranges.ranges->first, other->far.ranges.ranges->first);
}

/* Leaves out the last rules if there are too many. */
static void limit_rules(struct suggestions *suggestions)
{
    while (suggestions->count > MERGE_RULES_MAX) {
        struct suggested *last = &suggestions->rules[--suggestions->count];

        suggestions->left.packets += last->packets + last->left.packets;
        suggestions->left.bytes += last->bytes + last->left.bytes;
        suggestions->left_rules++;
        suggested_clear(last);
    }
}

static size_t make_items(struct talk **list, size_t count, enum merge merge, struct item *items,
                         struct suggestions *suggestions)
{
    size_t made = 0;

    for (size_t i = 0; i < count; i++) {
        if (list[i]->part == TALK_SUGGESTED)
            items[made++] = item_of(list[i], merge);
        if (list[i]->part == TALK_REFUSED)
            sum_join(&suggestions->refused, &(struct sum){list[i]->packets, list[i]->bytes});
    }
    qsort(items, made, sizeof(*items), by_place);
    if (merge != MERGE_EXACT)
        made = join_same(items, made);
    return merge == MERGE_NETWORK ? join_networks(items, made) : made;
}

int suggestions_make(struct talk **list, size_t count, const struct suggested_wish *wish,
                     struct suggestions *suggestions)
{
    CLEANUP_FREE struct item *items = calloc(count + 1, sizeof(*items));
    CLEANUP_FREE struct group *groups = calloc(count + 1, sizeof(*groups));
    struct suggestions made = {0};

    if (!items || !groups)
        return -ENOMEM;
    size_t item_count = make_items(list, count, wish->merge, items, &made);
    size_t group_count = make_groups(items, item_count, wish->merge, groups);
    int error = make_rules(groups, group_count, wish->merge, &made);
    if (!error) {
        qsort(made.rules, made.count, sizeof(*made.rules), by_rank);
        limit_rules(&made);
        titles_give(&made, wish);
    }
    if (error)
        suggestions_clear(&made);
    else
        *suggestions = made;
    return error;
}

void suggestions_clear(struct suggestions *suggestions)
{
    for (size_t i = 0; i < suggestions->count; i++)
        suggested_clear(&suggestions->rules[i]);
    free(suggestions->rules);
    *suggestions = (struct suggestions){0};
}
