/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <edgexdp/refusal.h>

#include "../base/memory.h"

enum direction replay_direction(const struct replay *replay, const struct capture_frame *frame)
{
    enum heading heading = replay->heading;

    if (heading == HEADING_UNKNOWN && replay->local)
        heading = local_sent(replay->local, &frame->frame) ? HEADING_OUT : HEADING_IN;
    if (heading == HEADING_UNKNOWN)
        heading = frame->heading;
    return heading == HEADING_OUT ? DIRECTION_OUT : DIRECTION_IN;
}

static bool is_same(const struct outcome *one, const struct outcome *other,
                    const struct replay *replay)
{
    if (one->kind != other->kind || one->verdict != other->verdict)
        return false;
    if (one->kind == OUTCOME_REASON)
        return one->reason == other->reason;
    return !strcmp(bench_rule(&replay->after, one), bench_rule(&replay->before, other));
}

/* Does its sender see a difference? */
static bool is_changed(const struct outcome *one, const struct outcome *other, u8 protocol)
{
    return one->verdict != other->verdict || refusal_of(outcome_refusal(one), protocol) !=
                                                 refusal_of(outcome_refusal(other), protocol);
}

/* Returns 0 or -ENOMEM. */
static int compare(struct replay *replay, const struct outcome *outcome,
                   const struct outcome *before)
{
    struct event event = {0};

    if (outcome->verdict != before->verdict || outcome_refusal(outcome) != outcome_refusal(before))
        native_tell(replay->after.native, &event);
    if (!is_changed(outcome, before, event.protocol)) {
        replay->moved += !is_same(outcome, before, replay);
        return 0;
    }
    if (replay->verdicts)
        replay_print_verdict(replay, &event, before);
    return changes_add(replay->changes, &event, before);
}

/* Returns 0 or -ENOMEM. */
static int tell(struct replay *replay, const struct outcome *outcome)
{
    struct event event;

    native_tell(replay->after.native, &event);
    if (replay->judged)
        replay->judged(&event, replay->context);
    if (replay->verdicts && !replay->before.native)
        replay_print_verdict(replay, &event, NULL);
    return outcome->verdict == VERDICT_DROP ? sums_drop(&replay->sums, &event) : 0;
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
static int count_limits(const struct replay *replay, const struct outcome *outcome, u64 bytes,
                        u64 time_ns)
{
    const struct native_asked *asked;
    u32 count = native_asked(replay->after.native, &asked);
    int error = 0;

    for (u32 i = 0; i < count && !error; i++) {
        struct limited_key key = {
            .rule = outcome->rule, .limit = (u16)asked[i].limit, .family = asked[i].family};

        memcpy(key.address, asked[i].who, sizeof(key.address));
        error = limited_add(limited_of(replay, key.rule, key.limit), &key, bytes, time_ns,
                            asked[i].refused);
    }
    return error;
}

/* Judges FRAME by BENCH's JUDGE. A capture does not say where a packet came in that goes out. */
static struct outcome judge_by(const struct replay *replay, const struct bench *bench,
                               enum direction direction, const struct capture_frame *frame)
{
    if (replay->own)
        native_arrives(bench->native, replay->forwarded || !local_sent(replay->own, &frame->frame)
                                          ? bench->via
                                          : ZONE_HERE);
    return native_judge_captured(bench->native, direction, &frame->frame, frame->time_ns);
}

/* A packet that one judge cannot judge counts as cut for both. Returns 0 or -ENOMEM. */
int replay_take(struct replay *replay, const struct capture_frame *frame)
{
    enum direction direction = replay_direction(replay, frame);
    struct outcome before = {0};
    struct outcome outcome = judge_by(replay, &replay->after, direction, frame);
    bool cut = native_was_cut(replay->after.native);
    int error;

    sums_see(&replay->sums, direction, frame->time_ns);
    if (replay->before.native) {
        before = judge_by(replay, &replay->before, direction, frame);
        cut |= native_was_cut(replay->before.native);
    }
    if (cut) {
        replay->sums.cut++;
        if (replay->verdicts && !replay->before.native)
            replay_print_unjudged("cut short by the capture", frame->time_ns, direction,
                                  frame->frame.length);
        return 0;
    }
    sums_judge(&replay->sums, &outcome, direction, frame->frame.length, frame->time_ns);
    error = count_limits(replay, &outcome, frame->frame.length, frame->time_ns);
    if (!error && (outcome.verdict == VERDICT_DROP || replay->verdicts || replay->judged))
        error = tell(replay, &outcome);
    return !error && replay->before.native ? compare(replay, &outcome, &before) : error;
}

static bool has_direction(const struct replay *replay, const struct capture_frame *frame)
{
    return replay->heading != HEADING_UNKNOWN || replay->local || frame->tells_heading;
}

int replay_next(const struct replay *replay, struct capture *capture, struct capture_frame *frame,
                struct why *why)
{
    int result = capture_next(capture, frame, why);

    if (result <= 0 || has_direction(replay, frame))
        return result;
    return why_set(why, -EINVAL,
                   "%s does not say which way its packets went: name the addresses of the guarded "
                   "host with --local ADDRESS,..., or use --direction in or out",
                   capture_name(capture));
}

int replay_begin(struct replay *replay)
{
    int error = sums_start(replay->after.policy, replay->after.image, &replay->sums);

    replay->changes = changes_new();
    replay->limited = limited_new(TALLY_KEYS_MAX);
    if (error || !replay->changes || !replay->limited)
        return -ENOMEM;
    return replay->trials ? trials_begin(replay->trials, replay->after.image, replay->after.native)
                          : 0;
}

static int take_all(struct replay *replay, struct capture *capture, struct why *why)
{
    struct capture_frame frame;
    int result;

    while ((result = replay_next(replay, capture, &frame, why)) > 0)
        if (replay_take(replay, &frame))
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

    replay->after.native = after;
    replay->before.native = before;
    int error = !after || (compares && !before) ? -ENOMEM : replay_begin(replay);
    error = error ? why_set(why, error, "out of memory") : take_all(replay, capture, why);
    replay->after.native = replay->before.native = NULL;
    return error;
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
