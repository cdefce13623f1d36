/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be asked for, and the answers. */
#ifndef EDGEXDP_PAGE_H
#define EDGEXDP_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "../metrics/snapshot.h"

struct page {
    unsigned int status; /* of HTTP */
    const char *type;
    char *text; /* for free() */
    size_t length;
};

#define PAGES 4

/* The number of the page at PATH; PAGES: there is none. */
size_t page_find(const char *path);

/* The page of that NUMBER. SNAPSHOTS is NULL where the state could not be read; without COMPLETE,
 * that is so of some interface, and the page tells of the others. Returns 0 or -ENOMEM. */
int page_make(size_t number, const struct snapshots *snapshots, bool complete, struct page *page);

#endif
