/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two policies as one: the sets and rules of both over the same classes of addresses and ports, so
 * that both decision diagrams can be compared edge by edge. What [baseline] says of packets that
 * tuples can express is added as rules.
 */
#ifndef EDGEXDP_JOINT_H
#define EDGEXDP_JOINT_H

#include "../compile/classes.h"
#include "../policy/baseline.h"

enum side { SIDE_OLD, SIDE_NEW, SIDES };

/* What [baseline] accepts, as rules; and sources that only certain packets may have. */
enum extra {
    EXTRA_NEIGHBOURS, /* from the link itself: with the hop limit 255 */
    EXTRA_MLD,
    EXTRA_IGMP,
    EXTRA_DHCP4_IN,
    EXTRA_DHCP4_OUT,
    EXTRA_DHCP6_IN,
    EXTRA_DHCP6_OUT,
    EXTRA_PING_IN,
    EXTRA_PING_OUT,
    EXTRA_UNSPECIFIED, /* not from [baseline]: what besides IGMP may come from 0.0.0.0 or :: */
    EXTRA_BAD_FLAGS,   /* only its flags mean anything: the impossible ones */
    EXTRAS,
};

struct joint {
    const struct policy *sides[SIDES];
    struct policy policy;                    /* rules: those of OLD, of NEW, then the extras */
    const struct address_set *exempt[SIDES]; /* whom no limit of the side holds; NULL: nobody */
    size_t first[SIDES];                     /* where the rules of a side begin */
    size_t extras;               /* where the extras begin, and those of the last side end */
    const struct rule **written; /* by rule: as its side has it. A rule that resets TCP, and tells
                                    all else otherwise, is two here. */
    struct address_set *sets;
    bool *named; /* by set: its label is a name, and no other set has it */
    struct rule *rules;
    size_t martian, unspecified, any; /* indices of sets */
    struct address_range martians[2][MARTIAN_PREFIXES];
    struct number_range bad_flags[BAD_FLAG_RANGES];
    struct classes classes;
};

/* Join two policies, which must outlive JOINT. Returns 0, -E2BIG with DIAG, or -ENOMEM;
 * joint_clear() frees, also after an error. */
int joint_build(const struct policy *before, const struct policy *after, struct joint *joint,
                struct diag *diag);
void joint_clear(struct joint *joint);

/* Returns whether an extra is part of the [baseline] of that side. */
bool joint_has_extra(const struct joint *joint, enum side side, enum extra extra);

/* Returns the key of [baseline] that an extra stands for. */
const char *extra_name(enum extra extra);

/* Returns the classes of TEST that are dropped before the rules are asked, or at least not compared
 * by tuples; or NULL. */
const struct class_runs *joint_ignored(const struct joint *joint, enum test test, int family);

/* Impossible flags are dropped, or at least not compared by tuples. */
static inline bool joint_ignores_bad_flags(const struct joint *joint)
{
    return !joint->sides[SIDE_OLD]->baseline.tcp_flags ||
           !joint->sides[SIDE_NEW]->baseline.tcp_flags;
}

/* Impossible sources are dropped, or at least not compared by tuples: see diff.h. */
static inline bool joint_ignores_martians(const struct joint *joint)
{
    return !joint->sides[SIDE_OLD]->baseline.martians || !joint->sides[SIDE_NEW]->baseline.martians;
}

#endif
