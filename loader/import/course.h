/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What becomes of packets that go one way through this host: all chains on that way resolved into
 * one list, of which the first line that matches decides.
 */
#ifndef EDGEXDP_IMPORT_COURSE_H
#define EDGEXDP_IMPORT_COURSE_H

#include "ruleset.h"

enum way { WAY_IN, WAY_FORWARD, WAY_OUT, WAYS };

enum line_kind {
    LINE_VERDICT,
    LINE_LOG,     /* reports, and lets go on */
    LINE_REFUSED, /* what cannot be said */
    LINE_POLICY,  /* the verdict of a base chain that nothing else decided for */
};

struct line {
    enum line_kind kind;
    struct condition condition;
    enum verdict verdict;
    enum refusal refusal;
    bool limited, over;
    struct limit limit;
    bool logs;
    bool absorbed;   /* edgexdp does this by itself: it becomes no rule */
    bool opens_only; /* what belongs to connections was decided before it */
    bool strays;     /* it becomes rules that drop ICMP which answers nothing: states.c */
    bool drops_invalid;
    bool bad_first;      /* a rule before it drops flags that no host sends */
    bool told;           /* something was said about it */
    struct entry *entry; /* NULL: a policy */
    const struct chain *chain;
    const char *refused; /* why it cannot be said, or NULL */
};

struct course {
    enum way way;
    u8 families;            /* that any chain is for */
    struct condition whole; /* what every packet that goes this way has */
    struct line *lines;
    size_t count, capacity;
    bool judges; /* it drops something */
};

/* Resolve the chains of RULESET that packets of FAMILIES meet on the way of COURSE, and add the
 * lines to it. Faults are told as complaints, and remembered in the arena: -ELOOP, -E2BIG. */
void course_resolve(struct ruleset *ruleset, u8 families, struct course *course);

struct line *course_add(struct ruleset *ruleset, struct course *course, const struct line *line);

#endif
