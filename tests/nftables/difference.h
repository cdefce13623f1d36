/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where an exported ruleset may judge a frame otherwise than the policy. edgexdp-export(8) lists
 * the same, under the same names. */
#ifndef EDGEXDP_TEST_DIFFERENCE_H
#define EDGEXDP_TEST_DIFFERENCE_H

#include "../../loader/policy/policy.h"
#include "../shared/wire.h"

struct difference {
    const char *name;
    bool (*may_be)(const struct wire *wire);
    bool only_drops; /* what the policy accepts is not seen; the other way round there is none */
};

extern const struct difference differences[]; /* ends with a NULL name */

/* The first that explains why WIRE passes the one and not the other; NULL: there is none. */
const struct difference *difference_of(const struct wire *wire, bool policy, bool ruleset);

/* Can WIRE leave behind another state in a ruleset than in the program: a flow that only the one of
 * them has? */
bool differs_for_others(const struct wire *wire);

/* Names of differences that no single frame shows: test_conversations.c does. */
extern const char *const differences_in_time[]; /* ends with NULL */

/* Is WIRE a frame that may show such a difference, under a policy with that BASELINE? */
bool is_left_out(const struct wire *wire, const struct baseline *baseline);

#endif
