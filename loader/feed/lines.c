/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_BYTES 65536

void lines_clear(struct lines *lines)
{
    free(lines->bytes);
    *lines = (struct lines){0};
}

/* Makes room for one read behind what is not taken yet. */
static int make_room(struct lines *lines)
{
    size_t left = lines->used - lines->next;
    char *grown;

    if (lines->next) {
        memmove(lines->bytes, lines->bytes + lines->next, left);
        lines->searched -= lines->next;
        lines->used = left;
        lines->next = 0;
    }
    if (lines->room - lines->used >= READ_BYTES)
        return 0;
    grown = realloc(lines->bytes, lines->used * 2 + READ_BYTES);
    if (!grown)
        return -ENOMEM;
    lines->bytes = grown;
    lines->room = lines->used * 2 + READ_BYTES;
    return 0;
}

long lines_read(struct lines *lines, int descriptor)
{
    int error = make_room(lines);
    ssize_t count;

    if (error)
        return error;
    do
        count = read(descriptor, lines->bytes + lines->used, READ_BYTES);
    while (count < 0 && errno == EINTR);
    if (count < 0)
        return -errno;
    lines->used += (size_t)count;
    return count;
}

bool lines_next(struct lines *lines, size_t longest, const char **line, size_t *length,
                bool *too_long)
{
    char *from, *end;

    if (!lines->bytes)
        return false;
    from = lines->bytes + lines->next;
    end = memchr(lines->bytes + lines->searched, '\n', lines->used - lines->searched);
    if (!end) {
        lines->searched = lines->used;
        if (lines->used - lines->next > longest) {
            lines->is_skipping = true;
            lines->next = lines->used;
        }
        return false;
    }
    *length = (size_t)(end - from);
    *too_long = lines->is_skipping || *length > longest;
    *line = from;
    if (*too_long)
        *length = 0;
    lines->is_skipping = false;
    lines->next = lines->searched = (size_t)(end + 1 - lines->bytes);
    return true;
}
