/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy in force follows the addresses of the host. */
#ifndef EDGEXDP_SERVICE_READDRESS_H
#define EDGEXDP_SERVICE_READDRESS_H

#include "guarding.h"

/* If the policy in force uses addresses of the host and they have changed, put it in force for
 * those of now, and report it; a failure is reported once. Does nothing before
 * guarding->readdress_at_ns, which is set so that addresses which keep changing cost a small part
 * of a CPU. Returns whether something is left to do: call it again at readdress_when(). */
bool readdress_follow(struct guarding *guarding);

/* The same, but only if another policy has been in force since, or it failed: the kernel tells of
 * addresses that change. */
void readdress_look(struct guarding *guarding);

/* Addresses have changed, perhaps: returns when (CLOCK_MONOTONIC) to call readdress_follow(), soon
 * enough for the change to be in force within a second, and late enough for more changes to be
 * known by then. 0: the policy in force uses none. */
u64 readdress_when(const struct guarding *guarding);

#endif
