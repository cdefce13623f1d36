/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules and expectations a line each, as [rules] and [expectations] hold them. A line becomes a
 * section with the same keys as the long form, whose values are pieces of the line: from there on
 * nobody knows which form it was written in.
 */
#ifndef EDGEXDP_SHORT_H
#define EDGEXDP_SHORT_H

#include "ini.h"

/* Puts behind each section of INI that holds lines a section for each of them, and leaves it empty
 * itself. Faults go to DIAG, and such a section is faulty. Returns 0 or -ENOMEM. */
int short_expand(struct ini *ini, struct diag *diag);

#endif
