/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The SSH sessions that are open on this host, whoever owns them. */
#ifndef EDGEXDP_LOCKOUT_OPEN_H
#define EDGEXDP_LOCKOUT_OPEN_H

#include "session.h"

/* Call VISIT for each established TCP connection of this network namespace to an SSH port. SSH
 * ports are 22; those named in /etc/ssh/sshd_config and the files beside it; and those on which a
 * process called sshd or dropbear listens, or has a connection accepted from any listener (systemd
 * may hold it). A service that may not look at other processes' files knows only the first two
 * kinds. Stops at the first non-zero return and returns it; else returns 0 or -errno. */
int open_sessions_each(int (*visit)(const struct session *session, void *context), void *context);

#endif
