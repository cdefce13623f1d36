/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turns partitions into the search tables of the block: from a number to its class. */
#ifndef EDGEXDP_LOOKUP_H
#define EDGEXDP_LOOKUP_H

#include "partition.h"
#include "words.h"

/* A port as the tables see it: protocol << 16 | port. */
#define PORT_KEYS      (256u << 16)
#define PORT_KEY(p, n) ((u32)(p) << 16 | (u32)(n))

/* Each appends its table to WORDS and returns where it begins. All return 0, -E2BIG or -ENOMEM. */
int lookup_build4(const struct partition *partition, struct words *words, u32 *root);
int lookup_build6(const struct partition *partition, struct words *words, u32 *root,
                  struct words *nodes);

/* PAGES collects 16-bit halves, two to a word; page 0 means no page. */
int lookup_build_ports(const struct partition *partition, struct words *words, u32 *ports,
                       struct words *pages);

/* The number, beyond all others, that stands for packets that are only spoken of in a partition of
 * numbers that tells them apart: see tables.h. */
#define NUMBER_SPOKEN_OF 0x10000u

/* *ENTRY becomes the entry in header->numbers for a partition of numbers. */
int lookup_build_numbers(const struct partition *partition, struct words *pages, u32 *entry);

#endif
