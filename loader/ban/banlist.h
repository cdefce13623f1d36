/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of bans. */
#ifndef EDGEXDP_BANLIST_H
#define EDGEXDP_BANLIST_H

#include <stdio.h>

#include "banned.h"

/* Append the addresses and prefixes of the file PATH ("-": of the standard input), one a line, with
 * comments as in a policy.
 * What is wrong with it is printed to STREAM. Returns 0, -EINVAL, or another -errno; nothing is
 * said of -ENOMEM. */
int banlist_read(const char *path, struct bans *bans, FILE *stream);

#endif
