/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where an exported ruleset may judge a frame otherwise than the policy. edgexdp-export(8) lists
 * the same differences, under the same names. */
#ifndef EDGEXDP_TEST_DIFFERENCE_H
#define EDGEXDP_TEST_DIFFERENCE_H

#include "../../loader/policy/policy.h"
#include "../shared/wire.h"

struct difference {
    const char *name;
    bool (*may_be)(const struct wire *wire);
    bool only_drops; /* the ruleset drops what the policy accepts, and never the other way round */
};

extern const struct difference differences[]; /* ends with a NULL name */

/* The first difference that explains why only one of the two lets WIRE pass, or NULL. */
const struct difference *difference_of(const struct wire *wire, bool policy, bool ruleset);

/* Can WIRE leave different states in a ruleset and in the program: a flow that only one of them
 * has? */
bool differs_for_others(const struct wire *wire);

/* Names of differences that no single frame shows; test_conversations.c shows them. */
extern const char *const differences_in_time[]; /* ends with NULL */

/* Is WIRE a frame that may show such a difference, under a policy with that BASELINE? */
bool is_left_out(const struct wire *wire, const struct baseline *baseline);

#endif
