/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page for people, at /. It is the same for everybody, and fetches by itself what it shows. */
#ifndef EDGEXDP_STATUS_PAGE_H
#define EDGEXDP_STATUS_PAGE_H

#include <stddef.h>

struct status_page {
    char *text; /* for free(), both */
    size_t length;
    char *policy; /* Content-Security-Policy: its own style and script, this server, nothing else */
};

/* HOST is this machine's name. Returns 0 or -ENOMEM. */
int status_page_make(const char *host, struct status_page *page);

#endif
