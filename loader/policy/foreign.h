/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words of other packet filters, and what to write here instead, for people who bring their
 * rulesets along. */
#ifndef EDGEXDP_FOREIGN_H
#define EDGEXDP_FOREIGN_H

#include "piece.h"

struct foreign {
    char advice[96]; /* what to write; empty: this is not another filter's word */
};

/* For words in the place of an action: `pass`, `-A`. */
struct foreign foreign_action(struct piece word);

/* For words in the place of an address, a port or another item of a list: `!10.0.0.0/8`, `$lan`,
 * `{`. */
struct foreign foreign_item(struct piece word);

/* For a whole list of TCP's flags, which is not empty: `SYN,ACK SYN`, `S/SA`,
 * `& (syn|ack) == syn`. */
struct foreign foreign_flags(struct piece text);

/* For words in the place of a key: `dport`, `-p`, `source=`. */
struct foreign foreign_word(struct piece word);

#endif
