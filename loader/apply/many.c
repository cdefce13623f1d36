/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "many.h"

#include <errno.h>
#include <stdlib.h>

#include "../base/memory.h"
#include "reload.h"
#include "seat.h"

void apply_many_clear(struct apply_many *many)
{
    for (size_t i = 0; many->prepared && i < many->count; i++)
        prepared_clear(&many->prepared[i]);
    free(TAKE_PTR(many->prepared));
    free(TAKE_PTR(many->notes));
}

static int begin(struct apply_many *many, struct why *why)
{
    many->prepared = calloc(many->count + 1, sizeof(*many->prepared));
    many->notes = calloc(many->count + 1, sizeof(*many->notes));
    return many->prepared && many->notes ? 0 : why_set(why, -ENOMEM, "out of memory");
}

/* REQUEST of interface number AT. */
static struct apply_request request_of(const struct apply_many *many, size_t at)
{
    struct apply_request request = many->request;

    request.interface = many->interfaces[at];
    return request;
}

typedef int one_change(struct apply_many *many, size_t at, void *context, struct why *why);

static int change_each(struct apply_many *many, one_change *change, void *context, struct why *why)
{
    int error = 0;

    for (size_t i = 0; i < many->count && !error; i++) {
        many->failed = i;
        error = change(many, i, context, why);
    }
    return error;
}

/* Changes all or none. One alone needs no journal. */
static int change_together(struct apply_many *many, enum together_kind kind, one_change *change,
                           void *context, struct why *why)
{
    CLEANUP(together_endp) struct together *together = NULL;
    int error;

    if (many->count == 1)
        return change_each(many, change, context, why);
    error = together_begin(kind, many->interfaces, many->count, &together, why);
    if (!error)
        error = change_each(many, change, context, why);
    return error ? error : together_commit(together, why);
}

/* CONTEXT points to the path. */
static int read_one(struct apply_many *many, size_t at, void *context, struct why *why)
{
    struct apply_request request = request_of(many, at);
    const char *const *path = context;
    int error = apply_read(request.interface, *path, NULL, &many->prepared[at], why);

    return error ? error : apply_lockout(&request, &many->prepared[at], why);
}

static int attach_one(struct apply_many *many, size_t at, void *context, struct why *why)
{
    struct apply_request request = request_of(many, at);
    int error = apply_attach(&request, &many->prepared[at], NULL, &many->notes[at], why);

    (void)context;
    if (!error)
        apply_note_policy(&many->prepared[at], request.interface, &many->notes[at]);
    return error;
}

int apply_attach_many(struct apply_many *many, const char *path, struct why *why)
{
    int error = begin(many, why);

    if (!error)
        error = change_each(many, read_one, &path, why);
    return error ? error : change_together(many, TOGETHER_ATTACH, attach_one, NULL, why);
}

/* The reloads of all interfaces. */
struct reloads {
    const char *path;
    struct apply_request *requests;
    struct reload *each;
};

static int prepare_one(struct apply_many *many, size_t at, void *context, struct why *why)
{
    struct reloads *reloads = context;

    reloads->requests[at] = request_of(many, at);
    reload_clear(&reloads->each[at]);
    reloads->each[at] =
        (struct reload){.request = &reloads->requests[at], .prepared = &many->prepared[at]};
    return reload_prepare(&reloads->each[at], reloads->path, why);
}

static int put_one(struct apply_many *many, size_t at, void *context, struct why *why)
{
    const struct reloads *reloads = context;

    return reload_put(&reloads->each[at], &many->notes[at], why);
}

static int reload_all(struct apply_many *many, struct reloads *reloads, struct why *why)
{
    int error = -EAGAIN;

    for (int tries = 0; tries < RELOAD_TRIES && error == -EAGAIN; tries++) {
        error = change_each(many, prepare_one, reloads, why);
        if (!error)
            error = change_together(many, TOGETHER_CHANGE, put_one, reloads, why);
    }
    return error;
}

int apply_reload_many(struct apply_many *many, const char *path, struct why *why)
{
    struct reloads reloads = {.path = path};
    int error = begin(many, why);

    reloads.requests = calloc(many->count + 1, sizeof(*reloads.requests));
    reloads.each = calloc(many->count + 1, sizeof(*reloads.each));
    if (!error && (!reloads.requests || !reloads.each))
        error = why_set(why, -ENOMEM, "out of memory");
    if (!error)
        error = reload_all(many, &reloads, why);
    for (size_t i = 0; i < many->count; i++) {
        apply_count_reload(many->interfaces[i], error);
        if (!error)
            apply_note_policy(&many->prepared[i], many->interfaces[i], &many->notes[i]);
        if (reloads.each)
            reload_clear(&reloads.each[i]);
    }
    free(reloads.requests);
    free(reloads.each);
    return error;
}

static int rollback_one(struct apply_many *many, size_t at, void *context, struct why *why)
{
    struct apply_request request = request_of(many, at);

    (void)context;
    return apply_rollback(&request, &many->notes[at], why);
}

/* Flows are shared as the policy says that is in force again. Policies are back whether this
 * succeeds or not. */
static void settle_zone(const char *interface, struct apply_notes *notes)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    struct why why = {0}, told = {0}; /* what had to be put back has been told */
    int error = apply_open(interface, false, &guard, &told, &why);

    if (!error)
        error = apply_seat_zone(guard, &why);
    if (error)
        why_set(&notes->zone, error, "%s shares flows as before the rollback: %.900s", interface,
                why.text);
}

/* Zones come last: what is done together may still be undone until then, and that knows no
 * zones. */
int apply_rollback_many(struct apply_many *many, struct why *why)
{
    int error = begin(many, why);

    if (!error)
        error = change_together(many, TOGETHER_CHANGE, rollback_one, NULL, why);
    for (size_t i = 0; i < many->count && !error; i++)
        settle_zone(many->interfaces[i], &many->notes[i]);
    return error;
}

static int confirm_one(struct apply_many *many, size_t at, void *context, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    int error = apply_open(many->interfaces[at], false, &guard, &many->notes[at].mended, why);

    (void)context;
    return error ? error : guard_confirm(guard, why);
}

/* Is a policy on interface number AT waiting to be confirmed? */
static int check_pending(struct apply_many *many, size_t at, void *context, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    int error = guard_open(many->interfaces[at], GUARD_READ, &guard, why);

    (void)context;
    if (!error && !guard_is_pending(guard))
        return why_set(why, -ENOENT, "no policy on %s waits for confirmation",
                       many->interfaces[at]);
    return error;
}

int apply_confirm_many(struct apply_many *many, struct why *why)
{
    int error = begin(many, why);

    if (!error && many->count > 1)
        error = change_each(many, check_pending, NULL, why);
    return error ? error : change_together(many, TOGETHER_CONFIRM, confirm_one, NULL, why);
}

static int detach_one(struct apply_many *many, size_t at, void *context, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    int error = guard_open(many->interfaces[at], GUARD_REMOVE, &guard, why);

    (void)context;
    return error ? error : guard_detach(guard, why);
}

int apply_detach_many(struct apply_many *many, struct why *why)
{
    int error = begin(many, why);

    return error ? error : change_together(many, TOGETHER_DETACH, detach_one, NULL, why);
}
