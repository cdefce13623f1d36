/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy reader on any bytes: a policy, "@@", and what its set files hold. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

/* Sorted, disjoint, not adjacent. */
static void check_ranges(const struct address_ranges *ranges)
{
    for (size_t i = 0; i < ranges->count; i++) {
        if (ranges->ranges[i].first > ranges->ranges[i].last)
            abort();
        if (i && (ranges->ranges[i].first <= ranges->ranges[i - 1].last ||
                  ranges->ranges[i].first - 1 == ranges->ranges[i - 1].last))
            abort();
    }
}

static void check_policy(const struct policy *policy)
{
    if (!policy->name[0] || strlen(policy->name) >= NAME_BYTES)
        abort();
    for (size_t i = 0; i < policy->set_count; i++) {
        if (policy->sets[i]->index != i)
            abort();
        check_ranges(&policy->sets[i]->family[0]);
        check_ranges(&policy->sets[i]->family[1]);
    }
    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct rule *rule = &policy->rules[i];

        if (!rule->name[0] || !rule->note || !rule->place.line)
            abort();
        if (!rule->direction[DIRECTION_IN] && !rule->direction[DIRECTION_OUT])
            abort();
        if (policy->sets[rule->matches[FIELD_FROM].set->index] != rule->matches[FIELD_FROM].set ||
            policy->sets[rule->matches[FIELD_TO].set->index] != rule->matches[FIELD_TO].set)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct part rest = {data, size};
    struct part text = part_take(&rest);
    struct diag *diag = diag_new();
    struct policy *policy = fuzz_read(text, rest, diag);

    diag_print(diag, fuzz_nowhere());
    if (policy)
        check_policy(policy);
    policy_free(policy);
    diag_free(diag);
    return 0;
}
