/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "zones.h"

#include <string.h>

#include "../policy/piece.h"
#include "items.h"

/* Is NAME an interface that the ruleset names, with nothing left out? */
static bool is_interface(const struct ruleset *ruleset, const char *name)
{
    for (size_t i = 0; i < ruleset->interface_count; i++)
        if (!strcmp(ruleset->interfaces[i], name))
            return true;
    return false;
}

/* Zones are called as their interface, or as what the names of their interfaces begin with. */
const char *interface_zone(const struct plan *plan, u16 number)
{
    struct ruleset *ruleset = plan->ruleset;
    const char *name = ruleset->interfaces[number - 1];
    char *zone = arena_get(&ruleset->arena, strlen(name) + 6);
    size_t length = 0;

    if (!zone)
        return "";
    if (!is_letter(*name))
        zone[length++] = 'i';
    for (; *name && *name != '*'; name++)
        zone[length++] = is_letter(*name) || is_digit(*name) || strchr("-_.", *name) ? *name : '-';
    if (*name == '*' && is_interface(ruleset, zone))
        memcpy(zone + length, "-etc", 5);
    return zone;
}

void zones_write(const struct plan *plan, const struct condition *condition,
                 const struct condition *whole, enum aspect aspect, const char *key, FILE *out)
{
    struct items items = {out, key, 0};
    const struct spans *set = condition->aspects[aspect];
    bool but = spans_hold(set, 0);

    if (!condition_asks(condition, whole, aspect))
        return;
    for (size_t i = 1; i <= plan->ruleset->interface_count; i++) {
        const char *zone = interface_zone(plan, (u16)i);
        if (spans_hold(set, i) == but || !strcmp(plan->ruleset->interfaces[i - 1], "lo"))
            continue;
        items_put(&items, but && !items.count
                              ? arena_print(&plan->ruleset->arena, "any but %s", zone)
                              : zone);
    }
    items_end(&items);
}
