/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "course.h"

#include <errno.h>

#include "../base/memory.h"

#define JUMPS_MAX  64      /* one within the other */
#define STEPS_MAX  4000000 /* rules looked at */
#define BASES_MAX  64
#define TRACKING   (-200) /* the priority of connection tracking */
#define DEFRAGMENT (-400) /* the priority at which connection tracking joins fragments */

/* A chain that a packet is in, and where it goes on afterwards. */
struct frame {
    struct chain *chain;
    size_t next;
    const struct frame *caller; /* NULL: it is a base chain */
    size_t base;                /* its number */
    unsigned int depth;
};

struct resolver {
    struct ruleset *ruleset;
    struct arena *arena;
    struct course *course;
    struct chain *bases[BASES_MAX];
    size_t base_count;
    size_t steps;
    struct entry *accepted; /* what the chain before accepted packets by */
};

static void run(struct resolver *resolver, const struct frame *frame, struct condition condition,
                bool inlined);
static void accept_packets(struct resolver *resolver, const struct frame *frame,
                           const struct condition *condition, struct entry *entry);

static void fail(struct resolver *resolver, int error, struct entry *entry, const char *text)
{
    if (resolver->arena->error)
        return;
    ruleset_complain(resolver->ruleset, entry ? entry->origin : NULL, "%s", text);
    resolver->arena->error = error;
}

struct line *course_add(struct ruleset *ruleset, struct course *course, const struct line *line)
{
    struct line *grown =
        arena_grow(&ruleset->arena, course->lines, course->count, &course->capacity, sizeof(*line));

    if (!grown)
        return NULL;
    if (course->count >= IMPORT_RULES_MAX) {
        ruleset->arena.error = -E2BIG;
        return NULL;
    }
    course->lines = grown;
    course->lines[course->count] = *line;
    return &course->lines[course->count++];
}

static void refuse(struct resolver *resolver, const struct frame *frame,
                   const struct condition *condition, struct entry *entry, const char *why)
{
    const struct line line = {.kind = LINE_REFUSED,
                              .condition = *condition,
                              .entry = entry,
                              .chain = frame->chain,
                              .refused = why};

    course_add(resolver->ruleset, resolver->course, &line);
}

static void emit(struct resolver *resolver, const struct frame *frame, enum line_kind kind,
                 const struct condition *condition, enum verdict verdict, struct entry *entry)
{
    struct line line = {.kind = kind,
                        .condition = *condition,
                        .verdict = verdict,
                        .entry = entry,
                        .chain = frame->chain};

    if (entry) {
        line.refusal = verdict == VERDICT_DROP ? entry->refusal : REFUSAL_NONE;
        line.limited = entry->limited;
        line.over = entry->over;
        line.limit = entry->limit;
        line.logs = entry->logs;
    }
    resolver->course->judges |= verdict == VERDICT_DROP && kind != LINE_LOG;
    course_add(resolver->ruleset, resolver->course, &line);
}

/* Where packets are whole: IPv4 before it is delivered, everything once it is tracked. */
static bool sees_fragments(const struct ruleset *ruleset, const struct chain *chain, enum way way)
{
    if (chain->hook == HOOK_INGRESS || chain->priority < DEFRAGMENT)
        return true;
    return !ruleset->tracks && way != WAY_OUT &&
           !(chain->hook == HOOK_INPUT && chain->families == 1);
}

static void run_base(struct resolver *resolver, size_t base, const struct condition *condition)
{
    const struct chain *chain = resolver->bases[base];
    const struct frame frame = {.chain = resolver->bases[base], .base = base};
    enum aspect device = chain->hook == HOOK_EGRESS ? ASPECT_LEAVES : ASPECT_ARRIVES;
    struct condition asked = *condition;

    if (chain->devices)
        condition_narrow(resolver->arena, &asked, device, chain->devices);
    if (!sees_fragments(resolver->ruleset, chain, resolver->course->way))
        condition_narrow_to(resolver->arena, &asked, ASPECT_FRAGMENT, FRAGMENT_NONE);
    if (!condition_is_empty(&asked))
        run(resolver, &frame, asked, false);
    if (chain->devices) /* those of other interfaces do not meet it */
        accept_packets(resolver, &frame, condition, NULL);
}

