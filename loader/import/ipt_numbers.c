/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers of IP headers: -f, and the matches length, ttl, hl and dscp. */
#include "ipt.h"

#include <string.h>

#include "../base/memory.h"
#include "../policy/field_words.h"

static void numbers(struct ipt_rule *rule, bool negated, const char *value, enum aspect aspect)
{
    ipt_narrow(rule, aspect, negated, ipt_ranges(rule, value, aspect, false));
}

static void read_length(struct ipt_rule *rule, bool negated, const char *value)
{
    numbers(rule, negated, value, ASPECT_LENGTH);
}

static void read_ttl(struct ipt_rule *rule, bool negated, const char *value)
{
    numbers(rule, negated, value, ASPECT_TTL);
}

static void compare_ttl(struct ipt_rule *rule, const char *value, bool less)
{
    unsigned int number;

    if (!ipt_number(value, 255, &number) || (less && !number) || (!less && number == 255))
        ipt_bad_value(rule, value);
    else
        ipt_narrow(rule, ASPECT_TTL, false,
                   less ? spans_range(ipt_arena(rule), 0, number - 1)
                        : spans_range(ipt_arena(rule), number + 1, 255));
}

static void read_ttl_less(struct ipt_rule *rule, bool negated, const char *value)
{
    (void)negated;
    compare_ttl(rule, value, true);
}

static void read_ttl_more(struct ipt_rule *rule, bool negated, const char *value)
{
    (void)negated;
    compare_ttl(rule, value, false);
}

static void read_dscp(struct ipt_rule *rule, bool negated, const char *value)
{
    numbers(rule, negated, value, ASPECT_DSCP);
}

static void read_dscp_class(struct ipt_rule *rule, bool negated, const char *value)
{
    struct number_range range = {0, 0};

    if (strcasecmp(value, "BE") != 0 && !field_word_find(FIELD_DSCP, piece_of(value), &range))
        ipt_bad_value(rule, value);
    else
        ipt_narrow(rule, ASPECT_DSCP, negated, spans_one(ipt_arena(rule), range.first));
}

/* Second and later fragments. */
static void read_fragment(struct ipt_rule *rule, bool negated, const char *value)
{
    (void)value;
    ipt_narrow(rule, ASPECT_FRAGMENT, negated, spans_one(ipt_arena(rule), FRAGMENT_LATER));
}

static const struct ipt_option options[] = {
    {NULL, "-f", read_fragment, 0},
    {"length", "--length", read_length, 1},
    {"ttl", "--ttl-eq", read_ttl, 1},
    {"ttl", "--ttl", read_ttl, 1},
    {"ttl", "--ttl-lt", read_ttl_less, 1},
    {"ttl", "--ttl-gt", read_ttl_more, 1},
    {"hl", "--hl-eq", read_ttl, 1},
    {"hl", "--hl-lt", read_ttl_less, 1},
    {"hl", "--hl-gt", read_ttl_more, 1},
    {"dscp", "--dscp", read_dscp, 1},
    {"dscp", "--dscp-class", read_dscp_class, 1},
};

const struct ipt_options ipt_number_options = {options, ARRAY_SIZE(options)};
