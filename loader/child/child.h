/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a process gives up that was forked to deal with strangers. */
#ifndef EDGEXDP_CHILD_H
#define EDGEXDP_CHILD_H

#include <stddef.h>
#include <sys/types.h>

/* In a child: be called NAME, end with PARENT, which may be gone already, and keep none of its
 * signal handling, and of its open files only the standard ones and KEEP. Returns 0 or -errno. */
int child_become(const char *name, pid_t parent, const int *keep, size_t count);

/* Close all descriptors but the standard ones and KEEP[COUNT], in any order. Returns 0 or -errno.
 */
int child_close_others(const int *keep, size_t count);

/* Redirect standard input, output and error to nowhere. Returns 0 or -errno. */
int child_silence(void);

/* From now on: no capability, no way to gain one, no file to write to, no process to start. Returns
 * 0 or -errno. */
int child_drop(void);

#endif
