/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that one interface counts, and its state, at one moment, under the names of the policy
 * in force: plain data, for tables, JSON and metrics. */
#ifndef EDGEXDP_SNAPSHOT_H
#define EDGEXDP_SNAPSHOT_H

#include <edgexdp/tables.h>

#include "../kernel/kernel.h"

/* One direction of a rule. */
struct rule_sample {
    char name[RULE_NAME_BYTES];
    enum direction direction;
    enum verdict action;
    enum refusal refusal;
    u32 number, position;
    const char *file; /* that it stands in, at LINE: not its own */
    u32 line;
    struct rule_counter counter;
    bool is_limited;
    u64 limit_sources; /* that are ahead of its limits now, if that was asked for */
};

/* Has RULE counted anything? */
bool rule_was_used(const struct rule_sample *rule);
/* Has a limit of any of COUNT RULES dropped anything? */
bool snapshot_rules_limited(const struct rule_sample *rules, size_t count);

struct snapshot {
    struct guard_status status;
    struct tables_header tables; /* without the data that follows it */
    char *path; /* of the policy; what follows it are those that the rules point to */
    struct seen seen[DIRECTIONS];
    struct totals totals;
    struct answers answers;
    struct cookies cookies;
    struct reason_counter reasons[REASON_SLOTS];
    struct rule_sample *rules; /* in file order */
    size_t rule_count;
    struct block_sample *blocks;
    size_t block_count;
};

/* Take a snapshot of VIEW, or of an open guard. The caller clears *snapshot. Returns 0 or -errno
 * with WHY. */
int snapshot_take(const struct view *view, struct snapshot *snapshot, struct why *why);
int snapshot_take_of(const struct guard *guard, struct snapshot *snapshot, struct why *why);
void snapshot_clear(struct snapshot *snapshot);

struct snapshots {
    struct snapshot *list;
    size_t count;
    size_t capacity;
    bool count_sources; /* set by the caller: how many are ahead of a limit is of interest too */
};

/* Append one. */
int snapshots_add(struct snapshots *snapshots, const struct view *view, struct why *why);
int snapshots_add_guard(struct snapshots *snapshots, const struct guard *guard, struct why *why);

/* Take a snapshot of INTERFACE, or, if that is NULL, of every guarded interface in this network
 * namespace. Interfaces that are gone or no longer guarded are left out. If another cannot be read,
 * returns -errno with WHY, and SNAPSHOTS holds the rest. */
int snapshots_take(const char *interface, struct snapshots *snapshots, struct why *why);
void snapshots_clear(struct snapshots *snapshots);

/* Call VISIT with each guard that snapshots_take() would read, one at a time. */
int snapshot_visit_guards(const char *interface,
                          int (*visit)(struct guard *guard, void *context, struct why *why),
                          void *context, struct why *why);

#endif
