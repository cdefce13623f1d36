/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rates: the matches limit and hashlimit. What they come to, ipt_target() settles. */
#include "ipt.h"

#include <errno.h>
#include <string.h>

#include "../base/memory.h"

/* Reads "10/minute", "5/sec", "512kb/s". */
static void read_rate(struct ipt_rule *rule, bool negated, const char *value)
{
    static const char *const periods[] = {"second", "minute", "hour", "day"};
    char *slash;
    size_t i = 0;

    errno = 0;
    rule->rate.amount = strtoul(value, &slash, 10);
    rule->over |= negated;
    if (*slash == '\0') {
        rule->rate.period = periods[0];
        return;
    }
    if (errno || slash == value || *slash != '/' || !slash[1]) {
        ipt_refuse(rule, "\"%s\": edgexdp limits packets, by second, minute or hour", value);
        return;
    }
    while (i < ARRAY_SIZE(periods) && strncasecmp(periods[i], slash + 1, strlen(slash + 1)) != 0)
        i++;
    if (i == ARRAY_SIZE(periods))
        ipt_refuse(rule, "\"%s\": edgexdp has rates by second, minute and hour", value);
    else
        rule->rate.period = periods[i];
}

static void read_rate_above(struct ipt_rule *rule, bool negated, const char *value)
{
    read_rate(rule, negated, value);
    rule->over = true;
}

static void read_burst(struct ipt_rule *rule, bool negated, const char *value)
{
    unsigned int burst;

    (void)negated;
    if (!ipt_number(value, 1000000000, &burst))
        ipt_bad_value(rule, value);
    else
        rule->rate.burst = burst;
}

static void read_mode(struct ipt_rule *rule, bool negated, const char *value)
{
    (void)negated;
    rule->mode = arena_copy(ipt_arena(rule), value);
}

static void read_mask(struct ipt_rule *rule, const char *value, bool to)
{
    if (!ipt_number(value, 128, &rule->masks[to]) || !rule->masks[to])
        ipt_bad_value(rule, value);
}

static void read_source_mask(struct ipt_rule *rule, bool negated, const char *value)
{
    (void)negated;
    read_mask(rule, value, false);
}

static void read_destination_mask(struct ipt_rule *rule, bool negated, const char *value)
{
    (void)negated;
    read_mask(rule, value, true);
}

/* Rules that name the same table count together. */
static void read_table(struct ipt_rule *rule, bool negated, const char *value)
{
    struct ruleset *ruleset = rule->ruleset;
    const char *name = arena_print(&ruleset->arena, "%d %s", rule->family, value), **grown;

    (void)negated;
    for (size_t i = 0; i < ruleset->meter_count; i++)
        if (!strcmp(ruleset->meters[i], name))
            ipt_refuse(rule,
                       "--hashlimit-name %s: several rules share it; in edgexdp each has its "
                       "own",
                       value);
    grown = arena_grow(&ruleset->arena, ruleset->meters, ruleset->meter_count,
                       &ruleset->meter_capacity, sizeof(*grown));
    if (!grown)
        return;
    ruleset->meters = grown;
    ruleset->meters[ruleset->meter_count++] = name;
}

void ipt_begin_rate(struct ipt_rule *rule, bool hashed)
{
    if (rule->has_rate)
        ipt_refuse(rule, "limit: there is more than one, and each would count what the other lets "
                         "through");
    rule->has_rate = true;
    if (!hashed) /* what iptables takes where nothing is said */
        rule->rate = (struct rate){.amount = 3, .period = "hour"};
}

static const struct ipt_option options[] = {
    {"limit", "--limit", read_rate, 1},
    {"limit", "--limit-burst", read_burst, 1},
    {"hashlimit", "--hashlimit", read_rate, 1},
    {"hashlimit", "--hashlimit-upto", read_rate, 1},
    {"hashlimit", "--hashlimit-above", read_rate_above, 1},
    {"hashlimit", "--hashlimit-burst", read_burst, 1},
    {"hashlimit", "--hashlimit-mode", read_mode, 1},
    {"hashlimit", "--hashlimit-srcmask", read_source_mask, 1},
    {"hashlimit", "--hashlimit-dstmask", read_destination_mask, 1},
    {"hashlimit", "--hashlimit-name", read_table, 1},
    {"hashlimit", "--hashlimit-htable-size", ipt_ignore, 1},
    {"hashlimit", "--hashlimit-htable-max", ipt_ignore, 1},
    {"hashlimit", "--hashlimit-htable-expire", ipt_ignore, 1},
    {"hashlimit", "--hashlimit-htable-gcinterval", ipt_ignore, 1},
};

const struct ipt_options ipt_rate_options = {options, ARRAY_SIZE(options)};
