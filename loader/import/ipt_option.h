/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the options of iptables' matches share: each group of matches has its options in a list. */
#ifndef EDGEXDP_IMPORT_IPT_OPTION_H
#define EDGEXDP_IMPORT_IPT_OPTION_H

#include "ipt.h"

typedef void ipt_reader(struct ipt_rule *rule, bool negated, const char *value);

struct ipt_option {
    const char *match; /* NULL: of no match */
    const char *name;
    ipt_reader *read;
    u8 values; /* that belong to it */
};

struct ipt_options {
    const struct ipt_option *list;
    size_t count;
};

extern const struct ipt_options ipt_transport_options, ipt_icmp_options, ipt_address_options,
    ipt_number_options, ipt_rate_options;

struct arena *ipt_arena(struct ipt_rule *rule);

/* Narrow what RULE is about to SET, or to anything else. */
void ipt_narrow(struct ipt_rule *rule, enum aspect aspect, bool negated, const struct spans *set);

/* Refuse RULE, because VALUE means nothing here. */
void ipt_bad_value(struct ipt_rule *rule, const char *value);

/* Read a number up to LAST. */
bool ipt_number(const char *text, unsigned int last, unsigned int *number);

/* Reads what changes nothing about which packets pass. */
void ipt_ignore(struct ipt_rule *rule, bool negated, const char *value);

/* Returns what a list of A or A:B means, with commas between; a bad one refuses RULE. */
const struct spans *ipt_ranges(struct ipt_rule *rule, const char *value, enum aspect aspect,
                               bool ports);

#endif
