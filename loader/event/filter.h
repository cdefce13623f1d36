/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which events the user wants to see: those of any of the rules and reasons named, or all. */
#ifndef EDGEXDP_EVENT_FILTER_H
#define EDGEXDP_EVENT_FILTER_H

#include <stdbool.h>

#include <edgexdp/abi.h>

#include "../base/nearest.h"

struct filter {
    const char **rules; /* the names themselves are not ours */
    size_t rule_count, rule_capacity;
    u32 reasons; /* a bit for each */
};

/* Both add NAME to the filter, or say which name is near. They return 0, -ENOMEM, or, for a reason
 * that does not exist, -ENOENT with HINT. */
int filter_add_rule(struct filter *filter, const char *name);
int filter_add_reason(struct filter *filter, const char *name, struct hint *hint);

/* Are all the filter's rules among the COUNT entries of `rules`? Returns NULL, or the first that is
 * not, with HINT. */
const char *filter_unknown_rule(const struct filter *filter, const struct rule_entry *entries,
                                size_t count, struct hint *hint);

/* Does the filter let EVENT through? RULE is the name of the rule that decided, or NULL. */
bool filter_admits(const struct filter *filter, const struct event *event, const char *rule);

void filter_clear(struct filter *filter);

#endif
