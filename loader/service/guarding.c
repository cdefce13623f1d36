/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guarding.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../command/force.h"
#include "../memory.h"
#include "journal.h"
#include "keeping.h"

#define RETRY_NS (30 * SECOND_NS)

static void remember(struct guarding *guarding, const struct picture *picture)
{
    guarding->picture = *picture;
    guarding->ifindex = picture->status.state.ifindex;
    guarding->detached = false;
}

/* Look again after something was done or has failed, and tell nothing. */
static bool look_again(struct guarding *guarding)
{
    struct picture picture;
    struct why why = {0};

    if (look_at(guarding, &picture, &why) != LOOK_GUARDED)
        return false;
    remember(guarding, &picture);
    return true;
}

static void tell_taken(const struct guarding *guarding, const char *event)
{
    char what[DESCRIPTION_BYTES];
    picture_describe(&guarding->picture, what);
    journal(guarding, LOG_NOTICE, event, "%s: %s", event, what);
}

static int read_and_take(struct guarding *guarding, enum taking *how, struct why *why)
{
    const struct service_options *options = guarding->options;
    CLEANUP(prepared_clear) struct prepared fresh = {0};

    int error = read_file(guarding, &fresh, why);
    if (!error && !options->force && !options->attach.audit)
        error = refuse_lockout(&fresh, options->interface, why);
    if (error)
        return error;
    error = take(guarding, &fresh, how, why);
    if (!error || error == -ENODEV)
        keep_last(guarding, &fresh);
    return error;
}

/* Whatever was in force still is. */
static void tell_failure(struct guarding *guarding, const struct why *why, const char *event)
{
    bool guarded = look_again(guarding);

    if (!guarded && !guarding->detached)
        guarding->ifindex = 0;
    guarding->trouble = *why;
    journal(guarding, LOG_ERR, event, "%s: %s; %s", event, why->text,
            guarded ? "the policy before stays in force" : "it is NOT guarded");
}

static void wait_for_it(struct guarding *guarding)
{
    guarding->ifindex = 0;
    guarding->retry_at_ns = 0;
    guarding->trouble.text[0] = 0;
    guarding->detached = false;
}

int guarding_apply(struct guarding *guarding, bool first)
{
    struct why why = {0};
    enum taking how;
    int error = read_and_take(guarding, &how, &why);

    if (!first)
        count_reload(guarding->options->interface, error);

    if (error == -ENODEV) {
        wait_for_it(guarding);
        journal(guarding, LOG_NOTICE, "waiting", "waiting for this interface to appear");
        return 0;
    }
    if (error) {
        tell_failure(guarding, &why, first ? "start-failed" : "reload-failed");
        return error;
    }
    guarding->trouble.text[0] = 0;
    if (look_again(guarding) && first && how != TAKEN_ATTACHED)
        keeping_put_back(guarding);
    tell_taken(guarding, first && how == TAKEN_UNCHANGED ? "adopted" : taking_events[how]);
    return 0;
}

/* A broken file must not leave an interface open that was guarded before. */
static int take_again(struct guarding *guarding, enum taking *how, struct why *why)
{
    CLEANUP(prepared_clear) struct prepared fresh = {0};
    int error = read_file(guarding, &fresh, why);

    if (!error) {
        error = take(guarding, &fresh, how, why);
        keep_last(guarding, &fresh);
        return error;
    }
    if (!guarding->last.policy)
        return error;
    journal(guarding, LOG_ERR, "file-failed", "%s; using the policy that was read before",
            why->text);
    guarding->trouble = *why;
    return take(guarding, &guarding->last, how, why);
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

/* The interface that we guarded is there, and what we pinned is not: it was taken off on purpose,
 * perhaps by somebody who would be locked out otherwise. */
static void tell_detached(struct guarding *guarding)
{
    if (!guarding->detached)
        journal(guarding, LOG_WARNING, "detached-by-command",
                "somebody detached it: it is NOT guarded until a reload or restart");
    guarding->detached = true;
    guarding->trouble.text[0] = 0;
}

static void tell_changes(const struct guarding *guarding, const struct picture *now)
{
    const struct picture *before = &guarding->picture;
    const char *interface = guarding->options->interface;
    char what[DESCRIPTION_BYTES];

    picture_describe(now, what);
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
                strcmp(now->called, interface) ? "the interface is called %s now and stays guarded"
                                               : "the interface is called %s again",
                now->called[0] ? now->called : "nothing here");
}

