/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "force.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"
#include "../kernel/interface.h"
#include "../lockout/lease.h"
#include "../lockout/lockout.h"
#include "../seed/seed.h"

static void image_freep(struct image **image)
{
    image_free(*image);
}

/* With the numbers that its rules have on GUARD's interface. */
static int number_for(struct guard *guard, struct prepared *prepared, struct image **image,
                      struct why *why)
{
    CLEANUP_FREE struct rule_number *numbers = NULL;
    int error = guard_number(guard, prepared->policy, &numbers, why);

    if (error)
        return error;
    CLEANUP(image_freep) struct image *made = NULL;
    error = image_number(prepared->image, prepared->policy, numbers, &made);
    if (!error)
        error = image_keep(made, &prepared->archive);
    /* What cannot be kept for its size is no reason to guard nothing. */
    if (made && (!error || error == -E2BIG)) {
        *image = TAKE_PTR(made);
        return 0;
    }
    guard_forget_numbers(guard);
    return why_set(why, error, "out of memory");
}

int put_in_force(struct guard *guard, struct prepared *prepared, u64 confirm_ns, struct why *why)
{
    struct image *image = NULL;

    int error = guard_admits(guard, confirm_ns, why);
    if (!error)
        error = number_for(guard, prepared, &image, why);
    if (error)
        return error;
    error = seed_before_swap(guard, image->header, why);
    if (!error)
        error = guard_seat(guard, image, confirm_ns, why);
    else
        guard_forget_numbers(guard);
    image_free(image);
    return error;
}

int roll_back(struct guard *guard, struct why *why)
{
    const struct tables_header *fallback = guard_fallback_tables(guard);
    int error = fallback ? seed_before_swap(guard, fallback, why) : 0;

    return error ? error : guard_rollback(guard, why);
}

static bool is_same_file(const struct tables_header *now, const struct policy *policy)
{
    return now && !now->switches.unguarded && now->switches.audit == (policy->mode == MODE_AUDIT) &&
           !memcmp(now->sha256, policy->sha256, sizeof(now->sha256));
}

/* The same words, but for what is told of them when they are seated. */
static bool is_same_block(const struct tables_header *now, const struct tables_header *made)
{
    struct tables_header first = *now;

    first.loaded_at_ns = made->loaded_at_ns;
    first.generation = made->generation;
    first.programs = made->programs;
    first.switches.bare = made->switches.bare;
    return now->words == made->words && !memcmp(&first, made, sizeof(first)) &&
           !memcmp(now + 1, made + 1, made->words * sizeof(u32) - sizeof(first));
}

int put_if_changed(struct guard *guard, struct prepared *prepared, bool *changed, struct why *why)
{
    const struct tables_header *now = guard_tables(guard);

    if (guard_is_of_this_version(guard) && is_same_file(now, prepared->policy)) {
        struct image *image = NULL;
        int error = number_for(guard, prepared, &image, why);
        if (error)
            return error;
        *changed = !is_same_block(guard_tables(guard), image->header);
        image_free(image);
        if (!*changed)
            return 0;
    }
    *changed = true;
    return put_in_force(guard, prepared, 0, why);
}

/* Unless it is confirmed, a first policy gives way to accepting everything. */
static int seat_unguarded(struct guard *guard, struct why *why)
{
    struct image *image = NULL;
    int error = image_unguarded(&image);
    if (error)
        return why_set(why, error, "out of memory");
    error = guard_seat(guard, image, 0, why);
    image_free(image);
    return error;
}

/* To be guarded without them is better than not to be guarded. */
static void put_back_bans(struct guard *guard, struct bans *bans, struct why *note)
{
    struct why why = {0};

    if (bans && bans->count && guard_ban(guard, bans, &why))
        why_set(note, 0, "the bans that were kept are not in force: %s", why.text);
}

int attach_in_force(const char *interface, const struct attach_options *options, u64 confirm_ns,
                    struct prepared *prepared, struct bans *bans, struct why *note, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    int error = guard_create(interface, options, prepared->image->entry_count, &guard, why);
    if (error)
        return error;
    if (options->audit)
        prepared->policy->mode = MODE_AUDIT;
    if (confirm_ns)
        error = seat_unguarded(guard, why);
    if (!error)
        error = put_in_force(guard, prepared, confirm_ns, why);
    if (!error)
        put_back_bans(guard, bans, note);
    if (!error)
        error = guard_attach_out(guard, why);
    if (!error)
        error = seed_flows(guard, guard_tables(guard), why);
    return error ? error : guard_attach(guard, note, why);
}

static const char *name_of_entry(const void *context, u32 number)
{
    const struct prepared *prepared = context;
    return prepared->policy->rules[prepared->image->entries[number].rule].name;
}

int refuse_lockout(const struct prepared *prepared, const char *interface, struct why *why)
{
    char name[INTERFACE_NAME_BYTES];

    interface_canonical(interface, name);
    return lockout_check(prepared->image->header, name_of_entry, prepared, name, why);
}

void count_reload(const char *interface, int error)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    struct why ignored;

    if (!guard_open(interface, GUARD_READ, &guard, &ignored))
        guard_count_reload(guard, error ? RELOAD_FAILED : RELOAD_OK);
}

void note_lease(const struct prepared *prepared, const char *interface, struct why *note)
{
    char address[LEASE_TEXT_BYTES];

    if (!prepared->policy->baseline.dhcp_client && lease_find(interface, address))
        why_set(
            note, 0,
            "the address %s of %s was leased by DHCP, and will be lost when the lease ends, since "
            "the policy drops what renews it: add \"dhcp-client = accept\" to [baseline]",
            address, interface);
}
