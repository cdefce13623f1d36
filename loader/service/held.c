/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "held.h"

#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"
#include "../metrics/snapshot.h"
#include "journal.h"

#define PAUSE_NS (60 * SECOND_NS)

/* A number that has been given to another rule counts from 0 again. */
static u64 news_of(const struct held *held, const struct rule_sample *rule)
{
    u64 told = rule->number < held->count ? held->told[rule->number] : 0;
    u64 now = rule->counter.limited_packets;

    return now < told ? now : now - told;
}

/* Room for the numbers of all rules. */
static bool has_room(struct held *held, const struct snapshot *snapshot)
{
    size_t count = held->count;

    for (size_t i = 0; i < snapshot->rule_count; i++)
        if (snapshot->rules[i].number >= count)
            count = snapshot->rules[i].number + 1;
    if (count == held->count)
        return true;
    u64 *told = reallocarray(held->told, count, sizeof(*told));
    if (!told)
        return false;
    memset(told + held->count, 0, (count - held->count) * sizeof(*told));
    held->told = told;
    held->count = count;
    return true;
}

/* Remembers what was told. Without memory it is told again. */
static void remember(struct held *held, const struct snapshot *snapshot)
{
    if (!has_room(held, snapshot))
        return;
    for (size_t i = 0; i < snapshot->rule_count; i++)
        held->told[snapshot->rules[i].number] = snapshot->rules[i].counter.limited_packets;
}

static void tell(struct held *held, const struct snapshot *snapshot)
{
    const struct rule_sample *first = NULL;
    u64 sum = 0, most = 0;

    for (size_t i = 0; i < snapshot->rule_count; i++) {
        u64 news = news_of(held, &snapshot->rules[i]);
        sum += news;
        if (news > most) {
            most = news;
            first = &snapshot->rules[i];
        }
    }
    if (!first)
        return;
    journal(held->guarding, LOG_NOTICE, "limited",
            "limits dropped %llu packets, most (%llu) of rule %s; %zu bans; edgexdp top %s shows "
            "who sends",
            (unsigned long long)sum, (unsigned long long)most, first->name, snapshot->status.bans,
            held->guarding->options->interface);
    held->told_at_ns = monotonic_ns();
    remember(held, snapshot);
}

void held_follow(struct held *held)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    CLEANUP(snapshot_clear) struct snapshot snapshot = {0};
    const struct guarding *guarding = held->guarding;
    const u64 attached_at_ns = guarding->snapshot.status.state.attached_at_ns;
    struct why ignored; /* the look at the interface says what is wrong with it */

    if (!guarding->ifindex || guarding->detached || !guarding->snapshot.has_limits ||
        (held->told_at_ns && monotonic_ns() - held->told_at_ns < PAUSE_NS) ||
        guarding_open(guarding, GUARD_READ, &guard, &ignored) ||
        snapshot_take_of(guard, &snapshot, &ignored))
        return;
    bool is_first = !held->attached_at_ns;
    if (attached_at_ns != held->attached_at_ns)
        held_end(held);
    held->attached_at_ns = attached_at_ns;
    if (is_first) /* what was dropped before the service began is no news */
        remember(held, &snapshot);
    else
        tell(held, &snapshot);
}

void held_end(struct held *held)
{
    free(TAKE_PTR(held->told));
    held->count = 0;
}
