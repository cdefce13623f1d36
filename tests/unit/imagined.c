/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "imagined.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../loader/lockout/lease.h"
#include "../../loader/lockout/lockout.h"
#include "../../loader/netlink/addresses.h"
#include "../../loader/seed/seed.h"

struct imagined imagined;

struct guard {
    bool is_locked;
};

static struct guard guard;

void imagined_reset(void)
{
    free(imagined.seated);
    imagined = (struct imagined){0};
}

static void step(const char *word)
{
    size_t length = strlen(imagined.steps);

    snprintf(imagined.steps + length, sizeof(imagined.steps) - length, "%s%s", length ? " " : "",
             word);
}

#define WRAPPED(type, name, ...)                                                                   \
    type __wrap_##name(__VA_ARGS__);                                                               \
    type __wrap_##name(__VA_ARGS__)

/* The slow step: the image must not be made twice, and nobody must wait for it meanwhile. */
int __real_policy_compile(const struct policy *policy, const struct bounds *bounds,
                          struct image **image, struct diag *diag);
WRAPPED(int, policy_compile, const struct policy *policy, const struct bounds *bounds,
        struct image **image, struct diag *diag)
{
    imagined.compiled++;
    step(guard.is_locked ? "compile-under-lock" : "compile");
    if (imagined.meanwhile)
        imagined.meanwhile();
    return __real_policy_compile(policy, bounds, image, diag);
}

int __real_image_number(const struct image *image, const struct policy *policy,
                        const struct rule_number *numbers, struct image **numbered);
WRAPPED(int, image_number, const struct image *image, const struct policy *policy,
        const struct rule_number *numbers, struct image **numbered)
{
    imagined.numbered++;
    return __real_image_number(image, policy, numbers, numbered);
}

WRAPPED(int, guard_open, const char *interface, enum guard_use use, struct guard **opened,
        struct why *why)
{
    if (!imagined.seated)
        return why_set(why, -ENOENT, "%s is not guarded", interface);
    step(use == GUARD_READ ? "look" : "open");
    guard.is_locked = true;
    *opened = &guard;
    return 0;
}

WRAPPED(int, guard_create, const char *interface, const struct attach_options *options,
        size_t rules, struct new_guard **made, struct why *why)
{
    (void)options;
    (void)rules;
    if (imagined.seated)
        return why_set(why, -EEXIST, "%s is guarded already", interface);
    step("create");
    guard.is_locked = true;
    *made = (struct new_guard *)&guard;
    return 0;
}

WRAPPED(struct guard *, new_guard_guard, const struct new_guard *made)
{
    (void)made;
    return &guard;
}

WRAPPED(void, new_guard_closep, struct new_guard **made)
{
    if (*made)
        guard.is_locked = false;
}

WRAPPED(void, guard_closep, struct guard **opened)
{
    if (*opened)
        (*opened)->is_locked = false;
}

WRAPPED(void, guard_may_make_way, struct guard *opened)
{
    (void)opened;
    step("make-way");
}

WRAPPED(int, guard_mend, struct guard *opened, struct why *note, struct why *why)
{
    (void)opened;
    (void)why;
    if (!imagined.is_open)
        return 0;
    imagined.is_open = false;
    step("mend");
    return why_set(note, 0, "it is attached again");
}

WRAPPED(bool, guard_cookies_are_missing, const struct guard *opened, struct why *note)
{
    (void)opened;
    (void)note;
    return false;
}

WRAPPED(bool, guard_answers_are_lost, const struct guard *opened, struct why *note)
{
    (void)opened;
    if (imagined.loses_answers)
        why_set(note, 0, "senders are not told");
    return imagined.loses_answers;
}

WRAPPED(int, guard_admits, const struct guard *opened, u64 confirm_ns, struct why *why)
{
    (void)opened;
    if (imagined.is_pending && !confirm_ns)
        return why_set(why, -EBUSY, "a policy waits for confirmation");
    return 0;
}

WRAPPED(int, guard_join_zone, struct guard *opened, const struct guard_zone *zone, struct why *why)
{
    (void)opened;
    (void)why;
    if (zone)
        step("join");
    return 0;
}

