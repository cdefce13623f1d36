/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that make random packets share. */
#ifndef EDGEXDP_TEST_RANDOM_INSIDE_H
#define EDGEXDP_TEST_RANDOM_INSIDE_H

#include "random.h"

/* At, just beside, or within a range that some set of the policy holds. */
u128 random_address(const struct traffic *traffic, enum family family);

/* A packet that opens a conversation, in the words of wire.h. Returns TEXT. */
char *exchange_print(const struct exchange *packet, char text[WIRE_TEXT]);

/* Turn PACKET into one that goes the other way in the same conversation. */
void exchange_turn(struct exchange *packet);

/* A new packet, a repeated old one, or an answer to one. */
void exchange_next(struct traffic *traffic, struct exchange *next);

/* An old packet, for an error to quote. Returns false if there was none. */
bool exchange_quoted(struct traffic *traffic, struct exchange *quoted);

/* The ICMP error that quotes QUOTED, or something like it. */
void exchange_error(struct traffic *traffic, const struct exchange *quoted, struct exchange *error);

#endif
