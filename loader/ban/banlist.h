/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of bans. */
#ifndef EDGEXDP_BANLIST_H
#define EDGEXDP_BANLIST_H

#include <stdio.h>

#include "banned.h"

/* Append the addresses and prefixes of the file PATH ("-": standard input), one per line, with
 * comments as in a policy. Errors in the file are printed to STREAM. Returns 0, -EINVAL, or another
 * -errno; -ENOMEM is not reported on STREAM. */
int banlist_read(const char *path, struct bans *bans, FILE *stream);

#endif
