/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pages that can be requested, and the answers. */
#ifndef EDGEXDP_PAGE_H
#define EDGEXDP_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "channel.h"
#include "history.h"

struct page {
    unsigned int status; /* of HTTP */
    const char *type;
    char *text; /* for free() */
    size_t length;
};

#define PAGES 7

/* The number of the page at PATH; PAGES if there is none. */
size_t page_find(const char *path);

/* What to ask the keeper for, to make this page. */
enum asked page_asks(size_t number);

/* The data a page is made from. */
struct facts {
    const struct snapshots *snapshots; /* NULL: the state could not be read */
    bool complete;    /* false: some interface could not be read, and the page shows the others */
    const char *text; /* text from the keeper, for pages made of it; NULL: could not be read */
    const struct history *history;
};

/* Does the page of that NUMBER tell how many sources are ahead of limits? */
bool page_counts_sources(size_t number);

/* Make the page of that NUMBER. Returns 0 or -ENOMEM. */
int page_make(size_t number, const struct facts *facts, struct page *page);

#endif
