/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Determines the direction of a frame by its sender: a frame with a local source is outbound.
 * Pure. */
#ifndef EDGEXDP_REPLAY_LOCAL_H
#define EDGEXDP_REPLAY_LOCAL_H

#include "../base/why.h"
#include "../judge/native.h"
#include "../policy/host.h"
#include "../policy/policy.h"
#include "../policy/ranges.h"

struct hardware_address {
    u8 bytes[6];
};

/* The addresses of the guarded host. Initialise with zeros. */
struct local {
    struct address_ranges family[2]; /* FAMILY_IPV4 - 1, FAMILY_IPV6 - 1 */
    struct hardware_address *hardware;
    size_t hardware_count, hardware_capacity;
};

/* Read TEXT: addresses, prefixes, ranges, hardware addresses (00:11:22:33:44:55), names of sets
 * that a rule of POLICY uses, and words of HOST (NULL: it knows none), separated by commas. The
 * caller clears *local. Returns 0, or -EINVAL or -ENOMEM with WHY. */
int local_read(const char *text, const struct policy *policy, const struct host *host,
               struct local *local, struct why *why);
void local_clear(struct local *local);

/* Returns whether the sender of an Ethernet FRAME is local, by its IP source, its ARP sender or its
 * hardware address. */
bool local_sent(const struct local *local, const struct captured *frame);

#endif
