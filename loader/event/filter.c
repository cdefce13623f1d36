/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/labels.h"
#include "../base/memory.h"

_Static_assert(REASONS <= 32, "filter.reasons has a bit for each");

int filter_add_rule(struct filter *filter, const char *name)
{
    const char **grown = array_grow(filter->rules, filter->rule_count, &filter->rule_capacity,
                                    sizeof(*filter->rules));

    if (!grown)
        return -ENOMEM;
    filter->rules = grown;
    filter->rules[filter->rule_count++] = name;
    return 0;
}

int filter_add_reason(struct filter *filter, const char *name, struct hint *hint)
{
    struct nearest nearest = nearest_to(name, strlen(name));

    for (u32 reason = 0; reason < REASONS; reason++) {
        if (!strcmp(reason_names[reason], name)) {
            filter->reasons |= 1u << reason;
            return 0;
        }
        nearest_try(&nearest, reason_names[reason]);
    }
    *hint = nearest_hint(&nearest);
    return -ENOENT;
}

static bool is_among(const char *name, const struct rule_entry *entries, size_t count,
                     struct hint *hint)
{
    struct nearest nearest = nearest_to(name, strlen(name));

    for (size_t i = 0; i < count; i++) {
        if (!*entries[i].name)
            continue; /* this number is free */
        if (!strcmp(entries[i].name, name))
            return true;
        nearest_try(&nearest, entries[i].name);
    }
    *hint = nearest_hint(&nearest);
    return false;
}

const char *filter_unknown_rule(const struct filter *filter, const struct rule_entry *entries,
                                size_t count, struct hint *hint)
{
    for (size_t i = 0; i < filter->rule_count; i++)
        if (!is_among(filter->rules[i], entries, count, hint))
            return filter->rules[i];
    return NULL;
}

bool filter_admits(const struct filter *filter, const struct event *event, const char *rule)
{
    if (!filter->rule_count && !filter->reasons)
        return true;
    if (event->outcome.kind == OUTCOME_REASON)
        return event->outcome.reason < REASONS && filter->reasons >> event->outcome.reason & 1;
    for (size_t i = 0; rule && i < filter->rule_count; i++)
        if (!strcmp(filter->rules[i], rule))
            return true;
    return false;
}

void filter_clear(struct filter *filter)
{
    free(filter->rules);
    *filter = (struct filter){0};
}
