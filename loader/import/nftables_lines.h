/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where in its text each rule of a ruleset stands: nft's JSON does not say. */
#ifndef EDGEXDP_IMPORT_NFTABLES_LINES_H
#define EDGEXDP_IMPORT_NFTABLES_LINES_H

#include "ruleset.h"

struct nftables_lines;

/* Reads TEXT, which stays with its owner. Returns 0 with *lines to be freed, or -ENOMEM. */
int nftables_lines_read(const struct source *text, struct nftables_lines **lines);
void nftables_lines_free(struct nftables_lines *lines);

/* Set *PLACE to where rule NUMBER of CHAIN stands, counted from 1. Returns false, with *PLACE
 * unchanged, if the text does not show as many rules there as the chain has. */
bool nftables_lines_find(const struct nftables_lines *lines, const struct chain *chain,
                         size_t number, struct place *place);

#endif
