/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bans in a file, to survive a reboot: times there are calendar times. */
#ifndef EDGEXDP_BANFILE_H
#define EDGEXDP_BANFILE_H

#include "../ban/banned.h"
#include "../base/state.h"
#include "../base/why.h"
#include "../policy/piece.h"
#include "../show/times.h"

/* What files of blocks have in common with these. */

/* Since when and until when, by CLOCK_MONOTONIC, what such a file says in two words. Returns 0 or
 * -EINVAL. */
struct saved_times {
    u64 since_ns, expires_ns; /* BAN_FOREVER: never */
    bool expired;
};
int saved_times_read(struct piece since, struct piece expires, struct saved_times *times);
void saved_times_print(u64 since_ns, u64 expires_ns, char since[TIME_TEXT_BYTES],
                       char expires[TIME_TEXT_BYTES]);

/* The file that keeps the bans of INTERFACE: see state.h. */
#define BANFILE_PATH_BYTES STATE_PATH_BYTES
void banfile_path(const char *interface, char path[BANFILE_PATH_BYTES]);

/* Returns 0 or -errno with WHY. Makes the directory if needed; if there are no bans, removes the
 * file. */
int banfile_write(const char *path, const struct bans *bans, struct why *why);

/* Append the bans that have not expired. A missing file holds none. Returns 0; -EINVAL when lines
 * make no sense: WHY names the first, BANS has the rest; or -errno. */
int banfile_read(const char *path, struct bans *bans, struct why *why);

#endif
