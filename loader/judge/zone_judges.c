/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "zone_judges.h"

#include <errno.h>
#include <stdlib.h>

#include "../base/memory.h"
#include "frame_build.h"

/* The judge of one zone, and what belongs to him. */
struct appointed {
    struct zone_judge judge;
    struct policy *policy; /* NULL: it is the whole one */
    struct image *image;   /* NULL: it is known from elsewhere */
};

struct zone_judges {
    const struct policy *whole;
    const struct image *known;
    struct appointed by_zone[ZONE_ELSEWHERE + 1];
};

struct zone_judges *zone_judges_new(const struct policy *whole)
{
    struct zone_judges *judges = calloc(1, sizeof(*judges));

    if (judges)
        judges->whole = whole;
    return judges;
}

void zone_judges_free(struct zone_judges *judges)
{
    if (!judges)
        return;
    for (size_t zone = 0; zone < ARRAY_SIZE(judges->by_zone); zone++) {
        native_free(judges->by_zone[zone].judge.native);
        image_free(judges->by_zone[zone].image);
        policy_free(judges->by_zone[zone].policy);
    }
    free(judges);
}

void zone_judges_freep(struct zone_judges **judges)
{
    zone_judges_free(*judges);
}

void zone_judges_know(struct zone_judges *judges, const struct image *image)
{
    judges->known = image;
}

/* Makes the policy and the image of ZONE. */
static int make(struct zone_judges *judges, unsigned int zone, struct appointed *made,
                struct diag *diag)
{
    const struct policy *policy = judges->whole;

    if (policy->is_zoned) {
        policy = made->policy = policy_of_zone(judges->whole, zone);
        if (!policy)
            return -ENOMEM;
    }
    int error = judges->known ? 0 : policy_compile(policy, &BOUNDS_DEFAULT, &made->image, diag);
    made->judge.policy = policy;
    made->judge.image = judges->known ? judges->known : made->image;
    return error;
}

int zone_judges_get(struct zone_judges *judges, unsigned int zone, struct diag *diag,
                    struct zone_judge **judge)
{
    struct appointed *appointed = &judges->by_zone[judges->whole->is_zoned ? zone : ZONE_HERE];
    int error = 0;

    if (!appointed->judge.native) {
        policy_free(TAKE_PTR(appointed->policy));
        error = make(judges, zone, appointed, diag);
        if (error)
            return error;
        appointed->judge.native = native_new(appointed->judge.image->header);
    }
    *judge = &appointed->judge;
    return appointed->judge.native ? 0 : -ENOMEM;
}

void zone_judges_take(struct zone_judges *judges, unsigned int zone, struct policy **policy,
                      struct image **image)
{
    struct appointed *appointed = &judges->by_zone[zone];

    native_free(TAKE_PTR(appointed->judge.native));
    *policy = TAKE_PTR(appointed->policy);
    *image = TAKE_PTR(appointed->image);
}

void zone_judges_reset(struct zone_judges *judges)
{
    for (size_t zone = 0; zone < ARRAY_SIZE(judges->by_zone); zone++)
        if (judges->by_zone[zone].judge.native)
            native_reset(judges->by_zone[zone].judge.native);
}

/* A packet on its way through one interface, then perhaps another. */
struct way {
    const struct packet_notation *packet;
    unsigned int arrives;
    const void *frame;
    size_t length;
};

static int pass(struct zone_judges *judges, const struct way *way, unsigned int zone,
                enum direction direction, struct diag *diag, struct passage *passage)
{
    struct zone_judge *judge;
    int error = zone_judges_get(judges, zone, diag, &judge);

    if (error)
        return error;
    native_stray(judge->native, way->packet->stray);
    native_arrives(judge->native, way->arrives);
    passage->sides[passage->count].zone = zone;
    passage->sides[passage->count].direction = direction;
    passage->sides[passage->count].judge = judge;
    passage->sides[passage->count++].outcome =
        native_judge(judge->native, direction, way->frame, way->length, SECOND_NS);
    return native_is_short(judge->native) ? -ENOMEM : 0;
}

int zone_judges_ask(struct zone_judges *judges, const struct packet_notation *packet,
                    unsigned int zone, struct diag *diag, struct passage *passage)
{
    _Alignas(16) u8 frame[FRAME_BUILD_BYTES];
    const struct policy *whole = judges->whole;
    struct way way = {.packet = packet, .frame = frame, .length = frame_build(packet, frame)};
    int error = 0;

    passage->count = 0;
    if (*packet->via)
        way.arrives = zone_said(whole, packet->via);
    if (*packet->on)
        zone = zone_said(whole, packet->on);
    if (packet->forwarded)
        error = pass(judges, &way, way.arrives, DIRECTION_IN, diag, passage);
    else
        return pass(judges, &way, zone, packet->direction, diag, passage);
    if (error || passage->sides[0].outcome.verdict == VERDICT_DROP)
        return error;
    return pass(judges, &way, zone, DIRECTION_OUT, diag, passage);
}

const struct rule *zone_judge_rule(const struct zone_judge *judge, const struct outcome *outcome)
{
    return outcome_has_rule(outcome)
               ? &judge->policy->rules[judge->image->entries[outcome->rule].rule]
               : NULL;
}
