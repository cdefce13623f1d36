/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files, and those that others read while we write them. */
#ifndef EDGEXDP_FILE_H
#define EDGEXDP_FILE_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/* Of a policy that came through a pipe there is nothing to read again, only to wait for. */
bool file_is_regular(const char *path);

/* The path by which a regular file is found again, whoever asks from wherever: absolute, and of
 * symbolic links the last one stays what it is, since it may be made to lead elsewhere. Any other
 * PATH stays as it is. For free(); NULL when memory is short. */
char *file_absolute(const char *path);

/* Write the file PATH anew, by PRINT: whoever opens it finds the old one or the new one, whole,
 * also after a crash. Returns 0 or -errno. */
int file_replace(const char *path, mode_t mode, void (*print)(FILE *stream, const void *context),
                 const void *context);

#endif
