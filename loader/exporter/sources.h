/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who sends most, from samples of all packets: apart, what is accepted, what is dropped, and what
 * comes from the banned. Memory of a fixed size; what is older counts less. Pure: whoever asks says
 * what time it is, by CLOCK_MONOTONIC. */
#ifndef EDGEXDP_SOURCES_H
#define EDGEXDP_SOURCES_H

#include "../top/sketch.h"

/* Accepted are only packets that came in: who sends out is this host. The banned are those that
 * send, and those that this host sends to. */
enum source_class { SOURCES_ACCEPTED, SOURCES_DROPPED, SOURCES_BANNED, SOURCE_CLASSES };

#define SOURCES_KEPT  512u /* of each class */
#define SOURCES_SHOWN 20u

/* The last packet that was sampled of one of them. */
struct last_packet {
    struct packet_sample sample;
    u64 time_ns;
};

struct sources {
    struct sketch *classes[SOURCE_CLASSES];
    struct last_packet *last[SOURCE_CLASSES]; /* by their place in the sketch */
    u64 since_ns; /* from then on they would have been counted to be as many as they are */
    double packets[SOURCE_CLASSES];
};

/* Begin at NOW_NS; SEED is as for a sketch. Returns 0 or -ENOMEM. */
int sources_init(struct sources *sources, u64 seed, u64 now_ns);
void sources_clear(struct sources *sources);

/* Begin anew at NOW_NS. */
void sources_restart(struct sources *sources, u64 now_ns);

void sources_add(struct sources *sources, const struct packet_sample *sample, u64 now_ns);

/* Let what is older count less. */
void sources_age(struct sources *sources, u64 now_ns);

struct source_row {
    enum family family;
    u8 address[16]; /* IPv4 in the first four bytes */
    u64 packets, bytes;
    struct last_packet last;
};

/* Gets the sources of that KIND of which surely the most packets came. Returns how many. */
size_t sources_most(const struct sources *sources, enum source_class kind,
                    struct source_row rows[SOURCES_SHOWN]);

#endif
