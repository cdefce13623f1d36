/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words of other packet filters, and what is written here instead: people bring their rulesets
 * along. */
#ifndef EDGEXDP_FOREIGN_H
#define EDGEXDP_FOREIGN_H

#include "piece.h"

struct foreign {
    char advice[96]; /* what to write; empty: this is no word of another filter */
};

/* Where an action stands: `pass`, `-A`. */
struct foreign foreign_action(struct piece word);

/* Where an address, a port or another item of a list stands: `!10.0.0.0/8`, `$lan`, `{`. */
struct foreign foreign_item(struct piece word);

/* Where a key stands: `dport`, `-p`, `source=`. */
struct foreign foreign_word(struct piece word);

#endif
