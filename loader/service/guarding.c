/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guarding.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../base/memory.h"
#include "ban_store.h"
#include "block_store.h"
#include "journal.h"

#define RETRY_NS (30 * SECOND_NS)

static void remember(struct guarding *guarding, const struct service_snapshot *snapshot)
{
    guarding->snapshot = *snapshot;
    guarding->ifindex = snapshot->status.state.ifindex;
    guarding->detached = false;
}

/* Look again after something was done or failed, without reporting changes. */
static bool look_again(struct guarding *guarding)
{
    struct service_snapshot snapshot;
    struct why why = {0};

    if (guarding_look(guarding, &snapshot, &why) != LOOK_GUARDED)
        return false;
    remember(guarding, &snapshot);
    return true;
}

static void tell_taken(const struct guarding *guarding, const char *event)
{
    char what[DESCRIPTION_BYTES];
    service_snapshot_describe(&guarding->snapshot, what);
    journal(guarding, LOG_NOTICE, event, "%s: %s", event, what);
}

/* A policy already in force locks out nobody who is not locked out now: a restart of the service
 * must not depend on who is connected. */
static bool is_in_force(const char *interface, const struct prepared *fresh)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    struct why ignored;

    return !guard_open(interface, GUARD_READ, &guard, &ignored) &&
           prepared_is_enforced(fresh, guard_tables(guard));
}

/* The service refuses and warns of the same things as commands. */
static int refuse_or_warn(const struct guarding *guarding, const char *interface,
                          const struct prepared *fresh, struct why *why)
{
    struct apply_request request = guarding_request(guarding, interface);
    struct apply_notes notes = {0};
    struct why refusal = {0};
    int error = apply_lockout(&request, fresh, &refusal);

    if (error && !is_in_force(interface, fresh)) {
        *why = refusal;
        return error;
    }
    apply_note_policy(fresh, interface, &notes);
    if (notes.lease.text[0])
        journal(guarding, LOG_WARNING, "lease", "%s", notes.lease.text);
    if (notes.redirected.text[0])
        journal(guarding, LOG_WARNING, "redirected", "%s", notes.redirected.text);
    return 0;
}

/* Names are asked for anew that nobody has asked for since SINCE_NS. */
static int read_it(const struct guarding *guarding, u64 since_ns, struct prepared *fresh,
                   struct why *why)
{
    char name[INTERFACE_NAME_BYTES];

    guarding_name(guarding, name);
    guarding->asking->since_ns = since_ns;
    int error = guarding_read_file(guarding, fresh, why);
    guarding->asking->since_ns = 0;
    return error ? error : refuse_or_warn(guarding, name, fresh, why);
}

static int take_it(struct guarding *guarding, struct prepared *fresh, enum taking *how,
                   struct why *why)
{
    int error = guarding_take(guarding, fresh, how, why);

    if (!error || error == -ENODEV)
        guarding_keep(guarding, fresh);
    return error;
}

static int read_and_take(struct guarding *guarding, u64 since_ns, enum taking *how, struct why *why)
{
    CLEANUP(prepared_clear) struct prepared fresh = {0};
    int error = read_it(guarding, since_ns, &fresh, why);

    return error ? error : take_it(guarding, &fresh, how, why);
}

/* Whatever was in force still is, provided that it hangs on the interface. */
static void tell_failure(struct guarding *guarding, const struct why *why, const char *event)
{
    bool guarded = look_again(guarding);

    if (!guarded && !guarding->detached)
        guarding->ifindex = 0;
    guarding->trouble = *why;
    journal(guarding, LOG_ERR, event, "%s: %s; %s", event, why->text,
            guarded && guard_status_is_whole(&guarding->snapshot.status)
                ? "the previous policy stays in force"
                : "it is NOT guarded");
}

static void wait_for_it(struct guarding *guarding)
{
    guarding->ifindex = 0;
    guarding->retry_at_ns = 0;
    guarding->trouble.text[0] = 0;
    guarding->detached = false;
}

static void count_ended(const struct guarding *guarding, int error)
{
    char name[INTERFACE_NAME_BYTES];

    guarding_name(guarding, name);
    apply_count_reload(name, error);
}

