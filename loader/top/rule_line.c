/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rule_line.h"

#include <stdlib.h>
#include <string.h>

#include "../policy/format.h"
#include "../policy/match.h"

static const struct rule *find(const struct policy *policy, const char *name)
{
    for (size_t i = 0; i < policy->rule_count; i++)
        if (!strcmp(policy->rules[i].name, name))
            return &policy->rules[i];
    return NULL;
}

void rule_line_read(const struct guard *guard, const char *name, struct rule_line *line)
{
    const struct tables_header *tables = guard_tables(guard);
    struct policy *policy = NULL;

    if (line->generation == tables->seated.generation && !strcmp(line->name, name))
        return;
    rule_line_clear(line);
    line->generation = tables->seated.generation;
    strncpy(line->name, name, sizeof(line->name) - 1);
    struct diag *diag = diag_new();
    const struct rule *rule =
        diag && !tables_policy(tables, &policy, diag) ? find(policy, name) : NULL;
    if (rule && !policy_format_rule(rule->place.source, name, &line->text))
        line->is_tcp = rule_always_has(rule, FIELD_TCP_FLAGS);
    policy_free(policy);
    diag_free(diag);
}

void rule_line_clear(struct rule_line *line)
{
    free(line->text);
    *line = (struct rule_line){0};
}
