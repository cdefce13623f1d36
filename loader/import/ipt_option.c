/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of iptables' rules: iptables(8) and iptables-extensions(8). */
#include "ipt.h"

#include <string.h>

#include "../base/memory.h"

static void read_state(struct ipt_rule *rule, bool negated, const char *value)
{
    static const char *const names[STATES] = {"NEW", "ESTABLISHED", "RELATED", "INVALID",
                                              "UNTRACKED"};
    char *copy = strdupa(value), *save, *item;
    const struct spans *set = &spans_none;

    rule->ruleset->tracks = true;
    for (item = strtok_r(copy, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
        unsigned int state = 0;
        while (state < STATES && strcmp(names[state], item) != 0)
            state++;
        if (state == STATES) {
            ipt_refuse(rule, "state %s: edgexdp does not see translations", item);
            return;
        }
        set = spans_either(ipt_arena(rule), set, spans_one(ipt_arena(rule), state), STATES - 1);
    }
    ipt_narrow(rule, ASPECT_STATE, negated, set);
}

static void read_comment(struct ipt_rule *rule, bool negated, const char *value)
{
    (void)negated;
    for (size_t i = 0; i < rule->count; i++)
        rule->entries[i].comment = arena_copy(ipt_arena(rule), value);
}

static void read_jump(struct ipt_rule *rule, bool negated, const char *value)
{
    (void)negated;
    rule->target = arena_copy(ipt_arena(rule), value);
}

static void read_goto(struct ipt_rule *rule, bool negated, const char *value)
{
    read_jump(rule, negated, value);
    rule->goes = true;
}

static void read_match(struct ipt_rule *rule, bool negated, const char *value)
{
    const char *reason = ipt_match_refused(value);

    (void)negated;
    rule->match = arena_copy(ipt_arena(rule), value);
    if (reason)
        ipt_refuse(rule, "-m %s: %s", value, reason);
    else if (!strcmp(value, "limit") || !strcmp(value, "hashlimit"))
        ipt_begin_rate(rule, *value == 'h');
}

/* Rules for one family, in a file that is for both. */
static void read_family(struct ipt_rule *rule, enum family family)
{
    for (size_t i = 0; i < rule->count; i++)
        condition_narrow_to(ipt_arena(rule), &rule->entries[i].condition, ASPECT_FAMILY,
                            family - 1);
}

static void read_ipv4(struct ipt_rule *rule, bool negated, const char *value)
{
    (void)negated;
    (void)value;
    read_family(rule, FAMILY_IPV4);
}

static void read_ipv6(struct ipt_rule *rule, bool negated, const char *value)
{
    (void)negated;
    (void)value;
    read_family(rule, FAMILY_IPV6);
}

static void read_answer(struct ipt_rule *rule, bool negated, const char *value)
{
    (void)negated;
    rule->answer = arena_copy(ipt_arena(rule), value);
}

static void read_prefix_of_log(struct ipt_rule *rule, bool negated, const char *value)
{
    (void)negated;
    for (size_t i = 0; i < rule->count; i++)
        rule->entries[i].hint = arena_copy(ipt_arena(rule), value);
}

static void read_untrack(struct ipt_rule *rule, bool negated, const char *value)
{
    (void)negated;
    (void)value;
    rule->untracks = true;
}

static const struct ipt_option options[] = {
    {NULL, "-j", read_jump, 1},
    {NULL, "-g", read_goto, 1},
    {NULL, "-m", read_match, 1},
    {NULL, "-c", ipt_ignore, 2},
    {NULL, "-4", read_ipv4, 0},
    {NULL, "-6", read_ipv6, 0},
    {NULL, "--state", read_state, 1},
    {NULL, "--ctstate", read_state, 1},
    {"comment", "--comment", read_comment, 1},
    {NULL, "--reject-with", read_answer, 1},
    {NULL, "--log-prefix", read_prefix_of_log, 1},
    {NULL, "--nflog-prefix", read_prefix_of_log, 1},
    {NULL, "--notrack", read_untrack, 0},
};

/* Long and old names of options that iptables-save writes short. */
static const char *short_name(const char *option)
{
    static const char *const names[][2] = {
        {"--protocol", "-p"},     {"--proto", "-p"},       {"--source", "-s"},
        {"--src", "-s"},          {"--destination", "-d"}, {"--dst", "-d"},
        {"--jump", "-j"},         {"--goto", "-g"},        {"--in-interface", "-i"},
        {"--match", "-m"},        {"--fragment", "-f"},    {"--out-interface", "-o"},
        {"--set-counters", "-c"}, {"--ipv4", "-4"},        {"--ipv6", "-6"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (!strcmp(names[i][0], option))
            return names[i][1];
    return option;
}

static const struct ipt_options own_options = {options, ARRAY_SIZE(options)};

static const struct ipt_options *const groups[] = {
    &own_options,         &ipt_transport_options, &ipt_icmp_options,
    &ipt_address_options, &ipt_number_options,    &ipt_rate_options,
};

static bool is_meant(const struct ipt_option *option, const char *name, const char *match)
{
    return !strcmp(option->name, name) &&
           (!option->match || (match && !strcmp(option->match, match)));
}

static const struct ipt_option *find(const char *name, const char *match)
{
    for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
        for (size_t j = 0; j < groups[i]->count; j++)
            if (is_meant(&groups[i]->list[j], name, match))
                return &groups[i]->list[j];
    return NULL;
}

void ipt_option(struct ipt_rule *rule, const char *name, bool negated, struct ipt_words *words)
{
    const struct ipt_option *option = find(short_name(name), rule->match);
    const char *value = "";

    if (!option && rule->target && ipt_target_has_options(rule))
        return; /* what a target wants besides changes nothing about its verdict */
    if (!option) {
        ipt_refuse(rule, "%s%s%s: edgexdp has nothing for it", name, rule->match ? " of -m " : "",
                   rule->match ? rule->match : "");
        return;
    }
    if (option->values && !strcmp(words->at < words->count ? words->list[words->at] : "", "!")) {
        negated = !negated;
        words->at++;
    }
    if (option->values)
        value = ipt_next(words);
    if (option->values == 2)
        value = arena_print(ipt_arena(rule), "%s %s", value, ipt_next(words));
    if (rule->refused && option->read != read_jump && option->read != read_goto)
        return;
    rule->late = rule->has_rate && option->name[1] == '-';
    option->read(rule, negated, value);
}
