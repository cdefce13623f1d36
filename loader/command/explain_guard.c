/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `explain` by what is in force on one interface, or on the two that a forwarded packet passes. */
#include "explain.h"

#include <errno.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/memory.h"
#include "../judge/frame_build.h"
#include "../kernel/kernel.h"
#include "../policy/zones.h"
#include "command.h"
#include "tell.h"
#include "usage.h"

/* One interface that is asked. */
struct asked {
    struct guard *guard;
    struct diag *diag;
    struct policy *policy; /* whole; NULL: it was not kept */
    int reading;           /* why not: what tables_whole_policy() returned */
    enum direction direction;
};

/* The interfaces that the packet passes, in this order. */
struct passed {
    struct asked sides[DIRECTIONS];
    unsigned int count;
    bool has_named; /* the one that was asked is among them */
};

static void asked_clear(struct asked *asked)
{
    guard_close(asked->guard);
    policy_free(asked->policy);
    diag_free(asked->diag);
}

static void passed_clear(struct passed *passed)
{
    for (unsigned int i = 0; i < passed->count; i++)
        asked_clear(&passed->sides[i]);
}

static int open_asked(const char *interface, enum direction direction, struct asked *asked,
                      struct why *why)
{
    struct asked made = {.direction = direction};
    int error = guard_open(interface, GUARD_READ, &made.guard, why);

    if (error)
        return error;
    made.diag = diag_new();
    made.reading = made.diag
                       ? tables_whole_policy(guard_tables(made.guard), &made.policy, made.diag)
                       : -ENOMEM;
    if (made.reading == -ENOMEM) {
        asked_clear(&made);
        return why_set(why, -ENOMEM, "out of memory");
    }
    *asked = made;
    return 0;
}

/* The number of the zone that SAID is in for the policy in force there. */
static unsigned int find_zone(const struct asked *asked, const char *said)
{
    return asked->policy && asked->policy->is_zoned && *said ? zone_said(asked->policy, said)
                                                             : ZONE_HERE;
}

/* Ask the program in force, with the state that the packet would find. */
static int ask(const struct asked *asked, const struct packet_notation *packet, const void *frame,
               size_t length, struct decision *decision, struct why *why)
{
    enum direction direction = packet->direction;
    struct fragment_key fragment;
    struct flow_key flow, reply;
    bool has_reply = native_reply_key(frame, length, &reply);
    bool has_flow = native_flow_key(frame, length, direction, &flow);
    bool has_fragment = native_fragment_key(frame, length, direction, &fragment);
    CLEANUP(asker_freep) struct asker *asker = NULL;
    int error = asker_new(asked->guard, &asker, why);

    if (error)
        return error;
    asker_arrives(asker, find_zone(asked, packet->via));
    error = asker_know(asker, has_flow ? &flow : NULL, has_fragment ? &fragment : NULL,
                       has_reply ? &reply : NULL, why);
    return error ? error : asker_ask(asker, direction, frame, length, &decision->outcome, why);
}

/* How far those whom the packet's limits are about have used them up. */
static void find_uses(const struct guard *guard, const void *frame, size_t length,
                      struct decision *decision)
{
    const struct tables_header *tables = guard_tables(guard);
    struct native_limit limit;
    struct limit_line line;

    if (decision->outcome.kind != OUTCOME_RULE && decision->outcome.kind != OUTCOME_LIMITED)
        return;
    for (u32 i = 0; i < RULE_LIMITS; i++) {
        struct limit_use *use = &decision->uses[i];

        if (!native_limit(tables, decision->outcome.rule, i, frame, length, &limit))
            continue;
        use->known = !guard_limit_line(guard, limit.line, &line);
        if (use->known)
            use->percent = native_limit_use(tables, &limit, &line, monotonic_ns());
    }
}

/* Which rule, or block, the number means: as the interface has it, not the file. NAME is room for
 * it. */
static void name_rule(const struct guard *guard, struct decision *decision,
                      char name[RULE_NAME_BYTES])
{
    const struct tables_header *tables = guard_tables(guard);
    size_t capacity;
    const struct rule_entry *rules = guard_rules(guard, &capacity);

    if (outcome_is_block(&decision->outcome)) {
        struct block_name block;
        if (guard_block_name(guard, decision->outcome.rule, &block))
            decision->block = memcpy(name, block.name, RULE_NAME_BYTES);
    }
    if (!outcome_has_rule(&decision->outcome) || decision->outcome.rule >= capacity)
        return;
    memcpy(name, rules[decision->outcome.rule].name, RULE_NAME_BYTES);
    decision->rule = name;
    decision->line = rules[decision->outcome.rule].line;
    for (u32 i = 0; i < tables->rules_count; i++)
        if (tables_rules(tables)[i].number == decision->outcome.rule)
            decision->file = tables_rule_path(tables, &tables_rules(tables)[i]);
}

