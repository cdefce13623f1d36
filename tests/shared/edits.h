/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Edits of the policies that random_policy() makes. Both return a text for the caller to free. */
#ifndef EDGEXDP_TEST_EDITS_H
#define EDGEXDP_TEST_EDITS_H

#include "dice.h"

/* A few things are changed: rules removed, moved, turned round; switches set otherwise. */
char *edit_policy(const char *policy, struct dice *dice);

/* The same in other words: rules and sets have other names, rules are split, repeated, and move
 * past others that do the same. */
char *reword_policy(const char *policy, struct dice *dice);

#endif
