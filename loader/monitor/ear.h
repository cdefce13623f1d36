/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One of the interfaces that monitor listens to: its listener, the names of its rules, and what has
 * become of it. */
#ifndef EDGEXDP_MONITOR_EAR_H
#define EDGEXDP_MONITOR_EAR_H

#include "../event/json.h"
#include "../event/names.h"
#include "../kernel/kernel.h"

struct ear {
    const char *interface;
    void (*hear)(struct ear *ear, const struct told *told, void *context);
    void *context;
    struct listener *listener; /* NULL: not yet, or somebody took our slot, or it was detached */
    struct rule_names names;
    u64 block_changes;   /* when the names were read */
    u32 asked_for_block; /* a number that was looked for */
    struct rule_lists lists;
    u32 asked_for;      /* the last generation whose names were read */
    u64 attached_at_ns; /* of the state that we listen to */
    enum link_layer layer;
    u32 number;   /* among all ears */
    u64 clock_ns; /* CLOCK_REALTIME less CLOCK_MONOTONIC, as of the last look */
    u64 lost_before, lost;
    u64 shown;    /* counted by whoever shows */
    bool is_open; /* somebody took a program off, and we have said so */
};

/* Begin to listen to EAR->interface, which is told to `hear`. RULES, which grows to COUNT, gets the
 * rules that there are: the caller frees it. Returns 0, or -errno with WHY. */
int ear_begin(struct ear *ear, struct rule_entry **rules, size_t *count, struct why *why);

/* Is everything as it was? If not, put it right and say so, or return -errno with WHY: -ENOENT when
 * there is nothing more to hear. */
int ear_follow(struct ear *ear, struct why *why);

/* Hear what there is. */
void ear_read(struct ear *ear);

/* Print the sum if anything was lost. */
void ear_end(struct ear *ear);

void ear_clear(struct ear *ear);

#endif
