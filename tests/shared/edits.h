/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Edits of the policies that random_policy() makes. All functions return text for the caller to
 * free. */
#ifndef EDGEXDP_TEST_EDITS_H
#define EDGEXDP_TEST_EDITS_H

#include "dice.h"

/* Change a few things: remove, move or reverse rules; flip switches. */
char *edit_policy(const char *policy, struct dice *dice);

/* Say the same in other words: rename rules and sets, split and repeat rules, and move them past
 * others that do the same. */
char *reword_policy(const char *policy, struct dice *dice);

/* Drop where it rejects, so that no answers mix with what a test sends. */
char *mute_policy(const char *policy);

/* Take all limits out of POLICY. */
void free_policy_of_limits(char *policy);

#endif
