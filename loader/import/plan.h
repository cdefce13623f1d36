/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy to be: the ways that packets go, and what the policy as a whole has to say so that its
 * rules mean what those of the ruleset meant.
 */
#ifndef EDGEXDP_IMPORT_PLAN_H
#define EDGEXDP_IMPORT_PLAN_H

#include "course.h"

struct plan {
    struct ruleset *ruleset;
    struct course courses[WAYS];
    u16 only; /* the only interface that is spoken of; 0: there are several, or none */
    bool neighbour_discovery; /* [baseline]: as there */
    bool icmp_errors;
    bool tcp_flags;
    bool tcp_state;
    bool log_drops;
    enum verdict verdicts[WAYS]; /* what no rule decides */
    bool zones;                  /* it is for several interfaces */
};

/* Resolve all ways. */
void plan_resolve(struct plan *plan);

/* Turn what rules say about the state of connections into what edgexdp does by itself, and complain
 * of what it does otherwise. */
void plan_states(struct plan *plan);

/* Complain of rules that drop replies to what others accept, and of rules of COURSE that accept
 * only what opens a connection. */
void plan_check_replies(struct plan *plan);
void plan_check_continuation(struct plan *plan, struct course *course);

/* Settle what [baseline] says. */
void plan_baseline(struct plan *plan);

/* ICMP of FAMILY: COUNT of its types, in STATES. */
struct condition plan_icmp(struct arena *arena, enum family family, const u8 *types, size_t count,
                           unsigned int states);

/* Narrow CONDITION to ICMP of FAMILY that answers something, and cannot open a conversation; and to
 * segments with flags that no host sends. */
void plan_narrow_to_answers(struct plan *plan, struct condition *condition, enum family family);
void plan_narrow_to_bad_flags(struct plan *plan, struct condition *condition);
const struct spans *plan_good_flags(struct plan *plan);

/* Settle LINE of COURSE, which is about STATES, if these are neither new nor tracked; or take that
 * out of *states. Returns whether it is settled. */
bool plan_untracked(struct plan *plan, const struct course *course, struct line *line,
                    unsigned int *states);

/* Neighbour discovery. */
struct condition plan_neighbours(struct plan *plan);

/* Turn rates into limits of rules that accept. */
void plan_limits(struct plan *plan);

/* Refuse what cannot be said of packets that are forwarded. */
void plan_forwarded(struct plan *plan);

/* Turn lines that report into rules that do, and defaults into lines that need not be said. */
void plan_logs(struct plan *plan);

/* Find out what happens to packets that no rule decides, and leave out the lines that say so. */
void plan_defaults(struct plan *plan);

/* Write the policy as text, in the long form. */
void plan_write(struct plan *plan, FILE *out);

/* What becomes of packets of REGION from line FROM of COURSE on. */
struct fate {
    bool all;                  /* of them are accepted, or of all others that were asked about */
    const struct line *drop;   /* the first line that drops some of them; NULL: none does */
    const struct line *accept; /* the first line that accepts some of them; NULL: none does */
};

typedef bool line_test(const struct line *line, const void *context);

/* SKIPS (may be NULL) says, with CONTEXT, which lines not to ask. Regions that fall into too many
 * pieces count as accepted. */
struct fate course_fate(struct arena *arena, const struct course *course, size_t from,
                        const struct condition *region, enum verdict until, line_test *skips,
                        const void *context);

/* LINE cannot be said, and WHY not. */
static inline void line_refuse(struct line *line, const char *why)
{
    line->kind = LINE_REFUSED;
    line->refused = why;
}

/* Returns whether LINE still becomes a rule. */
static inline bool line_is_rule(const struct line *line)
{
    return line->kind == LINE_VERDICT && !line->absorbed;
}

#endif
