/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <edgexdp/refusal.h>

#include "../base/memory.h"

/* The judges of a run. */
struct work {
    struct replay *replay;
    struct native *after, *before; /* before: NULL if there is no policy to compare with */
};

static enum direction direction_of(const struct replay *replay, const struct capture_frame *frame)
{
    enum heading heading = replay->heading;

    if (heading == HEADING_UNKNOWN && replay->local)
        heading = local_sent(replay->local, &frame->frame) ? HEADING_OUT : HEADING_IN;
    if (heading == HEADING_UNKNOWN)
        heading = frame->heading;
    return heading == HEADING_OUT ? DIRECTION_OUT : DIRECTION_IN;
}

static bool is_same(const struct outcome *one, const struct outcome *other, const struct work *work)
{
    if (one->kind != other->kind || one->verdict != other->verdict)
        return false;
    if (one->kind == OUTCOME_REASON)
        return one->reason == other->reason;
    return !strcmp(bench_rule(&work->replay->after, one), bench_rule(&work->replay->before, other));
}

/* Does its sender see a difference? */
static bool is_changed(const struct outcome *one, const struct outcome *other, u8 protocol)
{
    return one->verdict != other->verdict || refusal_of(outcome_refusal(one), protocol) !=
                                                 refusal_of(outcome_refusal(other), protocol);
}

/* Returns 0 or -ENOMEM. */
static int compare(struct work *work, const struct outcome *outcome, const struct outcome *before)
{
    struct event event = {0};

    if (outcome->verdict != before->verdict || outcome_refusal(outcome) != outcome_refusal(before))
        native_tell(work->after, &event);
    if (!is_changed(outcome, before, event.protocol)) {
        work->replay->moved += !is_same(outcome, before, work);
        return 0;
    }
    if (work->replay->verdicts)
        replay_print_verdict(work->replay, &event, before);
    return changes_add(work->replay->changes, &event, before);
}

/* Returns 0 or -ENOMEM. */
static int tell(struct work *work, const struct outcome *outcome)
{
    struct event event;

    native_tell(work->after, &event);
    if (work->replay->judged)
        work->replay->judged(&event, work->replay->context);
    if (work->replay->verdicts && !work->before)
        replay_print_verdict(work->replay, &event, NULL);
    return outcome->verdict == VERDICT_DROP ? sums_drop(&work->replay->sums, &event) : 0;
}

/* Where limits that say something of packets of rule number RULE are counted. */
static struct limited *limited_of(const struct replay *replay, u32 rule, u32 limit)
{
    const struct trials *trials = replay->trials;

    return trials && replay->after.image->entries[rule].rule == trials->rule
               ? trials->list[limit].limited
               : replay->limited;
}

/* Counts what limits said of the packet, which is BYTES long. Returns 0 or -ENOMEM. */
static int count_limits(const struct work *work, const struct outcome *outcome, u64 bytes,
                        u64 time_ns)
{
    const struct native_asked *asked;
    u32 count = native_asked(work->after, &asked);
    int error = 0;

    for (u32 i = 0; i < count && !error; i++) {
        struct limited_key key = {
            .rule = outcome->rule, .limit = (u16)asked[i].limit, .family = asked[i].family};

        memcpy(key.address, asked[i].who, sizeof(key.address));
        error = limited_add(limited_of(work->replay, key.rule, key.limit), &key, bytes, time_ns,
                            asked[i].refused);
    }
    return error;
}

/* Judges FRAME by BENCH's JUDGE. A capture does not say where a packet came in that goes out. */
static struct outcome judge_by(const struct replay *replay, const struct bench *bench,
                               struct native *judge, enum direction direction,
                               const struct capture_frame *frame)
{
    if (replay->own)
        native_arrives(judge, local_sent(replay->own, &frame->frame) ? ZONE_HERE : bench->via);
    return native_judge_captured(judge, direction, &frame->frame, frame->time_ns);
}

/* A packet that one judge cannot judge counts as cut for both. Returns 0 or -ENOMEM. */
static int judge_frame(struct work *work, const struct capture_frame *frame)
{
    struct replay *replay = work->replay;
    enum direction direction = direction_of(replay, frame);
    struct outcome before = {0};
    struct outcome outcome = judge_by(replay, &replay->after, work->after, direction, frame);
    bool cut = native_was_cut(work->after);
    int error;

    sums_see(&replay->sums, direction, frame->time_ns);
    if (work->before) {
        before = judge_by(replay, &replay->before, work->before, direction, frame);
        cut |= native_was_cut(work->before);
    }
    if (cut) {
        replay->sums.cut++;
        if (replay->verdicts && !work->before)
            replay_print_cut(frame->time_ns, direction, frame->frame.length);
        return 0;
    }
    sums_judge(&replay->sums, &outcome, direction, frame->frame.length, frame->time_ns);
    error = count_limits(work, &outcome, frame->frame.length, frame->time_ns);
    if (!error && (outcome.verdict == VERDICT_DROP || replay->verdicts || replay->judged))
        error = tell(work, &outcome);
    return !error && work->before ? compare(work, &outcome, &before) : error;
}

static int judge_all(struct work *work, struct capture *capture, struct why *why)
{
    struct capture_frame frame;
    int result;

    while ((result = capture_next(capture, &frame, why)) > 0)
        if (judge_frame(work, &frame))
            return why_set(why, -ENOMEM, "out of memory");
    return result;
}

static void native_freep(struct native **native)
{
    native_free(*native);
}

int replay_run(struct replay *replay, struct capture *capture, struct why *why)
{
    bool compares = replay->before.policy;
    CLEANUP(native_freep) struct native *after = native_new(replay->after.image->header);
    CLEANUP(native_freep)
    struct native *before = compares ? native_new(replay->before.image->header) : NULL;

    int error = sums_start(replay->after.policy, replay->after.image, &replay->sums);
    replay->changes = changes_new();
    replay->limited = limited_new(TALLY_KEYS_MAX);
    if (error || !replay->changes || !replay->limited || !after || (compares && !before) ||
        (replay->trials && trials_begin(replay->trials, replay->after.image, after)))
        return why_set(why, -ENOMEM, "out of memory");
    struct work work = {replay, after, before};
    return judge_all(&work, capture, why);
}

void replay_clear(struct replay *replay)
{
    sums_clear(&replay->sums);
    changes_free(replay->changes);
    replay->changes = NULL;
    limited_free(replay->limited);
    replay->limited = NULL;
}

const char *bench_rule(const struct bench *bench, const struct outcome *outcome)
{
    if (outcome->kind == OUTCOME_REASON)
        return NULL;
    return bench->policy->rules[bench->image->entries[outcome->rule].rule].name;
}

const struct limit *bench_limit(const struct bench *bench, const struct limited_key *key)
{
    return &bench->policy->rules[bench->image->entries[key->rule].rule].limits[key->limit];
}
