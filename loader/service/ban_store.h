/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeping bans: what commands ban is written to a file, and put back after a reboot. */
#ifndef EDGEXDP_BAN_STORE_H
#define EDGEXDP_BAN_STORE_H

#include "guarding.h"

/* Append the saved bans, for an interface that is about to be guarded anew. Errors in them are
 * reported here. */
void ban_store_read(const struct guarding *guarding, struct bans *bans);

/* Report that COUNT bans have been put back. */
void ban_store_tell(const struct guarding *guarding, size_t count);

/* Put the saved bans back on an interface that was found guarded, if nobody has banned or unbanned
 * there yet: somebody who knew of no bans has attached it since the system started. */
void ban_store_restore(struct guarding *guarding);

/* Remove expired bans, and write down what has changed since the last write. If that write took
 * long, the next one waits, unless HURRY. */
void ban_store_follow(struct guarding *guarding, bool hurry);

#endif
