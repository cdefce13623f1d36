/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that others read while we write them. */
#ifndef EDGEXDP_FILE_H
#define EDGEXDP_FILE_H

#include <stdio.h>
#include <sys/types.h>

/* Write the file PATH anew, by PRINT: whoever opens it finds the old one or the new one, whole,
 * also after a crash. Returns 0 or -errno. */
int file_replace(const char *path, mode_t mode, void (*print)(FILE *stream, const void *context),
                 const void *context);

#endif
