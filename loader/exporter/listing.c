/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "listing.h"

#include "../base/clock.h"
#include "../base/memory.h"
#include "../metrics/json.h"

#define RENEW_NS  (2 * SECOND_NS) /* or constant queries would use up a CPU and the lock */
#define SHOWN_MAX 100u            /* bans of an interface */

static int add_guard(struct guard *guard, void *context, struct why *why)
{
    CLEANUP(bans_clear) struct bans bans = {0};
    struct guard_status outline;
    int error = guard_bans(guard, &bans, why);

    if (error)
        return error;
    struct json_object *object = json_object_new_object(), *shown = json_object_new_array();
    guard_outline(guard, &outline);
    json_add_text(object, "interface", outline.interface);
    json_add_number(object, "total", bans.count);
    json_object_object_add(object, "bans", shown);
    bans_sort_by_end(&bans);
    for (size_t i = 0; i < bans.count && i < SHOWN_MAX; i++) {
        struct json_object *ban = json_object_new_object();
        banned_json(ban, &bans.list[i]);
        json_object_array_add(shown, ban);
    }
    json_object_array_add(context, object);
    return 0;
}

static void renew(struct listing *listing, const char *interface, struct why *why)
{
    listing_clear(listing);
    listing->guards = json_object_new_array();
    snapshot_visit_guards(interface, add_guard, listing->guards, why);
    listing->read_ns = monotonic_ns();
}

int listing_answer(struct listing *listing, const char *interface,
                   int (*tell)(const char *text, size_t bytes, void *context), void *context,
                   struct why *why)
{
    int result = 0;

    if (!listing->guards || monotonic_ns() - listing->read_ns >= RENEW_NS)
        renew(listing, interface, why);
    for (size_t i = 0; !result && i < json_object_array_length(listing->guards); i++) {
        size_t bytes;
        const char *text = json_line(json_object_array_get_idx(listing->guards, i), &bytes);
        result = tell(text, bytes, context);
    }
    return result;
}

void listing_clear(struct listing *listing)
{
    json_object_put(listing->guards);
    *listing = (struct listing){0};
}
