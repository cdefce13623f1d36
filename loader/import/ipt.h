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
    bool has_rate, over, by_name;
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

/* Returns the next word, or "" at the end. */
const char *ipt_next(struct ipt_words *words);

#endif
