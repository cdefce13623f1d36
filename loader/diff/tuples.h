/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turns boxes of classes into tuples of addresses, protocols and ports. */
#ifndef EDGEXDP_TUPLES_H
#define EDGEXDP_TUPLES_H

#include "diff.h"

/* Adds the tuples of one context. Returns 0, -E2BIG or -ENOMEM. */
int tuples_add(const struct context *context, struct difference *difference);

/* Sort all tuples, inbound before outbound, and in the order of the rules, and join those that are
 * the same in both families or of later fragments. Returns 0 or -ENOMEM. */
int tuples_finish(struct difference *difference);

/* Frees what TUPLE owns. */
void tuple_clear(struct diff_tuple *tuple);

#endif
