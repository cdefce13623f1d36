/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "monitor.h"

#include <edgexdp/tables.h>
#include <errno.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/memory.h"
#include "../event/names.h"
#include "../event/pcapng.h"
#include "../show/live.h"
#include "../show/times.h"
#include "output.h"

/* Interval of looks at the interface; below LISTENER_KEEP_S. */
#define LOOK_NS SECOND_NS

struct monitor {
    const struct monitor_options *options;
    struct listener *listener; /* NULL: not yet, or somebody took our slot */
    struct rule_names names;
    u64 block_changes;   /* when the names were read */
    u32 asked_for_block; /* a number that was looked for */
    struct rule_lists lists;
    u32 asked_for;      /* the last generation whose names were read */
    u64 attached_at_ns; /* of the state that we listen to */
    enum link_layer layer;
    u64 clock_ns; /* CLOCK_REALTIME less CLOCK_MONOTONIC, as of the last look */
    u64 lost_before, lost;
    u64 shown;
    bool is_open; /* somebody took a program off, and we have said so */
    FILE *file;   /* that packets are written to, or NULL */
    int error;    /* the first error that stops us */
    struct why *why;
};

static int cannot_look(const struct monitor *monitor, int error)
{
    return error ? why_set(monitor->why, error, "cannot look at %s: %s",
                           monitor->options->interface, strerror(-error))
                 : 0;
}

/* Take a look at the interface: read the names of a new policy. Its file is read last, after GUARD
 * is unlocked. */
static int look(struct monitor *monitor, struct guard *guard)
{
    u32 generation = guard_tables(guard)->seated.generation;
    int error = 0;

    if (!rule_names_know(&monitor->names, generation) ||
        monitor->block_changes != guard_block_changes(guard))
        error = rule_names_read(guard, &monitor->names);
    monitor->block_changes = guard_block_changes(guard);
    guard_unlock(guard);
    if (!error && monitor->lists.generation != generation)
        error = rule_lists_read(guard, &monitor->lists);
    monitor->clock_ns = time_from_monotonic(0);
    return cannot_look(monitor, error);
}

static int read_lost(struct monitor *monitor, const struct guard *guard)
{
    return cannot_look(monitor, guard_events_lost(guard, &monitor->lost));
}

static struct interface_state state_of(const struct guard *guard)
{
    struct guard_status status;

    guard_outline(guard, &status);
    return status.state;
}

/* Read the names for an event of a policy seated after our last look, or of a block made after it.
 * If that is gone again, it stays unknown: each is looked for once. */
static void learn(struct monitor *monitor, const struct event *event)
{
    u32 generation = event->generation;
    CLEANUP(guard_closep) struct guard *guard = NULL;
    struct why ignored;

    bool lacks_block = rule_names_lack_block(&monitor->names, event) &&
                       event->outcome.rule != monitor->asked_for_block;
    if (!lacks_block &&
        (rule_names_know(&monitor->names, generation) || generation == monitor->asked_for))
        return;
    if (lacks_block)
        monitor->asked_for_block = event->outcome.rule;
    monitor->asked_for = generation;
    if (!guard_open(monitor->options->interface, GUARD_READ, &guard, &ignored))
        look(monitor, guard);
}

static bool has_enough(const struct monitor *monitor)
{
    return monitor->error || (monitor->options->count && monitor->shown == monitor->options->count);
}

static int file_failed(const struct monitor *monitor, int error)
{
    if (monitor->file == stdout)
        return live_failed(error, monitor->why);
    return why_set(monitor->why, error, "cannot write %s: %s", monitor->options->write,
                   strerror(-error));
}

/* Flush everything at once: a reader may be waiting for it, and we may be killed. */
static int show(const struct monitor *monitor, const struct told *told)
{
    int error = monitor->file ? output_packet(monitor->file, told) : 0;

    if (error)
        return file_failed(monitor, error);
    if (monitor->options->json)
        output_json(told);
    else if (monitor->file != stdout)
        output_text(told);
    return live_flush(monitor->why);
}

static void on_packet(const struct event *event, void *context)
{
    struct monitor *monitor = context;

    if (has_enough(monitor))
        return;
    learn(monitor, event);
    struct told told = {.event = event,
                        .interface = monitor->options->interface,
                        .rule = rule_names_find(&monitor->names, event),
                        .list = rule_lists_find(&monitor->lists, event),
                        .time_ns = event->time_ns + monitor->clock_ns};
    if (!filter_admits(&monitor->options->filter, event, told.rule))
        return;
    monitor->error = show(monitor, &told);
    monitor->shown++;
}

static int open_file(struct monitor *monitor)
{
    const char *path = monitor->options->write;

    if (!path)
        return 0;
    monitor->file = strcmp(path, "-") ? fopen(path, "we") : stdout;
    int error = monitor->file
                    ? pcapng_begin(monitor->file, monitor->options->interface, monitor->layer)
                    : -errno;
    return error ? file_failed(monitor, error) : 0;
}

