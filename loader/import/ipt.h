/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the readers of iptables-save share. */
#ifndef EDGEXDP_IMPORT_IPT_H
#define EDGEXDP_IMPORT_IPT_H

#include "rate.h"
#include "ruleset.h"

/* A rule being read. Some options say one of two things: then it has two alternatives. */
struct ipt_rule {
    struct ruleset *ruleset;
    enum family family;
    const char *table;
    u8 families;
    struct chain *chain;
    struct origin *origin;
    struct entry *entries;
    size_t count;
    const char *refused; /* why it cannot be said: the first reason */
    const char *match;   /* -m that was named last, or -p */
    struct rate rate;    /* of limit and hashlimit */
    const char *mode;    /* whom hashlimit counts together */
    unsigned int masks[2];
    bool has_rate, over;
    bool late; /* what is read now is asked behind the rate */
    const char *target;
    bool goes;          /* -g */
    const char *answer; /* --reject-with */
    bool untracks;
    enum translation translates;
};

struct ipt_words {
    const char **list;
    size_t count, capacity, at;
};

/* Refuses RULE, for the first reason that is said. */
void ipt_refuse(struct ipt_rule *rule, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Takes the word OPTION and the words that belong to it. NEGATED: a ! stands before it. */
void ipt_option(struct ipt_rule *rule, const char *option, bool negated, struct ipt_words *words);

/* Says why the match NAME cannot be said, or NULL if it can. */
const char *ipt_match_refused(const char *name);

/* Does what -j or -g says, once all is read. */
void ipt_target(struct ipt_rule *rule);

/* May the target of RULE have options of its own? */
bool ipt_target_has_options(const struct ipt_rule *rule);

/* Returns the next word, or "" at the end. */
const char *ipt_next(struct ipt_words *words);

/* Each group of matches has its options in a list. */
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

/* Begin a match that is a rate: HASHED, or of the rule as a whole. */
void ipt_begin_rate(struct ipt_rule *rule, bool hashed);

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
