/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts routes in force, as the blocks of one origin. */
#ifndef EDGEXDP_FEED_FORCE_H
#define EDGEXDP_FEED_FORCE_H

#include "../block/block.h"
#include "../flowspec/permit.h"
#include "../flowspec/routes.h"

/* What is to be in force, and what was found in force at the start, of an earlier process: that
 * stays, behind all others, until it is dropped. */
struct force {
    const char *interface;
    struct routes *routes;
    const struct permit *permit;
    struct blocks found;
    struct blocks fresh; /* of the last try: what is not in force yet as it is announced */
    size_t count;        /* in force since the last success */
    bool is_due;         /* for whoever puts several in force: this one is to be tried (again) */
};

/* Told that a flow, in the WORDS of ExaBGP, cannot be in force, for this REASON. */
typedef void force_refusal(void *context, const char *words, const char *reason);

/* Read what is in force into FORCE. Returns 0, or -errno with WHY. */
int force_find(struct force *force, struct why *why);

/* Put everything in force in one swap. Routes that would lock somebody out, or that cannot be
 * compiled, are excluded, told to REFUSE, and all others are in force. Returns 0, or -errno with
 * WHY, and then nothing has changed. */
int force_put(struct force *force, force_refusal *refuse, void *context, struct why *why);

/* Forget what was found of FAMILY (FAMILY_NONE: of both). Returns how many blocks that was. */
size_t force_forget(struct force *force, enum family family);

/* What is in force ends at UNTIL_NS, unless this is called again. Returns 0, or -errno with WHY:
 * -ENOENT if what was put in force is there no longer. */
int force_hold(const struct force *force, u64 until_ns, struct why *why);

void force_clear(struct force *force);

#endif
