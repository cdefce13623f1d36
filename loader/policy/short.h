/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules and expectations written one per line, in [rules] and [expectations]. A line becomes a
 * section with the same keys as the long form, whose values are pieces of the line: from there on,
 * the two forms are alike.
 */
#ifndef EDGEXDP_SHORT_H
#define EDGEXDP_SHORT_H

#include "ini.h"

/* Inserts, after each section of INI that contains lines, a section for each line, and empties the
 * original. Faults go to DIAG and make that section faulty. Returns 0 or -ENOMEM. */
int short_expand(struct ini *ini, struct diag *diag);

#endif
