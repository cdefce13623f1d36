/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings of the kernel, as sysctl(8) knows them. */
#ifndef EDGEXDP_SETTING_H
#define EDGEXDP_SETTING_H

/* The number at PLACE, from 0 to 2, of the setting NAME, such as "net/ipv4/tcp_rmem"; those of net/
 * are of this network namespace. -1 if it cannot be read, or has fewer numbers. */
long setting_read(const char *name, int place);

#endif
