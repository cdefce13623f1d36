/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bans in a file, to survive a reboot: times there are calendar times. */
#ifndef EDGEXDP_BANFILE_H
#define EDGEXDP_BANFILE_H

#include "../ban/banned.h"
#include "../base/why.h"

/* The file that keeps the bans of INTERFACE: in STATE_DIRECTORY if systemd sets it, else in
 * /var/lib/edgexdp. */
#define BANFILE_PATH_BYTES 512
void banfile_path(const char *interface, char path[BANFILE_PATH_BYTES]);

/* Returns 0 or -errno with WHY. Makes the directory if needed; if there are no bans, removes the
 * file. */
int banfile_write(const char *path, const struct bans *bans, struct why *why);

/* Append the bans that have not expired. A missing file holds none. Returns 0; -EINVAL when lines
 * make no sense: WHY names the first, BANS has the rest; or -errno. */
int banfile_read(const char *path, struct bans *bans, struct why *why);

#endif
