/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a flow wants of each field of a packet: its components understood. */
#ifndef EDGEXDP_WANTED_H
#define EDGEXDP_WANTED_H

#include "spans.h"

/* Fields that are numbers. */
enum wanted_number {
    WANTED_PROTOCOL,
    WANTED_PORT, /* the source's or the destination's */
    WANTED_DESTINATION_PORT,
    WANTED_SOURCE_PORT,
    WANTED_ICMP_TYPE,
    WANTED_ICMP_CODE,
    WANTED_LENGTH,
    WANTED_DSCP,
    WANTED_FLOW_LABEL, /* IPv6 */
    WANTED_NUMBERS
};

/* Fragments of some kinds with some flags. */
struct wanted_fragment {
    u8 kinds; /* a bit for each enum fragment_kind */
    u8 flags; /* a bit for each value that ip-flags may have: see fields.h */
};

/* Flags of TCP, with some values of the reserved bits before them. */
struct wanted_tcp {
    u16 reserved; /* a bit for each value */
    u64 flags[4]; /* a bit for each combination */
};

#define TCP_RESERVED_VALUES 16

#define WANTED_ANY_KIND  (1u << FRAGMENT_NONE | 1u << FRAGMENT_FIRST | 1u << FRAGMENT_LATER)
#define WANTED_ANY_FLAGS 0x0f

struct wanted {
    enum family family;
    struct flow_prefix source, destination; /* of length 0: any */
    struct spans numbers[WANTED_NUMBERS];
    bool asked[WANTED_NUMBERS]; /* false: no component is about it, and it may be anything */
    struct wanted_fragment fragments[2]; /* one or the other */
    size_t fragment_count;               /* 0: no packet can match */
    bool asks_tcp;
    struct wanted_tcp tcp[TCP_RESERVED_VALUES]; /* one or another; nothing twice */
    size_t tcp_count;
};

/* Can no packet match? Components may contradict each other, and themselves. */
bool wanted_is_nothing(const struct wanted *wanted);

/* Find out what NLRI wants. Returns 0 or -ENOMEM. Clear WANTED in any case. */
int wanted_read(const struct nlri *nlri, struct wanted *wanted);
void wanted_clear(struct wanted *wanted);

#endif
