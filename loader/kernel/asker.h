/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inside of an asker: for asker.c, and for tests that let time pass. */
#ifndef EDGEXDP_ASKER_H
#define EDGEXDP_ASKER_H

#include "guard.h"

#define ASKER_ENTRIES 4096

/* Maps that an asker has its own copies of. */
enum { ASKER_FLOWS, ASKER_FRAGMENTS, ASKER_REPLIES, ASKER_MAPS };
extern const enum pin asker_pins[ASKER_MAPS];

struct asker {
    const struct guard *guard;
    struct bpf_object *objects[DIRECTIONS];
    int programs[DIRECTIONS], answers[DIRECTIONS]; /* descriptors, closed with them */
    u32 packets;      /* that limits are charged for a question: none, but for tests */
    bool of_stranger; /* did a stranger open what goes out? If not, it is unknown who did. */
    u32 arrives;      /* the zone that outbound packets came in through */
};

/* The asker's own map that replaces the interface's map PIN. */
struct bpf_map *asker_map(const struct asker *asker, enum pin pin);

#endif