/* Explains with a trace if the policy in force is known. */
static int explain_decision(const struct asked *asked, const struct packet_notation *packet,
                            const struct decision *decision, struct explained *side)
{
    const struct tables_header *tables = guard_tables(asked->guard);
    int error =
        asked->policy ? explain(asked->policy, packet, decision, &side->explanation) : -ESTALE;

    if (error != -ESTALE)
        return error;
    side->explanation = (struct explanation){.packet = *packet, .decision = *decision};
    if (!tables->switches.unguarded)
        side->note = "No trace: the policy in force was not kept, or another version put it there.";
    return 0;
}

static int explain_side_of(const struct asked *asked, const struct explain_request *request,
                           struct explained *side, struct why *why)
{
    const struct guard *guard = asked->guard;
    const struct tables_header *tables = guard_tables(guard);
    struct packet_notation packet = explain_side(request, asked->direction);
    _Alignas(16) u8 frame[FRAME_BUILD_BYTES];
    size_t length = frame_build(&packet, frame);
    struct decision decision = {.file = tables->switches.unguarded ? NULL : tables_path(tables),
                                .audit = tables->switches.audit,
                                .blind = tables->seated.blind,
                                .interface = guard_interface(guard)};
    int error = ask(asked, &packet, frame, length, &decision, why);

    if (error)
        return error;
    find_uses(guard, frame, length, &decision);
    name_rule(guard, &decision, side->rule);
    decision.loses_answers =
        packet.direction == DIRECTION_IN && guard_answers_are_lost(guard, &(struct why){0});
    if (asked->policy && asked->policy->is_zoned) {
        decision.zone = zone_guarded(asked->policy);
        side->zone = zone_name(asked->policy, decision.zone);
    }
    error = explain_decision(asked, &packet, &decision, side);
    return error ? why_set(why, error, "out of memory") : 0;
}

/* Asks the interfaces in turn, as long as the packet gets on. */
static int explain_passed(struct passed *passed, const struct explain_request *request,
                          struct why *why)
{
    CLEANUP(explained_clear) struct explained_packet explained = {.count = 0};
    int trouble = 0;

    for (unsigned int i = 0; i < passed->count; i++) {
        struct explained *side = &explained.sides[i];
        int error = explain_side_of(&passed->sides[i], request, side, why);

        if (error)
            return error;
        explained.count++;
        guard_unlock(passed->sides[i].guard);
        if (side->explanation.decision.outcome.verdict == VERDICT_DROP)
            break;
    }
    explain_show(request, &explained);
    for (unsigned int i = 0; i < explained.count; i++)
        trouble = tell_trouble(passed->sides[i].guard) ? COMMAND_NO : trouble;
    return trouble;
}

/* SAID means the interface that ASKED has open by the name NAME: it is a name of it, or its zone.
 */
static bool is_meant(const struct asked *asked, const char *name, const char *said)
{
    if (!strcmp(said, name) || !strcmp(said, guard_interface(asked->guard)))
        return true;
    return asked->policy && asked->policy->is_zoned &&
           zone_find(asked->policy, piece_of(said)) == zone_guarded(asked->policy);
}

/* Opens the interface that the packet passes in DIRECTION, which it calls SAID: of a zone, the one
 * called NAME is meant. */
static int open_side(const char *name, const char *said, enum direction direction,
                     struct passed *passed, struct why *why)
{
    struct asked *side = &passed->sides[passed->count];
    int error = name ? open_asked(name, direction, side, why) : 0;

    if (error)
        return error;
    if (name && is_meant(side, name, said)) {
        passed->has_named = true;
        passed->count++;
        return 0;
    }
    if (name)
        asked_clear(side);
    error = open_asked(said, direction, side, why);
    passed->count += !error;
    return error;
}

/* Opens the interfaces of a packet that says which it passes; NAME was asked, or NULL for all. */
static int open_said(const char *name, const struct packet_notation *packet, struct passed *passed,
                     struct why *why)
{
    int error = packet->forwarded ? open_side(name, packet->via, DIRECTION_IN, passed, why) : 0;

    if (!error)
        error = open_side(name, packet->on, packet->forwarded ? DIRECTION_OUT : packet->direction,
                          passed, why);
    if (error || !name || passed->has_named)
        return error;
    say_error("the packet does not pass %s: ask %s, or all", name,
              guard_interface(passed->sides[0].guard));
    return COMMAND_USAGE;
}

int explain_guard(const char *name, const struct explain_request *request)
{
    CLEANUP(passed_clear) struct passed passed = {.count = 0};
    const struct packet_notation *packet = &request->packet;
    bool all = !strcmp(name, "all");
    struct why why = {0};
    int error;

    if (all && !*packet->on) {
        say_error("write which interface it passes, as in \"%s on eth0 ...\"",
                  packet->direction == DIRECTION_IN ? "in" : "out");
        return COMMAND_USAGE;
    }
    if (*packet->on) {
        error = open_said(all ? NULL : name, packet, &passed, &why);
    } else {
        error = open_asked(name, packet->direction, &passed.sides[0], &why);
        passed.count += !error;
    }
    if (!error)
        error = explain_passed(&passed, request, &why);
    return error < 0 ? say_why(error, &why) : error;
}
