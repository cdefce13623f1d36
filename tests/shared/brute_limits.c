/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits, as accounts: each is full at first, a packet takes from it, and time refills it. */
#include <stdlib.h>

#include "../../loader/base/memory.h"
#include "../../loader/policy/address.h"
#include "../../loader/policy/limit.h"
#include "brute_inside.h"

/* The first BITS of ADDRESS. */
static u128 prefix_of(enum family family, u128 address, unsigned int bits)
{
    unsigned int host = address_bits(family) - bits;

    return host == 128 ? 0 : address >> host << host;
}

static struct account account_key(const struct rule *rule, size_t limit, enum direction direction,
                                  const struct brute_packet *packet)
{
    const struct limit *said = &rule->limits[limit];
    u128 who = said->key == LIMIT_SOURCE ? packet->source : packet->destination;
    struct account key = {.rule = rule, .limit = limit, .direction = direction};

    if (said->key == LIMIT_RULE)
        return key;
    key.family = packet->family;
    key.who = prefix_of(packet->family, who, said->bits[packet->family == FAMILY_IPV4 ? 0 : 1]);
    return key;
}

/* In packets or bytes times the seconds of the period, so that all numbers are whole. */
static u64 full(const struct limit *limit)
{
    return limit->burst * limit->seconds;
}

static struct account *account_open(struct brute *brute, const struct account *key, u64 now_s)
{
    for (size_t i = 0; i < brute->account_count; i++) {
        struct account *known = &brute->accounts[i];
        if (known->rule == key->rule && known->limit == key->limit &&
            known->direction == key->direction && known->family == key->family &&
            known->who == key->who)
            return known;
    }
    struct account *more =
        array_grow(brute->accounts, brute->account_count, &brute->account_capacity, sizeof(*more));
    if (!more)
        abort();
    brute->accounts = more;
    more += brute->account_count++;
    *more = *key;
    more->credit = full(&key->rule->limits[key->limit]);
    more->seen_s = now_s;
    return more;
}

static void account_refill(struct account *account, u64 now_s)
{
    const struct limit *limit = &account->rule->limits[account->limit];

    account->credit += (now_s - account->seen_s) * limit_amount(limit);
    if (account->credit > full(limit))
        account->credit = full(limit);
    account->seen_s = now_s;
}

static u64 price(const struct limit *limit, const struct brute_packet *packet)
{
    switch (limit_counts(limit)) {
    case LIMIT_BYTES:
        return packet->ip_bytes * limit->seconds;
    case LIMIT_NEW:
        return opens(packet) ? limit->seconds : 0;
    default:
        return limit->seconds;
    }
}

bool limits_hold(const struct policy *policy, const struct rule *rule, enum direction direction,
                 const struct brute_packet *packet)
{
    u128 far = direction == DIRECTION_IN ? packet->source : packet->destination;

    return rule->limit_count && !(policy->exempt && set_holds(policy->exempt, packet->family, far));
}

bool limits_allow(struct brute *brute, const struct rule *rule, enum direction direction,
                  const struct brute_packet *packet, u64 now_s)
{
    bool takes = false;

    do {
        for (size_t i = 0; i < rule->limit_count; i++) {
            struct account key = account_key(rule, i, direction, packet);
            struct account *account = account_open(brute, &key, now_s);
            account_refill(account, now_s);
            if (account->credit < price(&rule->limits[i], packet))
                return false;
            if (takes)
                account->credit -= price(&rule->limits[i], packet);
        }
        takes = !takes;
    } while (takes);
    return true;
}
