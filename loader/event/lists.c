/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lists.h"

#include <edgexdp/tables.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"

static int name_list(const struct address_set *set, char **name)
{
    if (!set || !strcmp(set->label, "any"))
        return 0;
    *name = strdup(set->label);
    return *name ? 0 : -ENOMEM;
}

static int take_lists(const struct policy *policy, const struct tables_header *header,
                      struct rule_lists *lists)
{
    const struct tables_rule *rules = tables_rules(header);
    int error = 0;

    for (u32 i = 0; i < header->rules_count; i++)
        if (rules[i].number >= lists->count)
            lists->count = rules[i].number + 1;
    lists->lists = calloc(lists->count + 1, sizeof(*lists->lists));
    if (!lists->lists)
        return -ENOMEM;
    for (u32 i = 0; !error && i < header->rules_count; i++) {
        u32 place = rules[i].position - 1;
        struct rule_list *list = &lists->lists[rules[i].number];
        if (place >= policy->rule_count)
            continue;
        error = name_list(policy->rules[place].matches[FIELD_FROM].set, &list->from);
        if (!error)
            error = name_list(policy->rules[place].matches[FIELD_TO].set, &list->to);
    }
    return error;
}

int rule_lists_read(const struct guard *guard, struct rule_lists *lists)
{
    const struct tables_header *header = guard_tables(guard);
    CLEANUP(diag_freep) struct diag *diag = diag_new();
    CLEANUP(policy_freep) struct policy *policy = NULL;
    CLEANUP(rule_lists_clear) struct rule_lists made = {.generation = header->seated.generation};

    int error = diag ? tables_policy(header, &policy, diag) : -ENOMEM;
    if (!error)
        error = take_lists(policy, header, &made);
    if (error == -ENOMEM)
        return error;
    rule_lists_clear(lists);
    *lists = made;
    made = (struct rule_lists){0};
    return 0;
}

struct rule_list rule_lists_find(const struct rule_lists *lists, const struct event *event)
{
    u32 number = event->outcome.rule;

    if (event->outcome.kind == OUTCOME_REASON || event->generation != lists->generation ||
        number >= lists->count)
        return (struct rule_list){0};
    return lists->lists[number];
}

char *rule_list_print(const struct rule_list *list, char text[RULE_LIST_TEXT_BYTES])
{
    *text = '\0';
    if (list->from || list->to)
        snprintf(text, RULE_LIST_TEXT_BYTES, " (%s%s%s%s%s)", list->from ? "from " : "",
                 list->from ? list->from : "", list->from && list->to ? " " : "",
                 list->to ? "to " : "", list->to ? list->to : "");
    return text;
}

void rule_lists_clear(struct rule_lists *lists)
{
    for (size_t i = 0; i < lists->count && lists->lists; i++) {
        free(lists->lists[i].from);
        free(lists->lists[i].to);
    }
    free(lists->lists);
    *lists = (struct rule_lists){0};
}
