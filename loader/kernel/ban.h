/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files about bans. */
#ifndef EDGEXDP_KERNEL_BAN_H
#define EDGEXDP_KERNEL_BAN_H

#include "guard.h"

struct ban_key ban_key(const struct banned *banned);

/* Append the prefixes that are in MAP, `ban_prefixes`, including expired ones. */
int ban_prefixes_read(int map, struct bans *bans);

/* Until when some prefix of MAP that ADDRESS, which is none, is in counts; 0: there is none. */
u64 ban_prefixes_until(int map, const struct banned *address);

/* Add the prefixes ADDED, remove REMOVED (each may be NULL) and expired ones, and keep each prefix
 * in force as long as any prefix that contains it. *count is how many there are then; *earliest_ns
 * is lowered to the time when the first of them expires. Returns 0, -ENOSPC or another -errno. */
int ban_prefixes_change(const struct guard *guard, const struct bans *added,
                        const struct bans *removed, size_t *count, u64 *earliest_ns);

#endif
