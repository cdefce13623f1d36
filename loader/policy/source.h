/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A text file in memory, whole, with an index of its lines. Sources belong to a diag from the
 * moment they are made, so that every place of a message stays good.
 */
#ifndef EDGEXDP_SOURCE_H
#define EDGEXDP_SOURCE_H

#include "diag.h"

/* Beyond these it is neither a policy nor a list of addresses, but a mistake or worse. A million
 * prefixes take some 20 MiB. */
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

/* Read the file PATH whole. *source is DIAG's. Returns 0 or -errno, of
 * which DIAG is told nothing: -EFBIG when it has more than SOURCE_BYTES_MAX bytes or
 * SOURCE_LINES_MAX lines, -ENOTSUP when it is something else than a file. */
typedef int source_opener(struct diag *diag, const char *path, const struct source **source);

/* What another file names: a regular file, and nobody is waited for. */
source_opener source_open_regular;

/* What a command names: a regular file, or a pipe, such as a shell's <(COMMAND), which is waited
 * for: whoever named it can end the command. */
source_opener source_open;

/* The regular file PATH, open to be read. Returns a descriptor for the caller to close, or -errno:
 * -ENOTSUP as above. */
int source_file(const char *path);

/* What is open as FILE, whatever it is; PATH names it. */
int source_read(struct diag *diag, const char *path, int file, const struct source **source);

/* The path of NAME as SOURCE says it: relative to where SOURCE is. The caller frees it; NULL: no
 * memory. */
char *source_path_beside(const struct source *source, const char *name, size_t length);

/* Why reading failed with ERROR (negative), as words behind "cannot read FILE: ". */
const char *source_error(int error);

/* The same from memory, which is copied; PATH names it. Returns 0, -EFBIG or -ENOMEM. */
int source_copy(struct diag *diag, const char *path, const char *text, size_t length,
                const struct source **source);

void source_free(struct source *source);

/* Line NUMBER, counted from 1; empty beyond the end. */
struct source_line source_line(const struct source *source, unsigned int number);

/* The source NUMBER of DIAG, counted from 0 in the order in which they were read; NULL: there are
 * no more. */
const struct source *diag_source(const struct diag *diag, size_t number);

/* SOURCE is DIAG's from now on; when memory is short (-ENOMEM) it stays the caller's. */
int diag_adopt(struct diag *diag, struct source *source);

#endif
