/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Never lock out whoever types the command. */
#ifndef EDGEXDP_LOCKOUT_H
#define EDGEXDP_LOCKOUT_H

#include <edgexdp/tables.h>

#include "../ban/banned.h"
#include "../base/why.h"
#include "session.h"

/* Returns the name of the rule with this number. */
typedef const char *rule_namer(const void *context, u32 number);

/* Could SESSION be opened again through an interface guarded by TABLES: as a new connection, a bare
 * SYN in and a SYN-ACK out, with no flow to help? Returns 0, or -EPERM with WHY, which names the
 * rule or the reason (NAMER and CONTEXT know the rules), or -ENOMEM. */
int lockout_judge(const struct session *session, const struct tables_header *tables,
                  rule_namer *namer, const void *context, const char *interface, struct why *why);

/* The same for the caller's session; or, if it has none (a service, a timer, a script), for every
 * open session: one that could not be opened again is enough. Sessions that are known for sure to
 * use another interface of this network namespace do not matter. */
int lockout_check(const struct tables_header *tables, rule_namer *namer, const void *context,
                  const char *interface, struct why *why);

/* Do BANS cover the other end of the caller's session, or a default gateway of INTERFACE? Then
 * returns -EPERM with WHY, else 0. */
int lockout_check_bans(const struct bans *bans, const char *interface, struct why *why);

/* Would the blocks of IMAGE cut the caller's session (or, as above, an open one), or the host from
 * a default gateway of INTERFACE? Then returns -EPERM with WHY, which names the block: NAMER gets
 * its number. Else returns 0, or -ENOMEM. Other blocks that are in force do not matter. */
int lockout_check_blocks(const struct tables_header *image, rule_namer *namer, const void *context,
                         const char *interface, struct why *why);

/* Its second half. */
struct native;
int lockout_check_block_gateways(struct native *native, const struct tables_header *image,
                                 rule_namer *namer, const void *context, const char *interface,
                                 struct why *why);

/* Is it certain that SESSION does not use INTERFACE? */
bool session_goes_elsewhere(const struct session *session, const char *interface);

#endif
