/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks the kernel by netlink. */
#ifndef EDGEXDP_NETLINK_DUMP_H
#define EDGEXDP_NETLINK_DUMP_H

#include <linux/netlink.h>

/* Takes a message of an answer. Returns MNL_CB_OK, or MNL_CB_ERROR with errno. */
typedef int netlink_taker(const struct nlmsghdr *message, void *context);

/* Send REQUEST, whose sequence number is NETLINK_SEQUENCE, on BUS (NETLINK_ROUTE and the like), and
 * call TAKE for each message of the kernel's answer. Returns 0 or -errno; -EINTR means that
 * something changed meanwhile: what was taken may be neither the old nor the new state. */
#define NETLINK_SEQUENCE 1
int netlink_ask(int bus, const struct nlmsghdr *request, netlink_taker *take, void *context);

/* The same for a dump of rtnetlink: TYPE is RTM_GETADDR and the like. */
int netlink_dump(unsigned short type, netlink_taker *take, void *context);

#endif