/* What a base chain accepts goes on to the next one. */
static void accept_packets(struct resolver *resolver, const struct frame *frame,
                           const struct condition *condition, struct entry *entry)
{
    if (frame->base + 1 < resolver->base_count) {
        if (entry && entry->limited) {
            refuse(resolver, frame, condition, entry,
                   "a limit in a chain that others of the same hook follow");
            return;
        }
        struct entry *before = resolver->accepted;
        resolver->accepted = entry ? entry : before;
        run_base(resolver, frame->base + 1, condition);
        resolver->accepted = before;
    } else {
        entry = entry ? entry : resolver->accepted;
        emit(resolver, frame, entry ? LINE_VERDICT : LINE_POLICY, condition, VERDICT_ACCEPT, entry);
    }
}

static void apply_policy(struct resolver *resolver, const struct frame *frame,
                         const struct condition *condition)
{
    if (resolver->bases[frame->base]->policy == DEED_DROP)
        emit(resolver, frame, LINE_POLICY, condition, VERDICT_DROP, NULL);
    else
        accept_packets(resolver, frame, condition, NULL);
}

/* Packets go on where FRAME was called. */
static void resume(struct resolver *resolver, const struct frame *frame,
                   const struct condition *condition)
{
    if (frame->caller)
        run(resolver, frame->caller, *condition, true);
    else
        apply_policy(resolver, frame, condition);
}

/* PART of CONDITION leaves the chain of FRAME. Where a single condition remains, that goes on, and
 * PART is met again behind the call; otherwise what comes there is written here already. Returns
 * false if nothing remains. */
static bool leave(struct resolver *resolver, const struct frame *frame, bool inlined,
                  struct condition *condition, const struct condition *part)
{
    struct condition parts[ASPECTS];
    size_t count = condition_without(resolver->arena, condition, part, parts);

    if (!count && !inlined && frame->caller)
        return false;
    if (count == 1 && !inlined && frame->caller) {
        *condition = parts[0];
        return true;
    }
    resume(resolver, frame, part);
    return count > 0;
}

static bool is_within(const struct frame *frame, const struct chain *chain)
{
    for (; frame; frame = frame->caller)
        if (frame->chain == chain)
            return true;
    return false;
}

static void call(struct resolver *resolver, const struct frame *frame, size_t next,
                 struct entry *entry, const struct condition *condition)
{
    const struct frame here = {frame->chain, next, frame->caller, frame->base, frame->depth};
    const struct frame callee = {entry->target, 0, entry->deed == DEED_GOTO ? frame->caller : &here,
                                 frame->base, frame->depth + 1};

    if (is_within(frame, entry->target) || frame->depth >= JUMPS_MAX)
        fail(resolver, -ELOOP, entry,
             frame->depth >= JUMPS_MAX ? "chains call each other more than 64 deep"
                                       : "this jump leads back to a chain that it comes from");
    else
        run(resolver, &callee, *condition, false);
}

/* The same for a jump or goto. What a chain that a base chain went to does not decide, its policy
 * does. */
static bool step_call(struct resolver *resolver, const struct frame *frame, size_t at, bool inlined,
                      struct condition *condition, const struct condition *part)
{
    struct entry *entry = &frame->chain->entries[at];

    if (entry->target->left_out)
        return true;
    if (entry->limited) {
        refuse(resolver, frame, part, entry, "a limited jump: edgexdp limits what rules accept");
        return true;
    }
    call(resolver, frame, at + 1, entry, part);
    if (entry->deed == DEED_JUMP)
        return true;
    return frame->caller ? leave(resolver, frame, inlined, condition, part)
                         : !condition_is_within(condition, part);
}

/* Handles ENTRY for packets of PART. Returns false if no packet of *condition goes on. */
static bool step(struct resolver *resolver, const struct frame *frame, size_t at, bool inlined,
                 struct condition *condition, const struct condition *part)
{
    struct entry *entry = &frame->chain->entries[at];
    bool all = condition_is_within(condition, part);

    if (entry->refused) {
        refuse(resolver, frame, part, entry, entry->refused);
        return true;
    }
    switch (entry->deed) {
    case DEED_NONE:
        if (entry->logs)
            emit(resolver, frame, LINE_LOG, part, VERDICT_ACCEPT, entry);
        return true;
    case DEED_ACCEPT:
        accept_packets(resolver, frame, part, entry);
        return entry->limited || !all;
    case DEED_DROP:
        emit(resolver, frame, LINE_VERDICT, part, VERDICT_DROP, entry);
        return entry->limited || !all;
    case DEED_JUMP:
    case DEED_GOTO:
        return step_call(resolver, frame, at, inlined, condition, part);
    case DEED_RETURN:
        return leave(resolver, frame, inlined, condition, part);
    }
    return true;
}

