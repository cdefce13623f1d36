/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Partitions to the search tables of the block: number in, class out. */
#ifndef EDGEXDP_LOOKUP_H
#define EDGEXDP_LOOKUP_H

#include "partition.h"
#include "words.h"

/* A port as the tables see it: protocol << 16 | port. */
#define PORT_KEYS      (256u << 16)
#define PORT_KEY(p, n) ((u32)(p) << 16 | (u32)(n))

/* Each appends its table to WORDS and says where it begins. All return 0, -E2BIG or -ENOMEM. */
int lookup_build4(const struct partition *partition, struct words *words, u32 *root);
int lookup_build6(const struct partition *partition, struct words *words, u32 *root,
                  struct words *nodes);

/* PAGES collects 16-bit halves, two to a word; page 0 stands for none. */
int lookup_build_ports(const struct partition *partition, struct words *words, u32 *ports,
                       struct words *pages);

/* The one beyond all others in a partition of numbers that tells packets apart which are only
 * spoken of: see tables.h. */
#define NUMBER_SPOKEN_OF 0x10000u

/* *ENTRY becomes that of header->numbers for a partition of numbers. */
int lookup_build_numbers(const struct partition *partition, struct words *pages, u32 *entry);

#endif
