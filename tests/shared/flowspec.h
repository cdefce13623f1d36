/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flow specifications by the letter of RFC 8955 and RFC 8956, with none of the loader's code: which
 * packets one matches, which of two comes first, how ExaBGP writes it; and random ones, with
 * packets that are about them. A flow here is its bytes on the wire, without the length before
 * them.
 */
#ifndef EDGEXDP_TEST_FLOWSPEC_H
#define EDGEXDP_TEST_FLOWSPEC_H

#include <stdio.h>

#include "dice.h"
#include "wire.h"

#define FLOWSPEC_BYTES 512

struct flowspec {
    bool ipv6;
    size_t length;
    u8 bytes[FLOWSPEC_BYTES];
};

/* Does FLOW match FRAME, an Ethernet frame that is not malformed? */
bool flowspec_matches(const struct flowspec *flow, const struct wire *frame);

/* < 0: A has precedence, > 0: B has, 0: they are the same. */
int flowspec_order(const struct flowspec *a, const struct flowspec *b);

/* Write FLOW as the object that ExaBGP 4.2 makes of it. */
void flowspec_write(const struct flowspec *flow, FILE *out);

void flowspec_random(struct dice *dice, struct flowspec *flow);

/* A packet in the words of wire.h, of a family. */
void flowspec_packet(struct dice *dice, bool ipv6, char text[WIRE_TEXT]);

/* Where the component of FLOW ends that begins with its type at AT. */
size_t flowspec_end_of(const struct flowspec *flow, size_t at);

/* Takes the value at *AT, which follows the operator OP: its length field says how long it is. */
u64 flowspec_value(const u8 *bytes, size_t *at, u8 op);

#endif
