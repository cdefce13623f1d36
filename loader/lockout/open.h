/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The SSH sessions that are open on this host, whoever's they are. */
#ifndef EDGEXDP_LOCKOUT_OPEN_H
#define EDGEXDP_LOCKOUT_OPEN_H

#include "session.h"

/* Call VISIT for each established TCP connection of this network namespace to a port of SSH. Such a
 * port is 22; one that /etc/ssh/sshd_config and the files beside it name; one on which a process
 * called sshd or dropbear listens, or has a connection that somebody listened for (systemd may hold
 * the listener). A service that may not look at other processes' files knows the first two. Stops
 * at the first non-zero return, and returns it; 0 or -errno. */
int open_sessions_each(int (*visit)(const struct session *session, void *context), void *context);

#endif
