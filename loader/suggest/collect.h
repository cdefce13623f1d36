/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets as talks: who opens what, of that which was dropped by default. Pure. */
#ifndef EDGEXDP_SUGGEST_COLLECT_H
#define EDGEXDP_SUGGEST_COLLECT_H

#include "talks.h"

/* A packet, whatever became of it: a sample may stand for several. */
struct sighting {
    struct outcome outcome;
    u8 direction, family, protocol, tcp_flags, fragment; /* as in struct event */
    u16 source_port, destination_port;                   /* ICMP: type << 8 | code in the second */
    u8 source[16], destination[16];
    u64 packets, bytes;
};

struct sum {
    u64 packets, bytes;
};

/* What was dropped by default. All of it is `dropped`; what opens something is in `talks`. */
struct collection {
    struct talks *talks;
    struct sum dropped;
    struct sum replies;    /* to what is in `talks` */
    struct sum continuing; /* TCP segments whose connection was not seen to begin */
    struct sum unasked;    /* what looks like answers, to something that was not seen */
    struct sum errors;     /* ICMP errors: they pass once what they are about does */
};

/* See talks_new(). Return 0 or -ENOMEM. */
int collection_init(struct collection *collection, u32 lines, u64 seed);
void collection_clear(struct collection *collection);

/* Was it dropped because no rule matched, or would it be without audit mode? */
bool sighting_is_default_drop(const struct sighting *sighting);

void collection_add(struct collection *collection, const struct sighting *sighting);

#endif
