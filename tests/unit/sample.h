/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For each field, what a rule may want of it, and packets on both sides of that. */
#ifndef EDGEXDP_TEST_SAMPLE_H
#define EDGEXDP_TEST_SAMPLE_H

#include "../../loader/policy/address.h"
#include "../../loader/policy/notation.h"

#define BORDERS 4

/* Values of a field that a rule is made to want. */
struct sample {
    enum field field;
    enum family family;
    u128 first, last;
    char text[RANGE_TEXT_BYTES]; /* as written in a policy */
    const char *protocol;        /* required by the rule */
    u8 packet_protocol;
};

/* The value at BORDER: 0 is before the first wanted value, 1 the first, 2 the last, 3 after it. */
u128 sample_value(const struct sample *sample, int border);
bool border_is_inside(int border);

/* A packet that differs from others only for a rule that asks for SAMPLE's field. */
struct packet_notation sample_packet(const struct sample *sample, enum direction direction,
                                     u128 value);

/* A policy with a rule that wants TEXT in the field; with NULL the rule does not ask for the
 * field. The caller frees it. */
char *sample_policy(const struct sample *sample, const char *direction, const char *text,
                    const char *action);
char *sample_policy_both(const struct sample *sample, const char *text, const char *action);

/* Every field, in both families. */
void sample_each(void (*visit)(const struct sample *sample));

#endif
