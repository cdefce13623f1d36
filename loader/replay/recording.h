/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a pcapng file, in either byte order. libpcap reads such files too, but hands on neither the
 * names of their interfaces nor which way a packet went, and gives up if two interfaces differ.
 * Follows draft-ietf-opsawg-pcapng. Knows nothing of policies.
 */
#ifndef EDGEXDP_REPLAY_RECORDING_H
#define EDGEXDP_REPLAY_RECORDING_H

#include <stdio.h>

#include "../base/why.h"
#include "link.h"

/* Longer blocks are refused, and so are more interfaces in a section. */
#define RECORDING_BLOCK_BYTES    (16u << 20)
#define RECORDING_INTERFACES_MAX 4096u

#define RECORDING_NAME_BYTES 256 /* what is longer is cut */

/* Every pcapng file begins with this byte, and no other capture does. */
#define RECORDING_FIRST_BYTE 0x0a

struct recording;

struct recorded {
    u64 time_ns;
    struct captured packet; /* as the link layer has it; valid until the next one is read */
    u16 link_type;
    bool is_swapped;       /* by a machine of the other byte order */
    enum heading heading;  /* HEADING_UNKNOWN: the file does not say */
    const char *interface; /* its name, valid until the next one is read; "": it has none */
};

/* Returns a reader of FILE, which stays the caller's, or NULL when memory is short. */
struct recording *recording_new(FILE *file);
void recording_free(struct recording *recording);

/* Read the next packet. Returns 1, 0 at the end, or -EIO or -ENOMEM with WHY, which does not name
 * the file. */
int recording_next(struct recording *recording, struct recorded *recorded, struct why *why);

#endif
