/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int rule_names_read(const struct guard *guard, struct rule_names *names)
{
    const struct tables_header *seated[] = {guard_tables(guard), guard_fallback_tables(guard)};
    struct rule_names made = {0};
    const struct rule_entry *entries = guard_rules(guard, &made.count);

    made.names = calloc(made.count + 1, sizeof(*made.names));
    if (!made.names)
        return -ENOMEM;
    for (size_t i = 0; i < made.count; i++)
        memcpy(made.names[i], entries[i].name, RULE_NAME_BYTES);
    struct view view;
    struct why ignored;
    guard_view(guard, &view);
    if (view_blocks(&view, &made.blocks, &made.block_count, &ignored)) {
        rule_names_clear(&made);
        return -ENOMEM;
    }
    for (int i = 0; i < 2; i++)
        made.generations[i] = seated[i] ? seated[i]->seated.generation : 0;
    rule_names_clear(names);
    *names = made;
    return 0;
}

bool rule_names_know(const struct rule_names *names, u32 generation)
{
    return generation &&
           (names->generations[0] == generation || names->generations[1] == generation);
}

const char *rule_names_of(const struct rule_names *names, u32 generation,
                          const struct outcome *outcome)
{
    if (outcome->kind == OUTCOME_REASON || !rule_names_know(names, generation) ||
        outcome->rule >= names->count)
        return NULL;
    return names->names[outcome->rule];
}

static int compare_number(const void *number, const void *block)
{
    u32 a = *(const u32 *)number, b = ((const struct block_sample *)block)->number;

    return a < b ? -1 : a > b;
}

static const char *block_name(const struct rule_names *names, u32 number)
{
    const struct block_sample *found =
        names->block_count
            ? bsearch(&number, names->blocks, names->block_count, sizeof(*found), compare_number)
            : NULL;

    return found ? found->name.name : NULL;
}

bool rule_names_lack_block(const struct rule_names *names, const struct event *event)
{
    return outcome_is_block(&event->outcome) && !block_name(names, event->outcome.rule);
}

const char *rule_names_find(const struct rule_names *names, const struct event *event)
{
    if (outcome_is_block(&event->outcome))
        return block_name(names, event->outcome.rule);
    return rule_names_of(names, event->generation, &event->outcome);
}

void rule_names_clear(struct rule_names *names)
{
    free(names->names);
    free(names->blocks);
    *names = (struct rule_names){0};
}