WRAPPED(int, guard_number, struct guard *opened, const struct policy *policy,
        struct rule_number **numbers, struct why *why)
{
    (void)opened;
    (void)why;
    step("number");
    *numbers = calloc(policy->rule_count * DIRECTIONS + 1, sizeof(**numbers));
    return *numbers ? 0 : -ENOMEM;
}

WRAPPED(void, guard_forget_numbers, struct guard *opened)
{
    (void)opened;
    step("forget");
}

WRAPPED(int, guard_seat, struct guard *opened, const struct image *image, u64 confirm_ns,
        struct why *why)
{
    size_t bytes = image->header->words * sizeof(u32);

    (void)opened;
    (void)why;
    step(image->header->switches.unguarded ? "seat-unguarded"
         : image->header->switches.audit   ? "seat-audit"
         : confirm_ns                      ? "seat-to-confirm"
                                           : "seat");
    free(imagined.seated);
    imagined.seated = aligned_alloc(128, bytes);
    memcpy(imagined.seated, image->header, bytes);
    imagined.seated->seated.generation++;
    imagined.is_old = false;
    return 0;
}

WRAPPED(int, guard_reseat, struct guard *opened, const struct image *image, struct why *why)
{
    int error = __wrap_guard_seat(opened, image, 0, why);

    step("in-its-place");
    return error;
}

WRAPPED(void, guard_unlock, struct guard *opened)
{
    opened->is_locked = false;
}

WRAPPED(int, addresses_ask, const char *interface, struct host **host)
{
    const char *text = imagined.host ? imagined.host : "self = \n";

    (void)interface;
    return host_parse(text, strlen(text), host);
}

WRAPPED(const struct tables_header *, guard_tables, const struct guard *opened)
{
    (void)opened;
    return imagined.seated;
}

WRAPPED(const struct tables_header *, guard_fallback_tables, const struct guard *opened)
{
    (void)opened;
    return imagined.seated;
}

WRAPPED(int, guard_rollback, struct guard *opened, struct why *why)
{
    (void)opened;
    (void)why;
    step("rollback");
    return 0;
}

WRAPPED(bool, guard_is_of_this_version, const struct guard *opened)
{
    (void)opened;
    return !imagined.is_old;
}

WRAPPED(bool, guard_audits, const struct guard *opened)
{
    (void)opened;
    return imagined.is_audited;
}

WRAPPED(void, guard_set_audit, struct guard *opened, bool audit)
{
    (void)opened;
    imagined.is_audited = audit;
}

WRAPPED(void, guard_count_reload, struct guard *opened, enum reload_result result)
{
    (void)opened;
    step(result == RELOAD_OK ? "count-ok" : "count-failed");
}

WRAPPED(int, guard_ban, struct guard *opened, struct bans *bans, struct why *why)
{
    (void)opened;
    (void)bans;
    step("ban");
    return imagined.refuses_bans ? why_set(why, imagined.refuses_bans, "no room") : 0;
}

WRAPPED(int, new_guard_attach_out, struct new_guard *made, struct why *why)
{
    (void)made;
    (void)why;
    step("attach-out");
    return 0;
}

WRAPPED(int, new_guard_attach, struct new_guard *made, struct why *note, struct why *why)
{
    (void)made;
    (void)why;
    step("attach");
    return why_set(note, 0, "generic mode is used");
}

WRAPPED(const char *, guard_interface, const struct guard *opened)
{
    (void)opened;
    return "eth7";
}

WRAPPED(int, seed_flows, struct guard *opened, const struct tables_header *tables, struct why *why)
{
    (void)opened;
    (void)tables;
    (void)why;
    step("seed");
    return 0;
}

WRAPPED(int, seed_before_swap, struct guard *opened, const struct tables_header *next,
        struct why *why)
{
    (void)opened;
    (void)next;
    (void)why;
    return 0;
}

WRAPPED(int, lockout_check, const struct tables_header *tables, rule_namer *namer,
        const void *context, const char *interface, struct why *why)
{
    (void)namer;
    (void)context;
    if (!imagined.cuts || tables->switches.audit)
        return 0;
    return why_set(why, -EPERM, "%s: this would lock you out", interface);
}

WRAPPED(bool, lease_find, const char *interface, char text[LEASE_TEXT_BYTES])
{
    (void)interface;
    (void)text;
    return false;
}