static bool is_whole(const struct picture *picture)
{
    return picture->status.ingress_attached && picture->status.egress_attached;
}

static int open_and_mend(const char *interface, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    int error = guard_open(interface, GUARD_CHANGE, &guard, why);
    return error ? error : guard_mend(guard, why);
}

/* Half of the filter is gone: somebody detached a link, or deleted the clsact qdisc. */
static void mend(struct guarding *guarding)
{
    const char *way = guarding->picture.status.ingress_attached ? "out" : "in";
    struct why why = {0};

    if (monotonic_ns() < guarding->retry_at_ns)
        return;
    guarding->retry_at_ns = monotonic_ns() + RETRY_NS;
    if (open_and_mend(guarding->options->interface, &why)) {
        guarding->trouble = why;
        journal(guarding, LOG_ERR, "missing", "somebody removed the program on the way %s: %s", way,
                why.text);
        return;
    }
    guarding->retry_at_ns = 0;
    look_again(guarding);
    journal(guarding, LOG_WARNING, "mended",
            "somebody removed the program on the way %s; it is attached again", way);
}

static int open_and_detach(const char *interface, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    int error = guard_open(interface, GUARD_REMOVE, &guard, why);
    return error ? error : guard_detach(guard, why);
}

/* Programs for other packets cannot take the place of those that are there. */
static void attach_anew(struct guarding *guarding)
{
    struct why why = {0};

    if (monotonic_ns() < guarding->retry_at_ns)
        return;
    journal(guarding, LOG_WARNING, "misread",
            "its packets begin with something else now than when it was attached: attaching anew");
    if (!open_and_detach(guarding->options->interface, &why))
        return guard_anew(guarding);
    guarding->retry_at_ns = monotonic_ns() + RETRY_NS;
    guarding->trouble = why;
    journal(guarding, LOG_ERR, "attach-failed", "it is NOT guarded: %s", why.text);
}

static void tell_guarded(struct guarding *guarding, const struct picture *now)
{
    bool is_new = guarding->ifindex != now->status.state.ifindex;

    tell_changes(guarding, now);
    if (is_new || guarding->picture.loaded_at_ns != now->loaded_at_ns)
        guarding->trouble.text[0] = 0;
    remember(guarding, now);
    if (now->status.misread)
        attach_anew(guarding);
    else if (!is_whole(now))
        mend(guarding);
    keeping_follow(guarding, false);
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
    bool is_ours = guarding->ifindex == if_nametoindex(guarding->options->interface);

    if (guarding->detached || (is_ours && guard_place_exists()))
        tell_detached(guarding);
    else
        guard_anew(guarding);
}

void guarding_follow(struct guarding *guarding)
{
    struct picture now;
    struct why why = {0};
    enum look look = look_at(guarding, &now, &why);

    if (look == LOOK_FAILED)
        return tell_blind(guarding, &why);
    if (guarding->is_blind)
        guarding->trouble.text[0] = 0;
    guarding->is_blind = false;
    if (look == LOOK_GUARDED)
        tell_guarded(guarding, &now);
    else if (look == LOOK_ABSENT)
        tell_lost(guarding);
    else if (look == LOOK_OPEN)
        tell_open(guarding);
    else
        guard_anew(guarding);
}

void guarding_stop(struct guarding *guarding)
{
    const char *interface = guarding->options->interface;
    struct why why = {0};

    /* What was banned since we looked last. */
    if (look_again(guarding))
        keeping_follow(guarding, true);
    if (!guarding->options->detach_on_stop) {
        journal(guarding, LOG_NOTICE, "stopped",
                guarding->ifindex && !guarding->detached
                    ? "stopped following it; the kernel goes on guarding it"
                    : "stopped; it is not guarded");
        return;
    }
    int error = open_and_detach(interface, &why);
    if (!error)
        journal(guarding, LOG_NOTICE, "detached", "detached, as --on-stop says");
    else if (error != -ENOENT && error != -ENODEV)
        journal(guarding, LOG_ERR, "detach-failed", "%s", why.text);
}

void guarding_clear(struct guarding *guarding)
{
    prepared_clear(&guarding->last);
}