/* Reports how it was taken, or why it was not: ERROR and WHY. */
static int tell_applied(struct guarding *guarding, bool first, enum taking how, int error,
                        const struct why *why)
{
    if (!first)
        count_ended(guarding, error);

    if (error == -ENODEV) {
        wait_for_it(guarding);
        journal(guarding, LOG_NOTICE, "waiting", "waiting for this interface to appear");
        return 0;
    }
    if (error) {
        tell_failure(guarding, why, first ? "start-failed" : "reload-failed");
        return error;
    }
    guarding->trouble.text[0] = 0;
    if (look_again(guarding) && first && how != TAKEN_ATTACHED) {
        ban_store_restore(guarding);
        block_store_restore(guarding);
    }
    tell_taken(guarding, first && how == TAKEN_UNCHANGED ? "adopted" : taking_events[how]);
    return 0;
}

int guarding_apply(struct guarding *guarding, bool first)
{
    struct why why = {0};
    enum taking how = TAKEN_UNCHANGED;
    int error = read_and_take(guarding, first ? 0 : monotonic_ns(), &how, &why);

    return tell_applied(guarding, first, how, error, &why);
}

/* What becomes of one interface of several. */
struct part {
    struct guarding *guarding;
    struct prepared fresh;
    enum taking how;
    char name[INTERFACE_NAME_BYTES];
};

/* Begins a change of those that are guarded: the others can only be attached, which harms nobody if
 * one that follows fails. */
static int begin(struct part *parts, size_t count, struct together **together, struct why *why)
{
    CLEANUP_FREE char **names = calloc(count + 1, sizeof(*names));
    size_t guarded = 0;

    if (!names)
        return why_set(why, -ENOMEM, "out of memory");
    for (size_t i = 0; i < count; i++) {
        guarding_name(parts[i].guarding, parts[i].name);
        if (parts[i].guarding->ifindex && !parts[i].guarding->detached)
            names[guarded++] = parts[i].name;
    }
    return guarded ? together_begin(TOGETHER_CHANGE, names, guarded, together, why) : 0;
}

static int take_parts(struct part *parts, size_t count, struct why *why)
{
    CLEANUP(together_endp) struct together *together = NULL;
    int error = begin(parts, count, &together, why);

    for (size_t i = 0; i < count && !error; i++) {
        error = take_it(parts[i].guarding, &parts[i].fresh, &parts[i].how, why);
        if (error == -ENODEV) /* it is waited for, as before */
            error = 0;
    }
    return error || !together ? error : together_commit(together, why);
}

static bool is_there(const struct guarding *guarding)
{
    char name[INTERFACE_NAME_BYTES];
    struct interface found;

    guarding_name(guarding, name);
    return !interface_by_name(name, &found);
}

void guarding_apply_all(struct guarding *const *list, size_t count)
{
    struct part *parts = calloc(count + 1, sizeof(*parts));
    struct why why = {0};
    int error = parts ? 0 : why_set(&why, -ENOMEM, "out of memory");
    u64 since_ns = monotonic_ns();

    for (size_t i = 0; i < count && !error; i++) {
        parts[i].guarding = list[i];
        error = read_it(list[i], since_ns, &parts[i].fresh, &why);
    }
    if (!error)
        error = take_parts(parts, count, &why);
    for (size_t i = 0; i < count; i++) {
        int one = error || is_there(list[i]) ? error : -ENODEV;

        tell_applied(list[i], false, parts && !error ? parts[i].how : TAKEN_UNCHANGED, one, &why);
        if (parts)
            prepared_clear(&parts[i].fresh);
    }
    free(parts);
}

/* A broken file must not leave an interface open that was guarded before. */
static int take_again(struct guarding *guarding, enum taking *how, struct why *why)
{
    CLEANUP(prepared_clear) struct prepared fresh = {0};
    int error = guarding_read_file(guarding, &fresh, why);

    if (!error) {
        error = guarding_take(guarding, &fresh, how, why);
        guarding_keep(guarding, &fresh);
        return error;
    }
    if (!guarding->last.policy)
        return error;
    journal(guarding, LOG_ERR, "file-failed", "%s; using the policy that was read before",
            why->text);
    guarding->trouble = *why;
    return guarding_take(guarding, &guarding->last, how, why);
}

