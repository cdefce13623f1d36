/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was dropped by default, as a table to read: rows of all CPUs put together, networks merged,
 * most packets first. Pure; all of it works in place. */
#ifndef EDGEXDP_SUMMARY_H
#define EDGEXDP_SUMMARY_H

#include <edgexdp/abi.h>

#include "../policy/policy.h"

/* Add up the rows of different CPUs that are the same, and sort: most packets first, and those of
 * scope DROPPED_ANYTHING last. Returns how many are left. */
size_t summary_join(struct dropped *rows, size_t count);

/* Keep the rows of one mode. Returns how many there are. */
size_t summary_of_mode(struct dropped *rows, size_t count, bool audit);

/* Merge the networks of each service that has many: those with a tenth of its packets or more stay,
 * and the others become a few wider ones, or one row of scope DROPPED_ANYWHERE if they have not
 * even a /8 (IPv4) or a /16 (IPv6) in common. Sorts again. Returns how many rows are left. */
#define SUMMARY_NETWORKS 4 /* of a service, besides those with a tenth */
size_t summary_merge(struct dropped *rows, size_t count);

/* The narrowest prefix that holds all far ends of ROW. Not for scope DROPPED_ANYTHING. */
struct address_range summary_remote(const struct dropped *row);

#endif
