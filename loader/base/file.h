/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files, including those that others read while we write them. */
#ifndef EDGEXDP_FILE_H
#define EDGEXDP_FILE_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/* Is PATH a regular file? A policy that came through a pipe cannot be read again: reading would
 * only wait. */
bool file_is_regular(const char *path);

/* The path that finds a regular file again from any directory: absolute, with symbolic links
 * resolved except the last one, since that may be changed to lead elsewhere. Any other PATH is
 * returned as it is. The caller frees it; NULL when memory is short. */
char *file_absolute(const char *path);

/* Replace the file PATH by what PRINT writes: whoever opens it finds the old file or the new one,
 * complete, even after a crash. Returns 0 or -errno. */
int file_replace(const char *path, mode_t mode, void (*print)(FILE *stream, const void *context),
                 const void *context);

#endif
