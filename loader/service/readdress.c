/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "readdress.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../base/memory.h"
#include "journal.h"

/* Changes come in groups: an address goes, and another one comes. */
#define GATHER_NS (SECOND_NS / 20)
/* After a swap; and how often longer than the CPU worked for the last one, whether it swapped or
 * not. */
#define PAUSE_NS (SECOND_NS / 2)
#define PAUSES   4

u64 readdress_when(const struct guarding *guarding)
{
    u64 soon = monotonic_ns() + GATHER_NS;

    if (!guarding->ifindex || !guarding->snapshot.uses_host)
        return 0;
    return soon > guarding->readdress_at_ns ? soon : guarding->readdress_at_ns;
}

static void tell(struct guarding *guarding, const struct prepared *prepared, const char *changes)
{
    struct service_snapshot now;
    struct why ignored;

    /* What we did ourselves is no news of others. */
    if (guarding_look(guarding, &now, &ignored) == LOOK_GUARDED)
        guarding->snapshot = now;
    guarding->readdress_failed.text[0] = '\0';
    diag_print(prepared->diag, stderr);
    journal(guarding, LOG_NOTICE, "readdressed",
            "addresses have changed, and the policy in force follows: %s", changes);
}

static void tell_failure(struct guarding *guarding, const struct why *why)
{
    if (strcmp(guarding->readdress_failed.text, why->text) != 0)
        journal(guarding, LOG_ERR, "readdress-failed",
                "the policy in force does not know the present addresses: %s", why->text);
    guarding->readdress_failed = *why;
}

bool readdress_follow(struct guarding *guarding)
{
    CLEANUP(prepared_clear) struct prepared prepared = {0};
    CLEANUP_FREE char *changes = NULL;
    char name[INTERFACE_NAME_BYTES];
    struct why why = {0};
    u64 used_before_ns = clock_used_ns();

    if (!guarding->ifindex || !guarding->snapshot.uses_host)
        return false;
    if (monotonic_ns() < guarding->readdress_at_ns)
        return true;
    guarding->readdress_compared = 0;
    guarding_name(guarding, name);
    int error = apply_readdress(name, &guarding->asking->known, &prepared, &changes, &why);
    if (changes)
        tell(guarding, &prepared, changes);
    else if (error && error != -EAGAIN)
        tell_failure(guarding, &why);
    if (!error)
        guarding->readdress_compared = guarding->snapshot.generation;
    u64 pause = PAUSES * (clock_used_ns() - used_before_ns);
    guarding->readdress_at_ns = monotonic_ns() + (changes && pause < PAUSE_NS ? PAUSE_NS : pause);
    return error == -EAGAIN;
}

void readdress_look(struct guarding *guarding)
{
    if (guarding->readdress_compared != guarding->snapshot.generation)
        readdress_follow(guarding);
}
