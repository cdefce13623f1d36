/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Repairing what somebody did to an interface behind our back: a link detached or given another
 * program, the clsact qdisc deleted, seats emptied. State, counters and flows are kept; only
 * programs are loaded again. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../base/memory.h"
#include "guard.h"

/* One repair; the programs are loaded only when they turn out to be needed. */
struct mending {
    struct guard *guard;
    struct roots roots;
};

static int attach_out_anew(const struct hanging *hanging, struct why *why)
{
    CLEANUP_CLOSE int link = -1;
    int error = attach_egress(hanging, &link, why);

    if (error || link < 0)
        return error;
    return guard_pin(hanging->guard, link_pins[DIRECTION_OUT], link, why);
}

static int attach_in_anew(const struct hanging *hanging, struct why *note, struct why *why)
{
    CLEANUP_CLOSE int link = -1;

    int error = attach_ingress(hanging, &link, note, why);
    if (error || link < 0)
        return error;
    return guard_pin(hanging->guard, link_pins[DIRECTION_IN], link, why);
}

/* Native mode may no longer be possible where it once was; generic mode still guards. */
static int hang(struct mending *mending, enum direction direction, enum standing standing,
                struct why *note, struct why *why)
{
    struct guard *guard = mending->guard;
    enum attach_mode mode = guard->state->attach_mode;
    struct hanging hanging = {guard, &mending->roots, mode == ATTACH_NATIVE ? ATTACH_AUTO : mode};

    if (standing == WAY_REPLACED) {
        int error = roots_renew_way(guard, direction, &mending->roots);
        return error ? why_kernel(why, error, "cannot take the other's place") : 0;
    }
    return direction == DIRECTION_IN ? attach_in_anew(&hanging, note, why)
                                     : attach_out_anew(&hanging, why);
}

static int mend_hook(struct mending *mending, enum direction direction, enum standing standing,
                     struct why *note, struct why *why)
{
    struct guard *guard = mending->guard;
    u32 before = guard->state->root_ids[direction];
    int error =
        mending->roots.programs[DIRECTION_IN] < 0 ? roots_load(guard, &mending->roots, why) : 0;

    if (error)
        return error;
    roots_remember(guard, direction, &mending->roots);
    error = hang(mending, direction, standing, note, why);
    if (error)
        guard->state->root_ids[direction] = before;
    return error;
}

static int mend_way(struct mending *mending, enum direction direction, enum standing standing,
                    struct why *note, struct why *why)
{
    bool begun;

    switch (standing) {
    case WAY_GUARDED:
        return 0;
    case WAY_UNSEATED:
        return rule_maps_reload_seats(mending->guard, &begun, why);
    case WAY_UNKNOWN:
        return why_set(why, -EIO, "what is attached there cannot be seen");
    case WAY_MISREAD:
        return why_set(why, -EPROTO, "they need other programs");
    case WAY_OPEN:
    case WAY_REPLACED:
        break;
    }
    return mend_hook(mending, direction, standing, note, why);
}

static void mending_clear(struct mending *mending)
{
    roots_close(&mending->roots);
}

/* Outbound first, as when attaching. A direction that was repaired may turn out to have lost its
 * seats, too. */
static int mend_all(struct guard *guard, const struct guard_status *found, struct why *note,
                    struct why *why)
{
    CLEANUP(mending_clear) struct mending mending = {guard, {{-1, -1}}};
    struct guard_status status = *found;
    int error = 0;

    for (int turn = 0; !error && turn < 2 && !guard_status_is_whole(&status); turn++) {
        for (int way = DIRECTION_OUT; !error && way >= DIRECTION_IN; way--)
            error = mend_way(&mending, (enum direction)way, status.ways[way].standing, note, why);
        if (!error && status.lacks_completer)
            error = completer_hang(guard, why);
        hooks_look(guard, &status);
    }
    return error || guard_status_is_whole(&status) ? error
                                                   : why_set(why, -EIO, "it does not stay there");
}

static void tell_found(const struct guard_status *found, struct why *note)
{
    static const char *const was[] = {[WAY_OPEN] = "no program",
                                      [WAY_REPLACED] = "another program",
                                      [WAY_UNSEATED] = "no policy"};
    static const char *const ways[DIRECTIONS] = {"in", "out"};
    size_t length = 0;

    for (enum direction direction = DIRECTION_IN; direction < DIRECTIONS; direction++)
        if (found->ways[direction].standing != WAY_GUARDED)
            length += (size_t)snprintf(note->text + length, sizeof(note->text) - length,
                                       "there was %s on the way %s; ",
                                       was[found->ways[direction].standing], ways[direction]);
    if (found->lacks_completer)
        length += (size_t)snprintf(note->text + length, sizeof(note->text) - length,
                                   "there was no program to complete connections by cookies; ");
    snprintf(note->text + length, sizeof(note->text) - length, "it is attached again");
}

int guard_mend(struct guard *guard, struct why *note, struct why *why)
{
    char trouble[TROUBLE_BYTES];
    struct guard_status found;
    struct why mode = {0}, cause = {0};

    hooks_look(guard, &found);
    if (guard_status_is_whole(&found))
        return 0;
    for (enum direction direction = DIRECTION_IN; direction < DIRECTIONS; direction++)
        if (found.ways[direction].standing == WAY_UNKNOWN)
            return why_kernel(why, found.ways[direction].error,
                              "cannot see what is attached to the interface");
    int error = mend_all(guard, &found, &mode, &cause);
    if (error) {
        guard_status_trouble(&found, trouble);
        return why_set(why, error, "%s: %s, and cannot be attached again: %s", guard->interface,
                       trouble, cause.text);
    }
    tell_found(&found, note);
    if (mode.text[0])
        snprintf(note->text + strlen(note->text), sizeof(note->text) - strlen(note->text), ": %.*s",
                 (int)sizeof(note->text) / 2, mode.text);
    return 0;
}
