/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/labels.h"
#include "../base/memory.h"
#include "tuples.h"

/* The budget of a comparison. It has more steps than compiling, since nobody waits for a lock
 * meanwhile. */
#define BUDGET_STEPS 400000000u
#define BUDGET_BYTES (256u << 20)

static void add_switch(struct difference *difference, const char *key, const char *before,
                       const char *after)
{
    if (!strcmp(before, after))
        return;
    difference->switches[difference->switch_count++] = (struct diff_switch){key, {before, after}};
}

static const char *tcp_state_name(const struct policy *policy)
{
    static const char *const names[] = {[TCP_STATE_OFF] = "off",
                                        [TCP_STATE_SOCKET] = "socket",
                                        [TCP_STATE_SOCKET_CONNTRACK] = "socket, conntrack"};
    return names[policy->baseline.tcp_state];
}

static const char *mode_name(const struct policy *policy)
{
    return policy->mode == MODE_AUDIT ? "audit" : "enforce";
}

/* Compares what tuples cannot express. */
static void compare_switches(struct difference *difference)
{
    const struct policy *before = difference->sides[SIDE_OLD];
    const struct policy *after = difference->sides[SIDE_NEW];
    const struct baseline *b = &before->baseline, *a = &after->baseline;
    const struct {
        const char *key;
        bool before, after;
    } switches[] = {
        {"baseline arp", b->arp, a->arp},
        {"baseline link-control", b->link_control, a->link_control},
        {"baseline other-ethertypes", b->other_ethertypes, a->other_ethertypes},
        {"baseline tcp-flags", b->tcp_flags, a->tcp_flags},
        {"baseline martians", b->martians, a->martians},
        {"baseline icmp-errors", b->icmp_errors, a->icmp_errors},
    };

    add_switch(difference, "mode", mode_name(before), mode_name(after));
    for (size_t i = 0; i < ARRAY_SIZE(switches); i++)
        add_switch(difference, switches[i].key, verdict_names[switches[i].before],
                   verdict_names[switches[i].after]);
    add_switch(difference, "baseline fragments", b->fragments ? "track" : "drop",
               a->fragments ? "track" : "drop");
    add_switch(difference, "baseline tcp-state", tcp_state_name(before), tcp_state_name(after));
}

static int compare_family(struct difference *difference, enum direction direction, int family,
                          struct budget *budget)
{
    struct context context = {
        .joint = &difference->joint, .budget = budget, .direction = direction, .family = family};
    int error = tuples_add(&context, difference);

    context.later = true;
    return error ? error : tuples_add(&context, difference);
}

void diff_switches(const struct policy *before, const struct policy *after,
                   struct difference *difference)
{
    *difference = (struct difference){.sides = {before, after}};
    compare_switches(difference);
}

int diff_policies_of(const struct policy *before, const struct policy *after,
                     const struct arrival_names *arrivals, struct difference *difference,
                     struct diag *diag)
{
    struct budget budget = {BUDGET_STEPS, BUDGET_BYTES / sizeof(u32)};

    diff_switches(before, after, difference);
    difference->arrivals = arrivals;
    int error = joint_build(before, after, &difference->joint, diag);
    if (error)
        return error;
    for (enum direction d = DIRECTION_IN; d < DIRECTIONS; d++)
        for (int family = 0; !error && family < 2; family++)
            error = compare_family(difference, d, family, &budget);
    if (error == -E2BIG)
        diag_add(diag, SEVERITY_ERROR, (struct place){0},
                 "the policies differ in too many ways: comparing them takes more than %u million "
                 "steps or %u MiB; compare one change at a time, or by the packets of a capture "
                 "(replay --compare)",
                 BUDGET_STEPS / 1000000, BUDGET_BYTES >> 20);
    return error ? error : tuples_finish(difference);
}

int diff_policies(const struct policy *before, const struct policy *after,
                  struct difference *difference, struct diag *diag)
{
    return diff_policies_of(before, after, NULL, difference, diag);
}

void difference_clear(struct difference *difference)
{
    for (size_t i = 0; i < difference->count; i++)
        tuple_clear(&difference->tuples[i]);
    free(difference->tuples);
    joint_clear(&difference->joint);
}
