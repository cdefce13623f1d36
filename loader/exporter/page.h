/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be asked for, and the answers. */
#ifndef EDGEXDP_PAGE_H
#define EDGEXDP_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "channel.h"

struct page {
    unsigned int status; /* of HTTP */
    const char *type;
    char *text; /* for free() */
    size_t length;
};

#define PAGES 6

/* The number of the page at PATH; PAGES: there is none. */
size_t page_find(const char *path);

/* What the keeper has to be asked for to make it. */
enum asked page_asks(size_t number);

/* What a page is made of. */
struct facts {
    const struct snapshots *snapshots; /* NULL: the state could not be read */
    bool complete;    /* if not, that is so of some interface, and the page tells of the others */
    const char *text; /* that the keeper has made, for such a page; NULL: could not be read */
};

/* The page of that NUMBER. Returns 0 or -ENOMEM. */
int page_make(size_t number, const struct facts *facts, struct page *page);

#endif
