/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "zones_lint.h"

#include <errno.h>
#include <string.h>

#include "../base/memory.h"
#include "../compile/lint.h"

/* What lint says of each zone. */
struct said {
    struct diag *by_zone[ZONE_ELSEWHERE + 1];
    unsigned int zones;
};

static void said_clear(struct said *said)
{
    for (size_t zone = 0; zone < ARRAY_SIZE(said->by_zone); zone++)
        diag_free(said->by_zone[zone]);
}

static int lint_zone(struct zone_judges *judges, unsigned int zone, struct diag *said,
                     struct diag *diag)
{
    struct zone_judge *judge;
    int error = zone_judges_get(judges, zone, diag, &judge);

    return error ? error : policy_lint(judge->policy, judge->image, said);
}

static bool same_place(struct place a, struct place b)
{
    return a.source == b.source && a.line == b.line && a.column == b.column;
}

/* In how many zones is the rule at PLACE? A place that is no rule's is in all. */
static unsigned int count_zones(const struct policy *whole, struct place place, unsigned int all)
{
    const struct rule *rule = NULL;
    unsigned int count = 0;

    for (size_t i = 0; i < whole->rule_count && !rule; i++)
        if (same_place(whole->rules[i].place, place))
            rule = &whole->rules[i];
    if (!rule)
        return all;
    for (unsigned int zone = ZONE_HERE; (zone = zone_next(whole, zone)) != ZONE_HERE;)
        count +=
            rule_concerns(rule, zone, DIRECTION_IN) || rule_concerns(rule, zone, DIRECTION_OUT);
    return count;
}

static bool says(const struct diag *diag, const char *text, struct place place)
{
    enum severity severity;
    struct place other;
    const char *one;

    for (size_t i = 0; i < diag_messages(diag); i++) {
        one = diag_message(diag, i, &severity, &other);
        if (one && same_place(place, other) && !strcmp(one, text))
            return true;
    }
    return false;
}

/* Adds the messages about ZONE that are true in all zones that matter, and were not added for an
 * earlier one. */
static void add_common(const struct policy *whole, const struct said *said, unsigned int zone,
                       struct diag *diag)
{
    enum severity severity;
    struct place place;

    for (size_t i = 0; i < diag_messages(said->by_zone[zone]); i++) {
        const char *text = diag_message(said->by_zone[zone], i, &severity, &place);
        unsigned int count = 0;
        bool before = false;

        for (unsigned int other = 0; text && other < ARRAY_SIZE(said->by_zone); other++) {
            bool also = said->by_zone[other] && says(said->by_zone[other], text, place);
            count += also;
            before |= also && other < zone;
        }
        if (text && !before && count >= count_zones(whole, place, said->zones))
            diag_add(diag, severity, place, "%s", text);
    }
}

int zones_lint(const struct policy *whole, struct zone_judges *judges, struct diag *diag)
{
    CLEANUP(said_clear) struct said said = {.zones = 0};
    size_t first = diag_messages(diag);

    for (unsigned int zone = ZONE_HERE; (zone = zone_next(whole, zone)) != ZONE_HERE;) {
        said.by_zone[zone] = diag_new();
        int error =
            said.by_zone[zone] ? lint_zone(judges, zone, said.by_zone[zone], diag) : -ENOMEM;
        if (error)
            return error;
        said.zones++;
    }
    for (unsigned int zone = 0; zone < ARRAY_SIZE(said.by_zone); zone++)
        if (said.by_zone[zone])
            add_common(whole, &said, zone, diag);
    diag_sort(diag, first);
    return 0;
}
