/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which host names a request may address us by. A web page can make its own name resolve to our
 * address and then read our answers as if they were its own pages (DNS rebinding); but the browser
 * sends the name it used. So we answer only under our own names.
 */
#ifndef EDGEXDP_HOST_H
#define EDGEXDP_HOST_H

#include <stdbool.h>

struct hosts; /* our names */

/* Read the names that this machine gives itself (its host name, alone and with each search domain
 * of /etc/resolv.conf, and its other names in /etc/hosts), and GIVEN: comma-separated names, or
 * NULL. No name server is asked. Free *hosts with hosts_free(). Returns 0 or -ENOMEM. */
int hosts_read(const char *given, struct hosts **hosts);

/* The same from texts instead of the machine's: NAME, and the contents of the two files. */
int hosts_parse(const char *name, const char *resolv_conf, const char *etc_hosts, const char *given,
                struct hosts **hosts);
void hosts_free(struct hosts *hosts);

/* The name that this machine gives itself, or "localhost" if it has none. Lives as long as HOSTS.
 */
const char *hosts_own(const struct hosts *hosts);

/* Is GIVEN a list of names, none of them empty or too long? */
bool hosts_are_names(const char *given);

/* May a request with HEADER as its Host be answered? Yes for an address, localhost and our names,
 * with any port; also for NULL, no header: browsers always send one. */
bool host_is_ours(const struct hosts *hosts, const char *header);

#endif
