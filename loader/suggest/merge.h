/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Talks merged to rules. A rule is about one service, which is a protocol with a port of the one
 * who offers it, or a type of ICMP; it lists near ends, on the guarded side of the interface, and
 * far ends, and each of the far ones talked with each of the near ones. Pure.
 */
#ifndef EDGEXDP_SUGGEST_MERGE_H
#define EDGEXDP_SUGGEST_MERGE_H

#include "../policy/policy.h"
#include "collect.h"

/* How wide a rule may be. MERGE_EXACT: one talk. MERGE_SERVICE: a service, with the addresses that
 * were seen and no others. MERGE_NETWORK: the same, but far ends of which several are in one
 * network (a /24 of IPv4, a /64 of IPv6) become that network. */
enum merge { MERGE_EXACT, MERGE_SERVICE, MERGE_NETWORK, MERGES };

extern const char *const merge_names[MERGES];

#define MERGE_RULES_MAX 1000
#define MERGE_FARS_MAX  256 /* of a rule: addresses and networks */

/* One end of the packets of a rule. */
struct suggested_end {
    struct address_ranges ranges;
    u32 addresses; /* that were seen there */
};

struct suggested {
    char name[RULE_NAME_BYTES];
    enum direction direction;
    enum family family;
    u8 protocol;
    bool has_code; /* of ICMP: `port` says the code too */
    u16 port;      /* as in struct talk_key */
    struct suggested_end near, far;
    u64 packets, bytes;
    u64 opened;         /* TCP: connections that were begun, or SYNs that were repeated */
    bool answered;      /* some of it was */
    u32 left_addresses; /* far ends that found no room, those with the fewest packets */
    struct sum left;    /* what they sent, or were sent */
};

struct suggestions {
    struct suggested *rules; /* most packets first */
    size_t count;
    size_t left_rules;  /* that found no room, */
    struct sum left;    /* and what they were about */
    struct sum refused; /* what was answered by resets alone */
};

/* What is asked for. */
struct suggested_wish {
    enum merge merge;
    const char *zone; /* that the rules are for, or NULL: part of their names */
    bool (*is_taken)(const char *name, const void *context); /* no rule may have it; or NULL */
    const void *context;
};

/* Make suggestions of LIST after scans_find(), whose order changes. Returns 0 or -ENOMEM. */
int suggestions_make(struct talk **list, size_t count, const struct suggested_wish *wish,
                     struct suggestions *suggestions);
void suggestions_clear(struct suggestions *suggestions);

#endif
