/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Segments of TCP, by their flags. */
#ifndef EDGEXDP_IMPORT_SEGMENTS_H
#define EDGEXDP_IMPORT_SEGMENTS_H

#include "plan.h"

/* Flags of those that open a connection: SYN without ACK. */
const struct spans *segments_opening(struct arena *arena);

/* Flags that no host sends, and that connection tracking finds invalid: SYN with URG is not among
 * them, which edgexdp alone finds bad. */
const struct spans *segments_bad(struct arena *arena);

/* Settle a line that judges segments by their flags, where established connections were accepted
 * before: here it is asked about those that follow, too. */
void segments_settle(struct plan *plan, struct line *line);

#endif
