/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same routes in force on several interfaces. */
#ifndef EDGEXDP_FEED_FORCES_H
#define EDGEXDP_FEED_FORCES_H

#include "force.h"

struct forces {
    struct force *list; /* one for each interface */
    size_t count;
};

/* Read what an earlier process has left in force on COUNT INTERFACES, which stay the caller's, as
 * do ROUTES and PERMIT. *found is whether there is any. Returns 0, or -errno with WHY. */
int forces_open(struct forces *forces, char *const *interfaces, size_t count, struct routes *routes,
                const struct permit *permit, bool *found, struct why *why);
void forces_clear(struct forces *forces);

/* Something is to be put in force: all are due. */
void forces_change(struct forces *forces);
bool forces_are_due(const struct forces *forces);
bool forces_have_any(const struct forces *forces);

/* force_put() on those that are due. A flow that cannot be on one of them is on none: if some have
 * it already, all are due again. Returns 0, or the last error with WHY. */
int forces_put(struct forces *forces, force_refusal *refuse, void *context, struct why *why);

/* force_forget() on all. Returns how many blocks that was. */
size_t forces_forget(struct forces *forces, enum family family);

/* force_hold() on all. Returns 0, or the last error with WHY. */
int forces_hold(const struct forces *forces, u64 until_ns, struct why *why);

#endif
