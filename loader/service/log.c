/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "log.h"

#include <errno.h>
#include <string.h>

#include "../base/memory.h"
#include "journal.h"

/* Names are read when an event comes from a policy that we do not know yet. */
static void learn_names(struct log *log, u32 generation)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    struct why ignored;

    if (rule_names_know(&log->names, generation))
        return;
    if (!guarding_open(log->guarding, GUARD_READ, &guard, &ignored))
        rule_names_read(guard, &log->names);
}

static void on_packet(const struct event *event, void *context)
{
    struct log *log = context;

    learn_names(log, event->generation);
    journal_packet(log->guarding, event, rule_names_find(&log->names, event));
}

static int on_readable(sd_event_source *source, int descriptor, uint32_t events, void *context)
{
    struct log *log = context;

    (void)source;
    (void)descriptor;
    (void)events;
    listener_read(log->listener);
    return 0;
}

static int listen_to(struct log *log, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;

    int error = guarding_open(log->guarding, GUARD_CHANGE, &guard, why);
    if (!error)
        error = guard_listen(guard, HEARS_LOGGED, on_packet, log, &log->listener, why);
    if (!error)
        error = rule_names_read(guard, &log->names);
    if (error)
        return error;
    log->attached_at_ns = log->guarding->snapshot.status.state.attached_at_ns;
    log->lost = log->guarding->snapshot.events_lost;
    error = sd_event_add_io(log->loop, &log->source, listener_descriptor(log->listener), EPOLLIN,
                            on_readable, log);
    return error < 0 ? why_set(why, error, "cannot wait for packets: %s", strerror(-error)) : 0;
}

static void stop_listening(struct log *log)
{
    sd_event_source_disable_unref(log->source);
    log->source = NULL;
    listener_close(TAKE_PTR(log->listener));
}

/* While a monitor or the status page listens to all drops, a flood overruns it. Such losses do not
 * belong in the journal. */
static void tell_lost(struct log *log)
{
    u64 lost = log->guarding->snapshot.events_lost;

    if (lost > log->lost && !log->guarding->snapshot.drops_are_heard)
        journal(log->guarding, LOG_NOTICE, "events-lost",
                "%llu more packets were to be reported than can be",
                (unsigned long long)(lost - log->lost));
    log->lost = lost;
}

void log_follow(struct log *log)
{
    struct why why = {0};
    const struct guarding *guarding = log->guarding;
    bool guarded = guarding->ifindex && !guarding->detached;

    if (log->listener && guarded &&
        log->attached_at_ns == guarding->snapshot.status.state.attached_at_ns &&
        listener_keep(log->listener))
        return tell_lost(log);
    stop_listening(log);
    if (!guarded)
        return;
    int error = listen_to(log, &why);
    if (error)
        stop_listening(log);
    if (error && !log->complained)
        journal(guarding, LOG_WARNING, "log-failed", "log = yes and log = drops report nothing: %s",
                why.text);
    log->complained = error;
}

void log_end(struct log *log)
{
    stop_listening(log);
    rule_names_clear(&log->names);
}
