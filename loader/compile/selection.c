/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "selection.h"

#include <errno.h>
#include <stdlib.h>

int selection_init(struct selection *selection, size_t room)
{
    *selection = (struct selection){.rules = calloc(2 * room + 1, sizeof(*selection->rules)),
                                    .origins = calloc(2 * room + 1, sizeof(*selection->origins)),
                                    .reached = calloc(2 * room + 1, sizeof(*selection->reached)),
                                    .runs = calloc(room + 1, sizeof(*selection->runs))};
    return selection->rules && selection->origins && selection->reached && selection->runs
               ? 0
               : -ENOMEM;
}

void selection_clear(struct selection *selection)
{
    for (size_t i = 0; selection->runs && i < selection->run_count; i++)
        free(selection->runs[i].runs);
    free(selection->rules);
    free(selection->origins);
    free(selection->reached);
    free(selection->runs);
}

void selection_add(struct selection *selection, size_t origin, const struct rule_wants *wants,
                   u32 leaf)
{
    if (wants_nothing(wants))
        return;
    selection->origins[selection->count] = origin;
    selection->rules[selection->count++] = (struct diagram_rule){.wants = *wants, .leaf = leaf};
}

int selection_add_exempt(struct selection *selection, size_t origin, struct rule_wants wants,
                         u32 leaf, const struct classes *classes, int family,
                         enum direction direction, const struct address_set *exempt)
{
    if (rule_wants_of_far_end(classes, family, direction, exempt, &wants,
                              &selection->runs[selection->run_count]))
        return -ENOMEM;
    selection->run_count++;
    selection_add(selection, origin, &wants, leaf & ~EDGE_LIMITED);
    return 0;
}
