/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports. Elsewhere a rule may report packets and let them go on; here the rule that decides
 * reports. What is reported does not change what passes, so nothing is complained of. */
#include "plan.h"

/* Is LINE all that decides for what LOG reports? */
static bool is_whole(const struct line *log, const struct line *line)
{
    struct condition a = log->condition, b = line->condition;

    a.aspects[ASPECT_STATE] = b.aspects[ASPECT_STATE] = NULL;
    a.aspects[ASPECT_FRAGMENT] = b.aspects[ASPECT_FRAGMENT] = NULL;
    return condition_is_within(&b, &a);
}

/* Gives what LOG reports to the lines that decide for it, as far as they are about nothing else. */
static void hand_on(struct plan *plan, struct course *course, size_t at)
{
    const struct line *log = &course->lines[at];

    for (size_t i = at + 1; i < course->count; i++) {
        struct line *line = &course->lines[i];
        if ((line->kind != LINE_VERDICT && line->kind != LINE_POLICY) || line->absorbed ||
            !condition_meet(&log->condition, &line->condition))
            continue;
        if (!is_whole(log, line))
            return;
        line->logs = true;
        plan->log_drops |= line->kind == LINE_POLICY && line->verdict == VERDICT_DROP;
        if (line->kind == LINE_POLICY || condition_is_within(&log->condition, &line->condition))
            return;
    }
}

void plan_logs(struct plan *plan)
{
    for (int way = 0; way < WAYS; way++)
        for (size_t i = 0; i < plan->courses[way].count; i++)
            if (plan->courses[way].lines[i].kind == LINE_LOG)
                hand_on(plan, &plan->courses[way], i);
}
