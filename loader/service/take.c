/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the policy file and putting it in force. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../apply/force.h"
#include "../base/memory.h"
#include "journal.h"
#include "keeping.h"

const char *const taking_events[] = {
    [TAKEN_ATTACHED] = "attached",
    [TAKEN_SWAPPED] = "reloaded",
    [TAKEN_UNCHANGED] = "unchanged",
    [TAKEN_UPGRADED] = "upgraded", /* by the programs of this version now */
};

void keep_last(struct guarding *guarding, struct prepared *fresh)
{
    prepared_clear(&guarding->last);
    guarding->last = *fresh;
    *fresh = (struct prepared){0};
}

static void first_error(const char *said, struct why *why)
{
    const char *found = strstr(said, "error: ");

    while (found && found > said && found[-1] != '\n')
        found--;
    if (found)
        why_set(why, 0, "%.*s", (int)strcspn(found, "\n"), found);
}

int read_file(const struct guarding *guarding, struct prepared *fresh, struct why *why)
{
    CLEANUP_FREE char *said = NULL;
    size_t length;
    FILE *stream = open_memstream(&said, &length);

    if (!stream)
        return why_set(why, -ENOMEM, "out of memory");
    int error = policy_prepare_to(guarding->options->policy, fresh, stream);
    if (fclose(stream) || !said)
        return error ? error : why_set(why, -ENOMEM, "out of memory");
    if (error) {
        why_set(why, error, "cannot use %s%s", guarding->options->policy,
                error == -ENOMEM ? ": out of memory" : "");
        first_error(said, why);
    }
    /* What is tried again and again need not be said again and again. */
    if (!error || strcmp(why->text, guarding->trouble.text) != 0)
        fputs(said, stderr);
    return error;
}

static int attach(const struct guarding *guarding, struct prepared *policy, struct why *why)
{
    CLEANUP(bans_clear) struct bans kept = {0};
    const struct service_options *options = guarding->options;
    struct why note = {0};

    keeping_read(guarding, &kept);
    int error = attach_in_force(options->interface, &options->attach, 0, policy, &kept, &note, why);
    if (note.text[0])
        journal(guarding, LOG_WARNING, "generic", "%s", note.text);
    if (!error)
        keeping_tell(guarding, kept.count);
    return error;
}

static int swap(const struct guarding *guarding, struct prepared *policy, enum taking *how,
                struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    const struct service_options *options = guarding->options;
    struct why note = {0};
    bool changed;

    int error = guarding_open(guarding, GUARD_CHANGE, &guard, why);
    if (error)
        return error;
    guard_may_make_way(guard);
    error = guard_mend(guard, &note, why);
    if (note.text[0])
        journal(guarding, LOG_WARNING, "mended", "%s", note.text);
    if (error)
        return error;
    if (options->attach.audit)
        policy->policy->mode = MODE_AUDIT;
    bool is_current = guard_is_of_this_version(guard);
    error = put_if_changed(guard, policy, &changed, why);
    if (error)
        return error;
    guard_set_audit(guard, options->attach.audit);
    *how = !changed ? TAKEN_UNCHANGED : is_current ? TAKEN_SWAPPED : TAKEN_UPGRADED;
    return 0;
}

int take(struct guarding *guarding, struct prepared *policy, enum taking *how, struct why *why)
{
    struct interface named;
    int error = swap(guarding, policy, how, why);

    if (error != -ENOENT && error != -ENODEV)
        return error;
    if (interface_by_name(guarding->options->interface, &named))
        return -ENODEV;
    *how = TAKEN_ATTACHED;
    error = attach(guarding, policy, why);
    /* Somebody else was faster. */
    return error == -EEXIST ? swap(guarding, policy, how, why) : error;
}
