/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seat.h"

#include <errno.h>
#include <string.h>

#include "../base/memory.h"
#include "../policy/zones.h"
#include "../seed/seed.h"

static void image_freep(struct image **image)
{
    image_free(*image);
}

/* The zone of GUARD's interface. */
struct membership {
    const struct policy *policy;
    unsigned int zone;
};

static bool has_too(const void *context, const char *interface)
{
    const struct membership *membership = context;
    const struct policy *policy = membership->policy;

    return zone_of(policy, policy->host, interface) == membership->zone;
}

/* The interfaces of a zone share their flows. */
static int join_zone(struct guard *guard, const struct policy *policy, struct why *why)
{
    struct membership membership = {policy, zone_of(policy, policy->host, guard_interface(guard))};
    struct guard_zone zone = {.policy = policy->name, .has = has_too, .context = &membership};
    bool is_member = membership.zone != ZONE_ELSEWHERE && membership.zone != ZONE_HERE;

    if (is_member)
        zone.zone = zone_name(policy, membership.zone);
    return guard_join_zone(guard, is_member ? &zone : NULL, why);
}

/* Make *image, with the numbers that its rules have on GUARD's interface. */
static int number_for(struct guard *guard, const struct prepared *prepared, struct image **image,
                      struct why *why)
{
    CLEANUP_FREE struct rule_number *numbers = NULL;
    int error = join_zone(guard, prepared_whole(prepared), why);

    if (!error)
        error = guard_number(guard, prepared->policy, &numbers, why);
    if (error)
        return error;
    CLEANUP(image_freep) struct image *made = NULL;
    error = image_number(prepared->image, prepared->policy, numbers, &made);
    if (!error)
        error = image_keep(made, &prepared->archive);
    /* An archive too large to be kept is no reason to leave the interface unguarded. */
    if (made && (!error || error == -E2BIG)) {
        *image = TAKE_PTR(made);
        return 0;
    }
    guard_forget_numbers(guard);
    return why_set(why, error, "out of memory");
}

/* Whether this succeeds or not, IMAGE's numbers end up either in use by a seat or free again. */
static int seat_numbered(struct guard *guard, const struct image *image, u64 confirm_ns,
                         struct why *why)
{
    int error = seed_before_swap(guard, image->header, why);

    if (!error)
        return guard_seat(guard, image, confirm_ns, why);
    guard_forget_numbers(guard);
    return error;
}

int apply_seat(struct guard *guard, const struct prepared *prepared, u64 confirm_ns,
               struct why *why)
{
    CLEANUP(image_freep) struct image *image = NULL;
    int error = guard_admits(guard, confirm_ns, why);

    if (!error)
        error = number_for(guard, prepared, &image, why);
    return error ? error : seat_numbered(guard, image, confirm_ns, why);
}

static bool is_same_file(const struct tables_header *now, const struct policy *policy)
{
    return now && !now->switches.unguarded && now->switches.audit == (policy->mode == MODE_AUDIT) &&
           !memcmp(now->sha256, policy->sha256, sizeof(now->sha256));
}

/* Are the words the same, apart from those that are set when they are seated? */
static bool is_same_block(const struct tables_header *now, const struct tables_header *made)
{
    struct tables_header first = *now;

    first.seated = made->seated;
    return now->words == made->words && !memcmp(&first, made, sizeof(first)) &&
           !memcmp(now + 1, made + 1, made->words * sizeof(u32) - sizeof(first));
}

int apply_seat_if_changed(struct guard *guard, const struct prepared *prepared, bool *changed,
                          struct why *why)
{
    CLEANUP(image_freep) struct image *image = NULL;

    *changed = true;
    if (!guard_is_of_this_version(guard) || !is_same_file(guard_tables(guard), prepared->policy))
        return apply_seat(guard, prepared, 0, why);
    /* Its lists may differ: only the whole block tells. */
    int error = number_for(guard, prepared, &image, why);
    if (error)
        return error;
    *changed = !is_same_block(guard_tables(guard), image->header);
    if (!*changed)
        return 0;
    error = guard_admits(guard, 0, why);
    if (!error)
        return seat_numbered(guard, image, 0, why);
    guard_forget_numbers(guard);
    return error;
}

int apply_seat_instead(struct guard *guard, const struct prepared *prepared, struct why *why)
{
    CLEANUP(image_freep) struct image *image = NULL;
    int error = number_for(guard, prepared, &image, why);

    return error ? error : guard_reseat(guard, image, why);
}

int apply_seat_unguarded(struct guard *guard, struct why *why)
{
    CLEANUP(image_freep) struct image *image = NULL;
    int error = image_unguarded(&image);

    return error ? why_set(why, error, "out of memory") : guard_seat(guard, image, 0, why);
}

int apply_seat_fallback(struct guard *guard, struct why *why)
{
    const struct tables_header *fallback = guard_fallback_tables(guard);
    int error = fallback ? seed_before_swap(guard, fallback, why) : 0;

    return error ? error : guard_rollback(guard, why);
}

static int archived_policy(const struct tables_header *tables, struct policy **policy)
{
    CLEANUP(diag_freep) struct diag *diag = diag_new();
    size_t length;
    const void *archive = tables_archive(tables, &length);

    if (!diag)
        return -ENOMEM;
    return archive ? archive_read(archive, length, NULL, policy, diag) : -ENOENT;
}

int apply_seat_zone(struct guard *guard, struct why *why)
{
    CLEANUP(policy_freep) struct policy *policy = NULL;
    const struct tables_header *tables = guard_tables(guard);

    if (tables->switches.unguarded || (!guard_is_in_zone(guard) && !tables->identities_count))
        return 0;
    int error = archived_policy(tables, &policy);
    return error ? why_set(why, error, "cannot read the policy in force: %s", strerror(-error))
                 : join_zone(guard, policy, why);
}

void apply_note_answers(const struct guard *guard, struct apply_notes *notes)
{
    guard_answers_are_lost(guard, &notes->answers);
    guard_connections_are_hidden(guard, &notes->hidden);
    guard_cookies_are_missing(guard, &notes->cookies);
}