static void guard_anew(struct guarding *guarding)
{
    struct why why = {0}, before = guarding->trouble;
    enum taking how;

    if (monotonic_ns() < guarding->retry_at_ns)
        return;
    guarding->retry_at_ns = monotonic_ns() + RETRY_NS;
    int error = take_again(guarding, &how, &why);
    if (error == -ENODEV)
        return wait_for_it(guarding);
    if (error) {
        guarding->trouble = why;
        if (strcmp(before.text, why.text) != 0)
            tell_failure(guarding, &why, "attach-failed");
        return;
    }
    guarding->retry_at_ns = 0;
    if (!why.text[0])
        guarding->trouble.text[0] = 0;
    look_again(guarding);
    tell_taken(guarding, taking_events[how]);
}

static void tell_lost(struct guarding *guarding)
{
    if (guarding->ifindex)
        journal(guarding, LOG_WARNING, "gone", "the interface is gone; waiting for it");
    wait_for_it(guarding);
}

/* The interface that we guarded is there, but our pins are gone: somebody detached it on purpose,
 * perhaps because they would be locked out otherwise. */
static void tell_detached(struct guarding *guarding)
{
    if (!guarding->detached)
        journal(guarding, LOG_WARNING, "detached-by-command",
                "somebody detached it: it is NOT guarded until a reload or restart");
    guarding->detached = true;
    guarding->trouble.text[0] = 0;
}

static void tell_changes(const struct guarding *guarding, const struct service_snapshot *now)
{
    const struct service_snapshot *before = &guarding->snapshot;
    char what[DESCRIPTION_BYTES];

    service_snapshot_describe(now, what);
    if (guarding->ifindex != now->status.state.ifindex || guarding->detached)
        journal(guarding, LOG_NOTICE, "adopted", "a command attached it: %s", what);
    else if (before->status.state.expired_at_ns != now->status.state.expired_at_ns &&
             now->status.state.expired_at_ns)
        journal(guarding, LOG_WARNING, "confirm-expired",
                "no confirmation came in time: gone back to %s", what);
    else if (before->loaded_at_ns != now->loaded_at_ns)
        journal(guarding, LOG_NOTICE, "changed", "a command changed the policy: %s", what);
    else if (before->status.seat.confirm_by_ns && !now->status.seat.confirm_by_ns)
        journal(guarding, LOG_NOTICE, "confirmed", "confirmed: %s", what);
    if (guarding->ifindex == now->status.state.ifindex && strcmp(before->called, now->called) != 0)
        journal(guarding, LOG_NOTICE, "renamed",
                now->called[0] ? "the interface is now called %s and stays guarded"
                               : "the interface is called %s again",
                now->called[0] ? now->called : guarding->options->interface);
}

static int open_and_mend(const struct guarding *guarding, struct why *mended, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    char name[INTERFACE_NAME_BYTES];

    guarding_name(guarding, name);
    return apply_open(name, true, &guard, mended, why);
}

/* All or half of the filter is gone: somebody detached a link, or deleted the clsact qdisc. */
static void mend(struct guarding *guarding)
{
    struct why why = {0}, note = {0}, before = guarding->trouble;

    if (monotonic_ns() < guarding->retry_at_ns)
        return;
    guarding->retry_at_ns = monotonic_ns() + RETRY_NS;
    if (open_and_mend(guarding, &note, &why)) {
        guarding->trouble = why;
        if (strcmp(before.text, why.text) != 0)
            journal(guarding, LOG_ERR, "missing", "%s", why.text);
        return;
    }
    guarding->retry_at_ns = 0;
    guarding->trouble.text[0] = 0;
    look_again(guarding);
    if (note.text[0])
        journal(guarding, LOG_WARNING, "mended", "%s", note.text);
}

static int open_and_detach(const struct guarding *guarding, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    int error = guarding_open(guarding, GUARD_REMOVE, &guard, why);
    return error ? error : guard_detach(guard, why);
}

