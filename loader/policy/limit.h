/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rate limits as a policy says them: `50/second per source burst 100 then ban 1h`. */
#ifndef EDGEXDP_POLICY_LIMIT_H
#define EDGEXDP_POLICY_LIMIT_H

#include "piece.h"
#include "policy.h"

/* Read TEXT as one limit. Returns 0, or -EINVAL with FAULT. */
int limit_read(struct piece text, struct limit *limit, struct fault *fault);

/* Write LIMIT as limit_read() reads it, without what holds anyway. Returns TEXT. */
#define LIMIT_TEXT_BYTES 128
char *limit_print(const struct limit *limit, char text[LIMIT_TEXT_BYTES]);

/* The same for all limits of RULE, as a list; empty if it has none. Returns TEXT. */
#define LIMITS_TEXT_BYTES (RULE_LIMITS * LIMIT_TEXT_BYTES)
char *rule_limits_print(const struct rule *rule, char text[LIMITS_TEXT_BYTES]);

/* Make a limit with the rate of LIMIT TIMES over DIVISOR, rounded, and with the same burst, unless
 * that follows from the rate. Returns false if no limit can have that rate. */
bool limit_scale(const struct limit *limit, u32 times, u32 divisor, struct limit *scaled);

/* Returns what is wrong with LIMIT in RULE, which accepts, and what to write; NULL: nothing. */
const char *limit_unfit(const struct limit *limit, const struct rule *rule);

/* The first rule of POLICY whose limits ban prefixes of more lengths, with the rules before it,
 * than packets look for, LIMIT_BAN_LENGTHS; NULL: there is none. */
const struct rule *policy_bans_too_many_lengths(const struct policy *policy);

/* Is RULE about TCP, and nothing else? */
bool rule_is_tcp_only(const struct rule *rule);

/* Does a limit of RULE ban? */
bool rule_bans(const struct rule *rule);

/* Do A and B print the same limits? */
bool rule_limits_are_same(const struct rule *a, const struct rule *b);

enum limit_counts limit_counts(const struct limit *limit);

/* How many packets or bytes LIMIT allows in what limit_period() says: "second", "minute", "hour".
 */
u64 limit_amount(const struct limit *limit);
const char *limit_period(const struct limit *limit);

/* What one packet or byte costs, in 2^-LIMIT_COST_BITS ns. */
u64 limit_cost(const struct limit *limit);

#endif
