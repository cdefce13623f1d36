/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of an input that somebody else writes, in bounded memory. */
#ifndef EDGEXDP_FEED_LINES_H
#define EDGEXDP_FEED_LINES_H

#include <stdbool.h>
#include <stddef.h>

/* Initialise with zeros; free it with lines_clear(). */
struct lines {
    char *bytes;
    size_t used, room;
    size_t next;      /* where the next line begins */
    size_t searched;  /* no line ends before here */
    bool is_skipping; /* the rest of a line that was too long */
};

/* Read once from DESCRIPTOR what is there. Returns the bytes read, 0 at the end, or -errno. */
long lines_read(struct lines *lines, int descriptor);

/* Take the next whole line, without its end, which lives until the next lines_read(). Returns false
 * if there is none yet. A line of more than LONGEST bytes becomes one of none, and *too_long says
 * so. */
bool lines_next(struct lines *lines, size_t longest, const char **line, size_t *length,
                bool *too_long);

void lines_clear(struct lines *lines);

#endif
