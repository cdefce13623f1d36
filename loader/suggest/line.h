/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Suggested rules as lines of [rules]. Pure. */
#ifndef EDGEXDP_SUGGEST_LINE_H
#define EDGEXDP_SUGGEST_LINE_H

#include <stdio.h>

#include "merge.h"

/* Print RULE without its name, for the zone called ZONE (NULL: the policy has none). It is broken
 * into lines of about WIDTH columns (0: it is not) if it is long, AT being how many are used. */
void line_print(const struct suggested *rule, const char *zone, size_t at, size_t width, FILE *out);

/* Print what speaks for it: "12 packets, 720 bytes from 2 sources; 3 connections begun". */
void line_print_evidence(const struct suggested *rule, FILE *out);

#endif
