/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The public names of what the ABI numbers. */
#ifndef EDGEXDP_LABELS_H
#define EDGEXDP_LABELS_H

#include <edgexdp/abi.h>

extern const char *const verdict_names[VERDICTS];
extern const char *const direction_names[DIRECTIONS];
extern const char *const reason_names[REASONS];
extern const char *const refusal_names[REFUSALS]; /* REFUSAL_NONE: NULL */

extern const char *const block_origin_names[BLOCK_ORIGINS];

/* "accept", "drop" or "reject", for people; in JSON and metrics a rejected packet is dropped. */
const char *labels_action(enum verdict verdict, enum refusal refusal);
const char *outcome_action(const struct outcome *outcome);

/* What the sender of a packet of PROTOCOL is told by that outcome, as JSON says it; NULL: nothing.
 */
const char *outcome_reject(const struct outcome *outcome, u8 protocol);

/* What stands between that and the name of the rule or reason: "by rule", "as a reply of rule". */
const char *outcome_through(const struct outcome *outcome);

/* What events give as the reason of a packet that a rule accepts, but not so many of them. */
#define LIMIT_NAME "limit"

#endif
