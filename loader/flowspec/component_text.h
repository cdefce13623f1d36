/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How ExaBGP writes the components of a flow. */
#ifndef EDGEXDP_COMPONENT_TEXT_H
#define EDGEXDP_COMPONENT_TEXT_H

#include "../policy/piece.h"
#include "nlri.h"

/* Returns the component that KEY names in FAMILY, or COMPONENT_NONE. */
enum component_type component_named(const char *key, enum family family);

/* Returns the key of TYPE in FAMILY. */
const char *component_key(enum component_type type, enum family family);

/* Returns whether the values of TYPE are prefixes; whether they are bits. */
bool component_has_prefix(enum component_type type);
bool component_has_bits(enum component_type type);

/* Each adds what TEXT says to the component of DRAFT that was begun, or a component. They return 0,
 * -EINVAL (TEXT is nothing that ExaBGP would write) or -E2BIG. */

/* "198.51.100.0/24", or "2001:db8::/64/0". */
int component_text_prefix(struct piece text, enum component_type type, struct nlri_draft *draft);

/* One alternative of numbers: ">=1024&<=65535", "=tcp". */
int component_text_numbers(struct piece text, enum component_type type, struct nlri_draft *draft);

/* One alternative of bits: "=syn+ack", "syn&!ack", "!is-fragment". */
int component_text_bits(struct piece text, enum component_type type, struct nlri_draft *draft);

/* All alternatives of TYPE, which is of bits, as FLOW has them, which is how ExaBGP words a whole
 * flow: its lists do not tell "=syn+ack" from "=syn or =ack". Returns -ENOENT if FLOW does not name
 * TYPE. */
int component_text_bits_flow(const char *flow, enum component_type type, struct nlri_draft *draft);

#endif
