/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which way a frame went, by who sent it: what has a source of ours goes out. Pure. */
#ifndef EDGEXDP_REPLAY_LOCAL_H
#define EDGEXDP_REPLAY_LOCAL_H

#include "../base/why.h"
#include "../judge/native.h"
#include "../policy/policy.h"
#include "../policy/ranges.h"

struct hardware_address {
    u8 bytes[6];
};

/* The addresses of the host that is guarded. Starts with zeros. */
struct local {
    struct address_ranges family[2]; /* FAMILY_IPV4 - 1, FAMILY_IPV6 - 1 */
    struct hardware_address *hardware;
    size_t hardware_count, hardware_capacity;
};

/* Read TEXT: addresses, prefixes, ranges, hardware addresses (00:11:22:33:44:55), and names of sets
 * that a rule of POLICY uses, with commas between. The caller clears *local. Returns 0, -EINVAL or
 * -ENOMEM with WHY. */
int local_read(const char *text, const struct policy *policy, struct local *local, struct why *why);
void local_clear(struct local *local);

/* Is the sender of an Ethernet FRAME local: by its source in IP, by the sender that ARP names, or
 * by its hardware address? */
bool local_sent(const struct local *local, const struct captured *frame);

#endif
