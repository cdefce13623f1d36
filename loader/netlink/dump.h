/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks rtnetlink for everything of a kind. */
#ifndef EDGEXDP_NETLINK_DUMP_H
#define EDGEXDP_NETLINK_DUMP_H

#include <linux/netlink.h>

/* Call TAKE for each message of the kernel's answer to a dump of TYPE (RTM_GETADDR and the like).
 * TAKE returns MNL_CB_OK, or MNL_CB_ERROR with errno. Returns 0 or -errno; -EINTR means that
 * something changed meanwhile: what was taken may be neither the old nor the new state. */
int netlink_dump(unsigned short type, int (*take)(const struct nlmsghdr *message, void *context),
                 void *context);

#endif
