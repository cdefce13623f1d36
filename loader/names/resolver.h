/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process that talks to name servers. */
#ifndef EDGEXDP_NAMES_RESOLVER_H
#define EDGEXDP_NAMES_RESOLVER_H

#include <stddef.h>

/* Give up every privilege, ask for HOSTS[COUNT], first /etc/hosts and then the name servers of
 * /etc/resolv.conf, and write to OUT what answers_take() reads. Returns 0 or -errno. For a process
 * that does nothing else: see child.h. */
int resolver_run(const char *const *hosts, size_t count, int out);

#endif
