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

/* ---- limit_bans.c ---- */

/* Append whom limits have banned, and who is not free yet. Returns 0 or -errno. */
int limit_bans_read(const struct guard *guard, struct bans *bans);
/* How many there are; WORD is what VIEW has. */
int limit_bans_count(const struct view *view, const struct banning *word, size_t *count);
/* Until when ADDRESS is banned so, at least; 0: it is not. */
u64 limit_bans_until(const struct guard *guard, const struct banned *address);
/* End exactly this ban. Returns whether there was one. */
bool limit_bans_end(const struct guard *guard, const struct banned *banned);
/* Have all of them expired? Then sweeping removes them, and packets look for none any more. */
bool limit_bans_expired(const struct guard *guard);
int limit_bans_sweep(const struct guard *guard);

#endif
