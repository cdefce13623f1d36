/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EDGEXDP_HTTP_H
#define EDGEXDP_HTTP_H

/* The exporter proper: answer clients of LISTENER, with what the keeper at the other end of CHANNEL
 * shows, until that end is closed. NAMES, or NULL: what the host is called besides, see
 * hosts_read(). Before the first client is heard it gives up everything that it does not need.
 * Returns 0 or -errno; then it could not begin. */
int http_serve(int listener, int channel, const char *names);

#endif