/* Every packet has been flushed already, so nothing is left that could fail. */
static void close_file(struct monitor *monitor)
{
    if (monitor->file && monitor->file != stdout)
        fclose(monitor->file);
}

static int check_rules(const struct monitor *monitor, const struct guard *guard)
{
    size_t count;
    const struct rule_entry *entries = guard_rules(guard, &count);
    struct hint hint;
    const char *unknown = filter_unknown_rule(&monitor->options->filter, entries, count, &hint);

    return unknown ? why_set(monitor->why, -ENOENT, "no rule of %s is called \"%s\"%s",
                             monitor->options->interface, unknown, hint.text)
                   : 0;
}

/* Listen again after our slot was given to somebody else, because we had not read for long. */
static int listen_again(struct monitor *monitor)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;

    listener_close(TAKE_PTR(monitor->listener));
    int error = guard_open(monitor->options->interface, GUARD_CHANGE, &guard, monitor->why);
    return error ? error
                 : guard_listen(guard, HEARS_DROPPED | HEARS_LOGGED, on_packet, monitor,
                                &monitor->listener, monitor->why);
}

/* Runs under an exclusive lock, so files are read later. */
static int begin(struct monitor *monitor)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    const char *interface = monitor->options->interface;

    struct why note = {0};
    int error = guard_open(interface, GUARD_CHANGE, &guard, monitor->why);
    if (!error)
        error = guard_mend(guard, &note, monitor->why);
    if (note.text[0])
        output_ways(interface, note.text);
    if (!error)
        error = check_rules(monitor, guard);
    if (!error)
        error = read_lost(monitor, guard);
    if (error)
        return error;
    monitor->lost_before = monitor->lost;
    monitor->attached_at_ns = state_of(guard).attached_at_ns;
    monitor->layer = state_of(guard).link_layer;
    return guard_listen(guard, HEARS_DROPPED | HEARS_LOGGED, on_packet, monitor, &monitor->listener,
                        monitor->why);
}

/* Nothing can be heard where a program is missing: silence is then no good news, so say so. */
static void follow_ways(struct monitor *monitor, const struct guard *guard)
{
    struct guard_status status;
    char trouble[TROUBLE_BYTES];

    guard_outline(guard, &status);
    guard_status_trouble(&status, trouble);
    bool is_open = *trouble;
    if (is_open != monitor->is_open)
        output_ways(status.interface, is_open ? trouble : "it is attached again");
    monitor->is_open = is_open;
}

/* Is everything as it was? If not, put it right, or say why we must end. */
static int follow(struct monitor *monitor)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    const char *interface = monitor->options->interface;
    u64 lost = monitor->lost;

    int error = guard_open(interface, GUARD_READ, &guard, monitor->why);
    if (error == -ENOENT || (!error && state_of(guard).attached_at_ns != monitor->attached_at_ns))
        return why_set(monitor->why, -ENOENT, "%s was detached: there is nothing more to hear",
                       interface);
    if (!error)
        error = read_lost(monitor, guard);
    if (error)
        return error;
    follow_ways(monitor, guard);
    error = look(monitor, guard);
    if (error)
        return error;
    if (monitor->lost > lost)
        output_lost(interface, monitor->lost - lost);
    guard_close(TAKE_PTR(guard));
    return listener_keep(monitor->listener) ? 0 : listen_again(monitor);
}

static int go_on(struct monitor *monitor)
{
    u64 look_ns = monotonic_ns() + LOOK_NS;
    int error = follow(monitor);

    while (!error && !has_enough(monitor)) {
        enum live_news news = live_wait(listener_descriptor(monitor->listener), look_ns);
        if (news != LIVE_TIME) /* also at the end: it has happened */
            listener_read(monitor->listener);
        if (news == LIVE_END)
            break;
        if (monotonic_ns() < look_ns)
            continue;
        error = follow(monitor);
        look_ns = monotonic_ns() + LOOK_NS;
    }
    if (!error)
        error = monitor->error;
    return !error && monitor->is_open ? -EIO : error;
}

/* Print the sum if anything was lost. Failing to look is no error here: we are done. */
static void end(struct monitor *monitor)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    const char *interface = monitor->options->interface;
    struct why ignored;

    if (!guard_open(interface, GUARD_READ, &guard, &ignored) &&
        state_of(guard).attached_at_ns == monitor->attached_at_ns)
        guard_events_lost(guard, &monitor->lost);
    if (monitor->lost > monitor->lost_before)
        output_sum(interface, monitor->shown, monitor->lost - monitor->lost_before);
}

int monitor_run(const struct monitor_options *options, struct why *why)
{
    struct monitor monitor = {.options = options, .why = why};

    int error = live_begin(why);
    if (!error)
        error = begin(&monitor);
    if (!error)
        error = open_file(&monitor);
    if (!error)
        error = go_on(&monitor);
    if (monitor.listener)
        end(&monitor);
    listener_close(monitor.listener);
    close_file(&monitor);
    rule_names_clear(&monitor.names);
    rule_lists_clear(&monitor.lists);
    return error == -EPIPE ? 0 : error; /* nobody reads our output any more */
}
