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
    WANTED_TCP_FLAGS,
    WANTED_LENGTH,
    WANTED_DSCP,
    WANTED_FRAGMENT, /* enum fragment_kind */
    WANTED_NUMBERS
};

struct wanted {
    enum family family;
    struct flow_prefix source, destination; /* of length 0: any */
    struct spans numbers[WANTED_NUMBERS];
    bool asked[WANTED_NUMBERS]; /* false: no component is about it, and it may be anything */
};

/* Find out what NLRI wants. Returns 0; -ENOTSUP with *REFUSAL (see pattern.h); or -ENOMEM. Clear
 * WANTED in any case. */
int wanted_read(const struct nlri *nlri, struct wanted *wanted, const char **refusal);
void wanted_clear(struct wanted *wanted);

#endif
