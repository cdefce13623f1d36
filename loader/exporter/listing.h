/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is banned. There may be a hundred thousand bans, so they are read at most every two seconds,
 * however many clients ask however often, and only the first of them are shown. For the keeper. */
#ifndef EDGEXDP_LISTING_H
#define EDGEXDP_LISTING_H

#include "../kernel/kernel.h"

struct listing {
    struct json_object *guards; /* one object for each interface; NULL: not read yet */
    u64 read_ns;
};

/* Call TELL with a JSON object for each interface that snapshot_visit_guards() finds. If TELL
 * returns anything but 0, that ends it and is returned. WHY is set when an interface could not be
 * read. */
int listing_answer(struct listing *listing, const char *interface,
                   int (*tell)(const char *text, size_t bytes, void *context), void *context,
                   struct why *why);

void listing_clear(struct listing *listing);

#endif
