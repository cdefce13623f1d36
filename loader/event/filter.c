/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/labels.h"
#include "../base/memory.h"

/* Limits are no reason, but are asked for like one. */
#define LIMIT_BIT REASONS
_Static_assert(LIMIT_BIT < 32, "filter.reasons has a bit for each");

static const char *asked_name(u32 bit)
{
    return bit == LIMIT_BIT ? LIMIT_NAME : reason_names[bit];
}

/* Is EVENT of a reason that FILTER asks for? */
static bool is_of_reason(const struct filter *filter, const struct event *event)
{
    const struct outcome *outcome = &event->outcome;

    if (outcome->kind == OUTCOME_LIMITED)
        return filter->reasons >> LIMIT_BIT & 1;
    return outcome->kind == OUTCOME_REASON && outcome->reason < REASONS &&
           filter->reasons >> outcome->reason & 1;
}

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

    for (u32 bit = 0; bit <= LIMIT_BIT; bit++) {
        if (!strcmp(asked_name(bit), name)) {
            filter->reasons |= 1u << bit;
            return 0;
        }
        nearest_try(&nearest, asked_name(bit));
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
    if (is_of_reason(filter, event))
        return true;
    if (event->outcome.kind == OUTCOME_REASON)
        return false;
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
