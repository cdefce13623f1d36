/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whom a request takes us for. A web page whose name its owner makes resolve to our address can
 * read what we answer, as if it were a page of its own (DNS rebinding); but the browser says by
 * which name it came. So there is an answer under our own names only.
 */
#ifndef EDGEXDP_HOST_H
#define EDGEXDP_HOST_H

#include <stdbool.h>

struct hosts; /* our names */

/* Those that this machine gives itself (its host name, alone and with each search domain of
 * /etc/resolv.conf, and what /etc/hosts calls it beside), and GIVEN: names with commas between, or
 * NULL. Nobody is asked. *hosts is for hosts_free(). Returns 0 or -ENOMEM. */
int hosts_read(const char *given, struct hosts **hosts);

/* The same from texts in place of the machine's: NAME, and what the two files hold. */
int hosts_parse(const char *name, const char *resolv_conf, const char *etc_hosts, const char *given,
                struct hosts **hosts);
void hosts_free(struct hosts *hosts);

/* Is GIVEN a list of names, none of them empty or too long? */
bool hosts_are_names(const char *given);

/* May who sent HEADER as the Host of a request be answered? An address, localhost and our names
 * may, with any port; also NULL, no header: browsers always send one. */
bool host_is_ours(const struct hosts *hosts, const char *header);

#endif
