/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words that stand for addresses in lists of them: those that mean the same on every host
 * (multicast), and those that depend on the host (`self`, eth0:networks, name:HOST; see host.h).
 */
#ifndef EDGEXDP_ADDRESS_WORDS_H
#define EDGEXDP_ADDRESS_WORDS_H

#include "host.h"

struct address_words {
    const struct host *host; /* NULL: unknown */
    struct host *named;      /* what was asked for: names that HOST does not know; NULL: nothing.
                              * The caller frees it. */
    struct host *used;       /* its words that the policy says; NULL: none. The caller frees it. */
    struct diag *diag;
};

/* Is ITEM a word that means some addresses wherever no set has that name? */
bool address_words_know(struct piece item);

/* Add what ITEM, which is such a word, stands for, by family. Warns when a word of the host that is
 * said for the first time stands for nothing. Returns 0 or -ENOMEM. */
int address_words_add(struct address_words *words, struct piece item,
                      struct address_list families[2]);

/* Add the addresses that no word of a policy means: the implied words of the host. Returns 0 or
 * -ENOMEM. */
int address_words_imply(struct address_words *words, struct address_list families[2]);

/* Add this host's addresses, which ASKS needs without saying so; a warning says so if there is
 * none, and no item has said it. Returns 0 or -ENOMEM. */
int address_words_self(struct address_words *words, struct piece asks,
                       struct address_list families[2]);

/* Add what no host forwards: to itself, on a link, and to many. Returns 0 or -ENOMEM. */
int address_words_never_forwarded(struct address_words *words, struct address_list families[2]);

/* Put an error about ITEM, which begins with `name:`, in the diag if it cannot be asked for.
 * Returns whether it can. */
bool address_words_check_name(struct address_words *words, struct piece item);

/* Does ITEM look like a word for the addresses of an interface? Addresses have no colon or several.
 */
bool address_words_resembles(struct piece item);

/* Add an error about ITEM, which does, but is none. */
void address_words_tell_unknown(const struct address_words *words, struct piece item);

#endif
