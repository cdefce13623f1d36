/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeping bans: what is banned by commands is written down, to be put back after a reboot. */
#ifndef EDGEXDP_BAN_STORE_H
#define EDGEXDP_BAN_STORE_H

#include "guarding.h"

/* Append the bans that were kept, for an interface that is about to be guarded anew. What is wrong
 * with them has been said. */
void ban_store_read(const struct guarding *guarding, struct bans *bans);

/* So many have been put back. */
void ban_store_tell(const struct guarding *guarding, size_t count);

/* The same for one that was found guarded, if nobody has banned or unbanned there yet: somebody has
 * attached it since the system started, who knew of no bans. */
void ban_store_restore(struct guarding *guarding);

/* Remove what has expired, and write down what has changed since it was written last; unless that
 * took so long that it must wait, or HURRY. */
void ban_store_follow(struct guarding *guarding, bool hurry);

#endif
