/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bans in a file, over a reboot: times there are those of the calendar. */
#ifndef EDGEXDP_BANFILE_H
#define EDGEXDP_BANFILE_H

#include "../ban/banned.h"
#include "../base/why.h"

/* Where those of INTERFACE are kept: in STATE_DIRECTORY, as systemd says, else /var/lib/edgexdp. */
#define BANFILE_PATH_BYTES 512
void banfile_path(const char *interface, char path[BANFILE_PATH_BYTES]);

/* Returns 0 or -errno with WHY. The directory is made if need be; without bans the file is removed.
 */
int banfile_write(const char *path, const struct bans *bans, struct why *why);

/* Append those that have not expired. A file that is not there holds none. Returns 0; -EINVAL when
 * there are lines that make no sense, and WHY names the first: BANS has the others; or -errno. */
int banfile_read(const char *path, struct bans *bans, struct why *why);

#endif
