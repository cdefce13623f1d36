/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turns what a policy's rules want into classes: the step between its sets and the diagram. */
#ifndef EDGEXDP_CLASSES_H
#define EDGEXDP_CLASSES_H

#include "partition.h"

struct classes {
    struct partition addresses[2];   /* IPv4, IPv6 */
    struct partition numbers[TESTS]; /* of tests about numbers; those of TEST_PORT are PORT_KEY() */
    struct rule_wants *wants[2];     /* per family, one element for each rule */
};

#define CLASSES_MAX 65536u /* the tables have room for no more */

/* Whether packets that are only spoken of have a class of their own. The tables are asked about
 * them; but diff leaves them out, since they are not packets that could be judged differently. */
enum spoken_of { SPOKEN_OF_TOO, NOT_SPOKEN_OF };

/* Returns 0, -E2BIG (DIAG says what there are more than MAX classes of) or -ENOMEM. classes_clear()
 * frees, also after an error. */
int classes_build(const struct policy *policy, u32 max, enum spoken_of spoken_of,
                  struct classes *classes, struct diag *diag);

void classes_clear(struct classes *classes);

/* Returns what TEST tells apart in FAMILY (0: IPv4). */
const struct partition *classes_of(const struct classes *classes, enum test test, int family);

/* Counts the classes of each test. */
void classes_count(const struct classes *classes, int family, u32 counts[TESTS]);

/* Returns the greatest number that TEST is about. */
u128 test_last(enum test test, int family);

/* Returns what is left of WANTS to ask of a packet in DIRECTION: which zone an incoming one came
 * through was answered when the rule was chosen for its interface. */
struct rule_wants rule_wants_in(const struct rule_wants *wants, enum direction direction);

/* Returns what RULE, which wants WANTS of other packets, wants of later fragments. */
struct rule_wants rule_wants_of_later(const struct rule_wants *wants, const struct rule *rule);

/* What is left of WANTS where SET has the far end of a packet in DIRECTION. *RUNS is part of it:
 * the caller frees its runs. Returns 0 or -ENOMEM. */
int rule_wants_of_far_end(const struct classes *classes, int family, enum direction direction,
                          const struct address_set *set, struct rule_wants *wants,
                          struct class_runs *runs);

/* Returns whether WANTS lets nothing through. */
bool wants_nothing(const struct rule_wants *wants);

#endif
