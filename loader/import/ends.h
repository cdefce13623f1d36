/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Both ends of packets, in the words of a policy. */
#ifndef EDGEXDP_IMPORT_ENDS_H
#define EDGEXDP_IMPORT_ENDS_H

#include "items.h"
#include "plan.h"

/* Does CONDITION ask for addresses at this end, in a family that it is about? */
bool ends_ask(const struct condition *condition, bool to);

/* On its way in, what is neither broadcast nor multicast is this host's. */
bool ends_imply_kind(const struct condition *condition, const struct condition *whole, bool to);

/* What the addresses at one end come to: `any but` holds the other family, too. */
bool ends_exclude(const struct condition *condition, bool to);

/* Write what CONDITION asks for at one end, as a key of a rule. */
void ends_write(const struct condition *condition, const struct condition *whole, bool to,
                FILE *out);

/* Write SET; what stands BEFORE its first item belongs to it. */
void ends_put_ranges(struct items *items, enum family family, const struct spans *set,
                     const char *before);

#endif
