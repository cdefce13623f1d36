/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A reload that somebody asks for: the slow part is done while nobody waits for us. */
#include "apply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"
#include "reload.h"
#include "seat.h"

/* Find out which file to read, and report what cannot be done before any file is read. */
static int look(struct reload *reload, const char *path, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    const struct apply_request *request = reload->request;
    int error = guard_open(request->interface, GUARD_READ, &guard, why);

    if (!error)
        error = guard_admits(guard, request->confirm_ns, why);
    if (error)
        return error;
    reload->is_named = path;
    reload->from = strdup(path ? path : tables_path(guard_tables(guard)));
    if (!reload->from)
        return why_set(why, -ENOMEM, "out of memory");
    if (!*reload->from)
        return why_set(why, -EINVAL,
                       "no policy is in force on %s that could be read again: name one",
                       request->interface);
    return 0;
}

static int prepare(struct reload *reload, struct why *why)
{
    prepared_clear(reload->prepared);
    int error = apply_read(reload->request->interface, reload->from, NULL, reload->prepared, why);
    if (!error)
        reload->refused = apply_lockout(reload->request, reload->prepared, &reload->refusal);
    return error;
}

/* Under the lock, after another look: what was prepared may no longer be what is wanted. */
static int put(struct guard *guard, const struct reload *reload, struct why *why)
{
    struct prepared *prepared = reload->prepared;

    if (!reload->is_named && strcmp(reload->from, tables_path(guard_tables(guard))) != 0)
        return why_set(why, -EAGAIN,
                       "%s got a policy from another file while %s was being read: try again",
                       reload->request->interface, reload->from);
    if (!reload->is_named && guard_audits(guard)) {
        prepared->policy->mode = MODE_AUDIT;
    } else if (reload->refused) {
        *why = reload->refusal;
        return reload->refused;
    }
    int error = apply_seat(guard, prepared, reload->request->confirm_ns, why);
    if (!error && reload->is_named)
        guard_set_audit(guard, false);
    return error;
}

int reload_prepare(struct reload *reload, const char *path, struct why *why)
{
    int error = look(reload, path, why);

    return error ? error : prepare(reload, why);
}

int reload_put(const struct reload *reload, struct apply_notes *notes, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    int error = apply_open(reload->request->interface, false, &guard, &notes->mended, why);

    if (!error)
        error = put(guard, reload, why);
    if (!error)
        apply_note_answers(guard, notes);
    return error;
}

void reload_clear(struct reload *reload)
{
    free(reload->from);
    reload->from = NULL;
}

int apply_reload(const struct apply_request *request, const char *path, struct prepared *prepared,
                 struct apply_notes *notes, struct why *why)
{
    int error = -EAGAIN;

    for (int tries = 0; tries < RELOAD_TRIES && error == -EAGAIN; tries++) {
        CLEANUP(reload_clear) struct reload reload = {.request = request, .prepared = prepared};

        error = reload_prepare(&reload, path, why);
        if (!error)
            error = reload_put(&reload, notes, why);
    }
    apply_count_reload(request->interface, error);
    if (!error)
        apply_note_policy(prepared, request->interface, notes);
    return error;
}