/* Programs for another link layer cannot replace the ones that are there. */
static void attach_anew(struct guarding *guarding)
{
    struct why why = {0};

    if (monotonic_ns() < guarding->retry_at_ns)
        return;
    journal(guarding, LOG_WARNING, "misread",
            "its packets now begin with something else than when it was attached: attaching anew");
    if (!open_and_detach(guarding, &why))
        return guard_anew(guarding);
    guarding->retry_at_ns = monotonic_ns() + RETRY_NS;
    guarding->trouble = why;
    journal(guarding, LOG_ERR, "attach-failed", "it is NOT guarded: %s", why.text);
}

static void tell_guarded(struct guarding *guarding, const struct service_snapshot *now)
{
    bool is_new = guarding->ifindex != now->status.state.ifindex;

    tell_changes(guarding, now);
    if (is_new || guarding->snapshot.loaded_at_ns != now->loaded_at_ns)
        guarding->trouble.text[0] = 0;
    remember(guarding, now);
    if (now->status.ways[DIRECTION_IN].standing == WAY_MISREAD)
        attach_anew(guarding);
    else if (!guard_status_is_whole(&now->status))
        mend(guarding);
    ban_store_follow(guarding, false);
    block_store_follow(guarding, false);
}

static void tell_blind(struct guarding *guarding, const struct why *why)
{
    if (strcmp(why->text, guarding->trouble.text) != 0)
        journal(guarding, LOG_ERR, "look-failed", "%s", why->text);
    guarding->trouble = *why;
    guarding->is_blind = true;
}

static void tell_open(struct guarding *guarding)
{
    struct interface named;
    bool is_ours = !interface_by_name(guarding->options->interface, &named) &&
                   guarding->ifindex == named.ifindex;

    if (guarding->detached || (is_ours && guard_place_exists()))
        tell_detached(guarding);
    else
        guard_anew(guarding);
}

/* The interface that we guarded has a new name, and another interface has the old one: the latter
 * is ours now. */
static void follow_the_name(struct guarding *guarding)
{
    struct interface named, before;

    if (!guarding->ifindex || interface_by_name(guarding->options->interface, &named) ||
        named.ifindex == guarding->ifindex || interface_by_index(guarding->ifindex, &before))
        return;
    journal(guarding, LOG_NOTICE, "displaced",
            "the interface that was guarded under this name is now called %s and stays guarded",
            before.name);
    wait_for_it(guarding);
}

void guarding_follow(struct guarding *guarding)
{
    struct service_snapshot now;
    struct why why = {0};

    follow_the_name(guarding);
    enum look look = guarding_look(guarding, &now, &why);

    if (look == LOOK_FAILED)
        return tell_blind(guarding, &why);
    if (guarding->is_blind)
        guarding->trouble.text[0] = 0;
    guarding->is_blind = false;
    if (look == LOOK_GUARDED)
        tell_guarded(guarding, &now);
    else if (look == LOOK_ABSENT)
        tell_lost(guarding);
    else
        tell_open(guarding);
}

/* Report the kernel's state only if it was looked at just now. */
static void tell_stopped(const struct guarding *guarding, bool is_guarded)
{
    if (is_guarded && guard_status_is_whole(&guarding->snapshot.status))
        journal(guarding, LOG_NOTICE, "stopped",
                "stopped following it; the kernel continues to guard it");
    else
        journal(guarding, is_guarded ? LOG_WARNING : LOG_NOTICE, "stopped",
                "stopped; it is not guarded");
}

void guarding_stop(struct guarding *guarding)
{
    struct why why = {0};
    bool is_guarded = look_again(guarding);

    /* Include bans made since the last look. */
    if (is_guarded) {
        ban_store_follow(guarding, true);
        block_store_follow(guarding, true);
    }
    if (!guarding->options->detach_on_stop)
        return tell_stopped(guarding, is_guarded);
    int error = open_and_detach(guarding, &why);
    if (!error)
        journal(guarding, LOG_NOTICE, "detached", "detached, as --on-stop says");
    else if (error != -ENOENT && error != -ENODEV && error != -EXDEV)
        journal(guarding, LOG_ERR, "detach-failed", "%s", why.text);
}

void guarding_clear(struct guarding *guarding)
{
    prepared_clear(&guarding->last);
}
