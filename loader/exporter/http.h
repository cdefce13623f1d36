/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EDGEXDP_HTTP_H
#define EDGEXDP_HTTP_H

/* The exporter proper: answer clients of LISTENER with what the keeper at the other end of CHANNEL
 * shows, until that end is closed. NAMES, or NULL, holds additional names of the host: see
 * hosts_read(). Gives up everything it does not need before it hears the first client. Returns 0,
 * or -errno if it could not begin. */
int http_serve(int listener, int channel, const char *names);

#endif