/* All packets have VALUE: a rule is about all of them or none. */
static void settle_aspect(struct condition *condition, enum aspect aspect, u128 value)
{
    const struct spans *set = condition->aspects[aspect];

    condition->aspects[aspect] = !set || spans_hold(set, value) ? NULL : &spans_none;
}

/* Before connection tracking, packets are in no state, which is called invalid. */
static bool is_before_tracking(const struct chain *chain)
{
    return chain->hook == HOOK_INGRESS ||
           ((chain->hook == HOOK_PREROUTING || chain->hook == HOOK_OUTPUT) &&
            chain->priority < TRACKING);
}

/* What ENTRY is about where FRAME is. Where packets leave is not known before they are routed, and
 * those of this host came in nowhere. */
static struct condition condition_at(const struct resolver *resolver, const struct frame *frame,
                                     const struct entry *entry)
{
    enum hook hook = resolver->bases[frame->base]->hook;
    struct condition condition = entry->condition;

    if (hook == HOOK_INGRESS || hook == HOOK_PREROUTING || hook == HOOK_INPUT)
        settle_aspect(&condition, ASPECT_LEAVES, 0);
    if (resolver->course->way == WAY_OUT)
        settle_aspect(&condition, ASPECT_ARRIVES, 0);
    if (is_before_tracking(resolver->bases[frame->base]))
        settle_aspect(&condition, ASPECT_STATE, STATE_INVALID);
    return condition;
}

/* Writes the lines of a chain for packets of CONDITION. INLINED: what it does not decide is decided
 * here too; otherwise whoever called goes on with it, except that base chains have a policy. */
static void run(struct resolver *resolver, const struct frame *frame, struct condition condition,
                bool inlined)
{
    for (size_t i = frame->next; i < frame->chain->count; i++) {
        struct entry *entry = &frame->chain->entries[i];

        if (++resolver->steps > STEPS_MAX)
            fail(resolver, -E2BIG, entry, "the chains come to more than can be resolved");
        if (resolver->arena->error)
            return;
        struct condition about = condition_at(resolver, frame, entry);
        if (!condition_meet(&condition, &about))
            continue;
        struct condition part = condition_both(resolver->arena, &condition, &about);
        if (!step(resolver, frame, i, inlined, &condition, &part))
            return;
    }
    if (!frame->caller)
        apply_policy(resolver, frame, &condition);
    else if (inlined)
        resume(resolver, frame, &condition);
}

/* The hooks of each way, in order. */
static const enum hook hooks[WAYS][5] = {
    [WAY_IN] = {HOOK_INGRESS, HOOK_PREROUTING, HOOK_INPUT, HOOK_NONE},
    [WAY_FORWARD] = {HOOK_INGRESS, HOOK_PREROUTING, HOOK_FORWARD, HOOK_POSTROUTING, HOOK_NONE},
    [WAY_OUT] = {HOOK_OUTPUT, HOOK_POSTROUTING, HOOK_EGRESS, HOOK_NONE},
};

/* It accepts everything, and need not be asked. */
static bool says_nothing(const struct chain *chain)
{
    return !chain->count && chain->policy == DEED_ACCEPT;
}

static void add_bases(struct resolver *resolver, enum hook hook, u8 families)
{
    size_t first = resolver->base_count;

    for (size_t i = 0; i < resolver->ruleset->chain_count; i++) {
        struct chain *chain = resolver->ruleset->chains[i];
        size_t at = resolver->base_count;

        if (chain->hook != hook || chain->left_out || !(chain->families & families) ||
            says_nothing(chain))
            continue;
        if (resolver->base_count == BASES_MAX) {
            fail(resolver, -E2BIG, NULL, "there are more than 64 base chains on one way");
            return;
        }
        for (; at > first && resolver->bases[at - 1]->priority > chain->priority; at--)
            resolver->bases[at] = resolver->bases[at - 1];
        resolver->bases[at] = chain;
        resolver->base_count++;
    }
}

void course_resolve(struct ruleset *ruleset, u8 families, struct course *course)
{
    struct resolver resolver = {.ruleset = ruleset, .arena = &ruleset->arena, .course = course};
    struct condition whole = course->whole;

    if (families != 3)
        condition_narrow_to(resolver.arena, &whole, ASPECT_FAMILY, families - 1);
    for (size_t i = 0; hooks[course->way][i] != HOOK_NONE; i++)
        add_bases(&resolver, hooks[course->way][i], families);
    if (!resolver.base_count || resolver.arena->error)
        return;
    course->families |= families;
    run_base(&resolver, 0, &whole);
}
