/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A text file, whole in memory, with an index of its lines. A source belongs to a diag from its
 * creation, so that the places in messages stay valid.
 */
#ifndef EDGEXDP_SOURCE_H
#define EDGEXDP_SOURCE_H

#include "diag.h"

/* Beyond these limits, the file is not a policy or a list of addresses, but a mistake or worse. A
 * million prefixes take about 20 MiB. */
#define SOURCE_BYTES_MAX ((size_t)128 << 20)
#define SOURCE_LINES_MAX ((size_t)4 << 20)

struct source {
    char *path;        /* as given */
    char *bytes;       /* as read */
    size_t size;       /* of bytes */
    char *text;        /* bytes without a byte order mark; a NUL follows the last byte */
    size_t length;     /* of text */
    size_t *lines;     /* where each line starts */
    size_t line_count; /* at least 1; a last line end starts no new line */
    bool plain;        /* printable ASCII, tabs and line ends only: nothing to check */
};

struct source_line {
    const char *text;
    size_t length; /* without its line end */
};

/* Read the whole file PATH. *source belongs to DIAG. Returns 0 or -errno, which is not reported to
 * DIAG: -EFBIG when it has more than SOURCE_BYTES_MAX bytes or SOURCE_LINES_MAX lines, -ENOTSUP
 * when it is something other than a file. */
typedef int source_opener(struct diag *diag, const char *path, const struct source **source);

/* For files that another file names: a regular file, which is opened without blocking. */
source_opener source_open_regular;

/* For files that a command names: a regular file, or a pipe such as a shell's <(COMMAND). Reading a
 * pipe may wait, since the user who named it can end the command. */
source_opener source_open;

/* Open the regular file PATH for reading. Returns a descriptor for the caller to close, or -errno:
 * -ENOTSUP as above. */
int source_file(const char *path);

/* Read what is open as FILE, whatever it is; PATH is its name. */
int source_read(struct diag *diag, const char *path, int file, const struct source **source);

/* Returns the path of NAME as used in SOURCE, relative to where SOURCE is. The caller frees it;
 * NULL: no memory. */
char *source_path_beside(const struct source *source, const char *name, size_t length);

/* Returns why reading failed with ERROR (negative), in words that follow "cannot read FILE: ". */
const char *source_error(int error);

/* The same from memory, which is copied; PATH is its name. Returns 0, -EFBIG or -ENOMEM. */
int source_copy(struct diag *diag, const char *path, const char *text, size_t length,
                const struct source **source);

void source_free(struct source *source);

/* Returns line NUMBER, counted from 1; empty beyond the end. */
struct source_line source_line(const struct source *source, unsigned int number);

/* Returns source NUMBER of DIAG, counted from 0 in the order of reading, or NULL if there is
 * none. */
const struct source *diag_source(const struct diag *diag, size_t number);

/* Makes SOURCE belong to DIAG; when memory is short (-ENOMEM), it still belongs to the caller. */
int diag_adopt(struct diag *diag, struct source *source);

#endif
