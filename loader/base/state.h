/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the service keeps what has to survive it. */
#ifndef EDGEXDP_STATE_H
#define EDGEXDP_STATE_H

/* The file that keeps WHAT ("bans") of INTERFACE: in STATE_DIRECTORY if systemd sets it, else in
 * /var/lib/edgexdp. */
#define STATE_PATH_BYTES 512
void state_path(const char *interface, const char *what, char path[STATE_PATH_BYTES]);

/* Make the folder of the file PATH, if it is not there. */
void state_make_folder(const char *path);

#endif
