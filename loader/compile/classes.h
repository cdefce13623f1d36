/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a policy's rules want, as classes: the step between its sets and the diagram. */
#ifndef EDGEXDP_CLASSES_H
#define EDGEXDP_CLASSES_H

#include "partition.h"

struct classes {
    struct partition addresses[2];   /* IPv4, IPv6 */
    struct partition numbers[TESTS]; /* of tests about numbers: of TEST_PORT, PORT_KEY() */
    struct rule_wants *wants[2];     /* per family, an element for each rule */
};

#define CLASSES_MAX 65536u /* that the tables have room for */

/* Whether packets that are only spoken of are told apart from others: the tables are asked about
 * them, but they are no packets of which a difference could be told. */
enum spoken_of { SPOKEN_OF_TOO, NOT_SPOKEN_OF };

/* Returns 0, -E2BIG (DIAG says of what there are more than MAX classes) or -ENOMEM. classes_clear()
 * frees, also after an error. */
int classes_build(const struct policy *policy, u32 max, enum spoken_of spoken_of,
                  struct classes *classes, struct diag *diag);

void classes_clear(struct classes *classes);

/* What TEST tells apart in FAMILY (0: IPv4). */
const struct partition *classes_of(const struct classes *classes, enum test test, int family);

/* How many there are, by test. */
void classes_count(const struct classes *classes, int family, u32 counts[TESTS]);

/* The greatest number that TEST is about. */
u128 test_last(enum test test, int family);

/* Is there nothing that WANTS lets through? */
bool wants_nothing(const struct rule_wants *wants);

#endif
