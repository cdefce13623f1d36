/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists in the words of a policy. */
#ifndef EDGEXDP_IMPORT_ITEMS_H
#define EDGEXDP_IMPORT_ITEMS_H

#include <stdio.h>

/* A list being written: a key, its items, and where it breaks. */
struct items {
    FILE *out;
    const char *key;
    size_t count;
};

/* Write one more item; end the line, if there was any. */
void items_put(struct items *items, const char *text);
void items_end(struct items *items);

#endif
