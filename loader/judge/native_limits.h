/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The limits of native.c: their tables, what they said of the last packet, and limits on trial. */
#ifndef EDGEXDP_NATIVE_LIMITS_H
#define EDGEXDP_NATIVE_LIMITS_H

#include <edgexdp/condemn.h>
#include <stdlib.h>
#include <string.h>

#include "native.h"

#define LIMIT_MASK  ((1u << 16) - 1)
#define LIMIT_LINES (LIMIT_MASK + 1 + LIMIT_RULE_LINES)

/* Limits that are tried in place of a rule's own, each with a table of its own. */
struct native_trial {
    u32 rule;
    u32 count;
    const struct tables_limit *limits;
    struct limit_line *lines; /* LIMIT_LINES for each of them */
};

struct native_limits {
    struct limit_line *own;   /* of the rules' own limits; NULL: no rule has any */
    struct limit_line *lines; /* of the limit that is being asked */
    bool is_charged;          /* somebody may be ahead in `own` */
    struct native_trial trials[DIRECTIONS];
    u32 trial_count;
    struct native_asked asked[NATIVE_ASKED_MAX]; /* about the last packet */
    u32 asked_count;
};

/* Returns whether memory sufficed. */
static bool native_limits_start(struct native_limits *limits, bool any)
{
    if (any)
        limits->own = calloc(LIMIT_LINES, sizeof(*limits->own));
    return limits->own || !any;
}

static void native_limits_end(struct native_limits *limits)
{
    for (u32 i = 0; i < limits->trial_count; i++)
        free(limits->trials[i].lines);
    free(limits->own);
}

static void native_limits_forget(struct native_limits *limits)
{
    if (limits->is_charged)
        memset(limits->own, 0, LIMIT_LINES * sizeof(*limits->own));
    limits->is_charged = false;
}

/* Notes what LIMIT said of PACKET. */
static void native_limits_note(struct native_limits *limits, const struct tables_limit *limit,
                               const struct packet *packet, bool refused)
{
    struct native_asked *asked = &limits->asked[limits->asked_count];
    bool six = packet->family == FAMILY_IPV6;
    struct address who = limit->key == LIMIT_DESTINATION ? packet->destination : packet->source;

    who.halves_be[0] &= limit->masks_be[six][0];
    who.halves_be[1] &= limit->masks_be[six][1];
    *asked = (struct native_asked){
        .limit = limits->asked_count++,
        .family = limit->key == LIMIT_RULE ? FAMILY_NONE : packet->family,
        .refused = refused,
    };
    memcpy(asked->who, who.bytes, sizeof(asked->who));
}

/* Asks all limits of TRIAL, each as if it were the rule's only one. */
static void native_limits_try(struct native_limits *limits, const struct native_trial *trial,
                              struct world *world, const struct packet *packet)
{
    u64 now_ns = world_limit_ns(world);

    for (u32 i = 0; i < trial->count; i++) {
        const struct tables_limit *limit = &trial->limits[i];
        struct limit_charge charge = {};

        limits->lines = trial->lines + (size_t)i * LIMIT_LINES;
        bool admits = !limit_applies(limit, packet) ||
                      (limits_have_room(world, limit, packet, now_ns, &charge) &&
                       limit_take(limits_most(world, limit), now_ns >> LIMIT_UNIT_SHIFT, &charge));
        native_limits_note(limits, limit, packet, !admits);
    }
}

/* Asks the limits of RULE itself. Of those that have no room, the first refuses the packet; asking
 * it again without charging gets the same answer. */
static bool native_limits_ask_own(struct native_limits *limits, struct world *world,
                                  const struct packet *packet, u32 rule)
{
    u32 first, count = limits_of(&world->tables, rule, &first);
    bool refuses, refused = false;

    limits->lines = limits->own;
    limits->is_charged = true;
    u32 said = limits_admit(world, packet, first, count);
    bool admits = said & LIMITS_ADMIT;
    for (u32 i = 0; i < count; i++) {
        refuses = !admits && !refused &&
                  !(limits_ask_all(world, packet, first + i, 1, false) & LIMITS_ADMIT);
        native_limits_note(limits, tables_limit(&world->tables, first + i), packet, refuses);
        refused |= refuses;
    }
    if (said & ~LIMITS_ADMIT)
        condemn_look(world, packet, rule, said);
    return admits;
}

/* Does RULE, which accepts PACKET, accept it by its limits too? Limits on trial never refuse. */
static bool native_limits_admit(struct native_limits *limits, struct world *world,
                                const struct packet *packet, u32 rule)
{
    for (u32 i = 0; i < limits->trial_count; i++) {
        if (limits->trials[i].rule != rule)
            continue;
        native_limits_try(limits, &limits->trials[i], world, packet);
        return true;
    }
    return native_limits_ask_own(limits, world, packet, rule);
}

#endif
