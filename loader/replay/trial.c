/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trial.h"

#include <errno.h>
#include <string.h>

#include "../base/memory.h"
#include "../base/nearest.h"
#include "../base/text.h"
#include "../compile/limits.h"
#include "../policy/limit.h"
#include "tally.h"

static bool is_same_rate(const struct limit *one, const struct limit *other)
{
    return one->amount == other->amount && one->seconds == other->seconds;
}

void trials_spread(struct trials *trials)
{
    static const struct {
        u32 times, divisor;
    } steps[] = {{1, 4}, {1, 2}, {1, 1}, {2, 1}, {4, 1}};
    const struct limit given = trials->list[0].limit;

    trials->count = 0;
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        struct trial *next = &trials->list[trials->count];
        if (limit_scale(&given, steps[i].times, steps[i].divisor, &next->limit) &&
            (!trials->count || !is_same_rate(&next->limit, &next[-1].limit)))
            trials->count++;
    }
}

static int no_such_rule(const struct policy *policy, const char *name, struct why *why)
{
    struct nearest nearest = nearest_to(name, strlen(name));

    for (size_t i = 0; i < policy->rule_count; i++)
        nearest_try(&nearest, policy->rules[i].name);
    return why_set(why, -EINVAL,
                   "--rule: %s has no rule \"%s\"%s: name the rule that the limit is for",
                   HARMLESS(policy->path), HARMLESS(name), nearest_hint(&nearest).text);
}

int trials_choose(struct trials *trials, const struct policy *policy, const char *name, u32 *unfit,
                  struct why *why)
{
    u32 at = 0;

    *unfit = TRIALS_MAX;
    while (at < policy->rule_count && strcmp(policy->rules[at].name, name) != 0)
        at++;
    if (at == policy->rule_count)
        return no_such_rule(policy, name, why);
    if (policy->rules[at].action != VERDICT_ACCEPT)
        return why_set(why, -EINVAL,
                       "--rule: rule %s drops what it matches, and only what is accepted can be "
                       "limited: name a rule that accepts",
                       name);
    for (u32 i = 0; i < trials->count; i++) {
        const char *wrong = limit_unfit(&trials->list[i].limit, &policy->rules[at]);
        if (!wrong)
            continue;
        *unfit = i;
        return why_set(why, -EINVAL, "%s", wrong);
    }
    trials->rule = at;
    return 0;
}

/* The limits of TRIALS as the judge reads them, for its ENTRY number AT in IMAGE. */
static void compile(struct trials *trials, const struct rule *rule, const struct image *image,
                    u32 at)
{
    enum direction direction = image->entries[at].direction;

    for (u32 i = 0; i < trials->count; i++) {
        struct tables_limit *made = &trials->tables[direction][i];

        *made = limit_compile(&trials->list[i].limit, rule, direction, at);
        if (made->most > image->header->limit_most)
            image->header->limit_most = made->most;
    }
}

int trials_prepare(struct trials *trials, struct policy *policy, struct image **image,
                   struct diag *diag)
{
    struct rule *rule = &policy->rules[trials->rule];
    struct image *made;

    for (u32 i = 0; i < trials->count; i++) {
        trials->list[i].limited = limited_new(TALLY_KEYS_MAX / trials->count);
        if (!trials->list[i].limited)
            return -ENOMEM;
    }
    /* With any limit, the judge asks about the rule's packets: it is those on trial that answer. */
    rule->limits[0] = trials->list[0].limit;
    rule->limit_count = 1;
    int error = policy_compile(policy, &BOUNDS_DEFAULT, &made, diag);
    if (error)
        return error;
    image_free(*image);
    *image = made;
    for (u32 at = 0; at < made->entry_count; at++)
        if (made->entries[at].rule == trials->rule)
            compile(trials, rule, made, at);
    return 0;
}

void trials_clear(struct trials *trials)
{
    for (u32 i = 0; i < trials->count; i++)
        limited_free(trials->list[i].limited);
    *trials = (struct trials){0};
}

int trials_begin(const struct trials *trials, const struct image *image, struct native *native)
{
    int error = 0;

    for (u32 at = 0; at < image->entry_count && !error; at++)
        if (image->entries[at].rule == trials->rule)
            error =
                native_try(native, at, trials->tables[image->entries[at].direction], trials->count);
    return error;
}
