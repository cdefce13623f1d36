/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is banned. Bans may be a hundred thousand, so they are read no more often than every two
 * seconds, however often and by however many it is asked, and only the first of them are told. For
 * the keeper. */
#ifndef EDGEXDP_LISTING_H
#define EDGEXDP_LISTING_H

#include "../kernel/kernel.h"

struct listing {
    struct json_object *guards; /* an object for each interface; NULL: nothing was read yet */
    u64 read_ns;
};

/* Call TELL with an object of JSON for each interface that snapshot_visit_guards() finds. What TELL
 * returns, if it is not 0, ends it and is returned. WHY is set when an interface could not be read.
 */
int listing_answer(struct listing *listing, const char *interface,
                   int (*tell)(const char *text, size_t bytes, void *context), void *context,
                   struct why *why);

void listing_clear(struct listing *listing);

#endif
