/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ear.h"

#include <edgexdp/tables.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"
#include "../show/times.h"
#include "output.h"

static int cannot_look(const struct ear *ear, int error, struct why *why)
{
    return error ? why_set(why, error, "cannot look at %s: %s", ear->interface, strerror(-error))
                 : 0;
}

/* Take a look at the interface: read the names of a new policy. Its file is read last, after GUARD
 * is unlocked. */
static int look(struct ear *ear, struct guard *guard, struct why *why)
{
    u32 generation = guard_tables(guard)->seated.generation;
    int error = 0;

    if (!rule_names_know(&ear->names, generation) ||
        ear->block_changes != guard_block_changes(guard))
        error = rule_names_read(guard, &ear->names);
    ear->block_changes = guard_block_changes(guard);
    guard_unlock(guard);
    if (!error && ear->lists.generation != generation)
        error = rule_lists_read(guard, &ear->lists);
    ear->clock_ns = time_from_monotonic(0);
    return cannot_look(ear, error, why);
}

static int read_lost(struct ear *ear, const struct guard *guard, struct why *why)
{
    return cannot_look(ear, guard_events_lost(guard, &ear->lost), why);
}

static struct interface_state state_of(const struct guard *guard)
{
    struct guard_status status;

    guard_outline(guard, &status);
    return status.state;
}

/* Read the names for an event of a policy seated after our last look, or of a block made after it.
 * If that is gone again, it stays unknown: each is looked for once. */
static void learn(struct ear *ear, const struct event *event)
{
    u32 generation = event->generation;
    CLEANUP(guard_closep) struct guard *guard = NULL;
    struct why ignored;

    bool lacks_block =
        rule_names_lack_block(&ear->names, event) && event->outcome.rule != ear->asked_for_block;
    if (!lacks_block && (rule_names_know(&ear->names, generation) || generation == ear->asked_for))
        return;
    if (lacks_block)
        ear->asked_for_block = event->outcome.rule;
    ear->asked_for = generation;
    if (!guard_open(ear->interface, GUARD_READ, &guard, &ignored))
        look(ear, guard, &ignored);
}

static void on_packet(const struct event *event, void *context)
{
    struct ear *ear = context;

    learn(ear, event);
    const struct told told = {.event = event,
                              .interface = ear->interface,
                              .rule = rule_names_find(&ear->names, event),
                              .list = rule_lists_find(&ear->lists, event),
                              .time_ns = event->time_ns + ear->clock_ns};
    ear->hear(ear, &told, ear->context);
}

static int listen_to(struct ear *ear, struct guard *guard, struct why *why)
{
    return guard_listen(guard, HEARS_DROPPED | HEARS_LOGGED, on_packet, ear, &ear->listener, why);
}

/* Listen again after our slot was given to somebody else, because we had not read for long. */
static int listen_again(struct ear *ear, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;

    listener_close(TAKE_PTR(ear->listener));
    int error = guard_open(ear->interface, GUARD_CHANGE, &guard, why);
    return error ? error : listen_to(ear, guard, why);
}

static int add_rules(const struct guard *guard, struct rule_entry **rules, size_t *count,
                     struct why *why)
{
    size_t more;
    const struct rule_entry *entries = guard_rules(guard, &more);
    struct rule_entry *grown = realloc(*rules, (*count + more + 1) * sizeof(*grown));

    if (!grown)
        return why_set(why, -ENOMEM, "out of memory");
    memcpy(grown + *count, entries, more * sizeof(*grown));
    *rules = grown;
    *count += more;
    return 0;
}

/* Runs under an exclusive lock, so files are read later. */
int ear_begin(struct ear *ear, struct rule_entry **rules, size_t *count, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;

    struct why note = {0};
    int error = guard_open(ear->interface, GUARD_CHANGE, &guard, why);
    if (!error)
        error = guard_mend(guard, &note, why);
    if (note.text[0])
        output_ways(ear->interface, note.text);
    if (!error)
        error = add_rules(guard, rules, count, why);
    if (!error)
        error = read_lost(ear, guard, why);
    if (error)
        return error;
    ear->lost_before = ear->lost;
    ear->attached_at_ns = state_of(guard).attached_at_ns;
    ear->layer = state_of(guard).link_layer;
    return listen_to(ear, guard, why);
}

/* Nothing can be heard where a program is missing: silence is then no good news, so say so. */
static void follow_ways(struct ear *ear, const struct guard *guard)
{
    struct guard_status status;
    char trouble[TROUBLE_BYTES];

    guard_outline(guard, &status);
    guard_status_trouble(&status, trouble);
    bool is_open = *trouble;
    if (is_open != ear->is_open)
        output_ways(status.interface, is_open ? trouble : "it is attached again");
    ear->is_open = is_open;
}

int ear_follow(struct ear *ear, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    u64 lost = ear->lost;

    int error = guard_open(ear->interface, GUARD_READ, &guard, why);
    if (error == -ENOENT || (!error && state_of(guard).attached_at_ns != ear->attached_at_ns))
        return why_set(why, -ENOENT, "%s was detached: there is nothing more to hear",
                       ear->interface);
    if (!error)
        error = read_lost(ear, guard, why);
    if (error)
        return error;
    follow_ways(ear, guard);
    error = look(ear, guard, why);
    if (error)
        return error;
    if (ear->lost > lost)
        output_lost(ear->interface, ear->lost - lost);
    guard_close(TAKE_PTR(guard));
    return listener_keep(ear->listener) ? 0 : listen_again(ear, why);
}

void ear_read(struct ear *ear)
{
    if (ear->listener)
        listener_read(ear->listener);
}

/* Failing to look is no error here: we are done. */
void ear_end(struct ear *ear)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    struct why ignored;

    if (!ear->listener)
        return;
    if (!guard_open(ear->interface, GUARD_READ, &guard, &ignored) &&
        state_of(guard).attached_at_ns == ear->attached_at_ns)
        guard_events_lost(guard, &ear->lost);
    if (ear->lost > ear->lost_before)
        output_sum(ear->interface, ear->shown, ear->lost - ear->lost_before);
}

void ear_clear(struct ear *ear)
{
    listener_close(ear->listener);
    rule_names_clear(&ear->names);
    rule_lists_clear(&ear->lists);
}
