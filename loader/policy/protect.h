/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a rule protects its listeners, as a policy says it: `syn-cookies over 1000/second`. */
#ifndef EDGEXDP_POLICY_PROTECT_H
#define EDGEXDP_POLICY_PROTECT_H

#include "piece.h"
#include "policy.h"

/* Read TEXT. Returns 0, or -EINVAL with FAULT. */
int protect_read(struct piece text, struct protect *protect, struct fault *fault);

/* Write PROTECT as protect_read() reads it; empty if it does not protect. Returns TEXT. */
#define PROTECT_TEXT_BYTES 96
char *protect_print(const struct protect *protect, char text[PROTECT_TEXT_BYTES]);

/* Do A and B print the same? */
bool protect_is_same(const struct protect *a, const struct protect *b);

/* Does RULE protect its listeners? */
bool rule_protects(const struct rule *rule);

/* Does a rule of POLICY? */
bool policy_protects(const struct policy *policy);

#endif
