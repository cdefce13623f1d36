/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flows that sessions announced, in their order of precedence. When a session ends its flows
 * stay for a while, as BGP's graceful restart has it (RFC 4724): the next session announces them
 * again, or they go.
 */
#ifndef EDGEXDP_ROUTES_H
#define EDGEXDP_ROUTES_H

#include "action.h"
#include "nlri.h"
#include "pattern.h"

/* More sessions than this are refused. */
#define FLOW_PEERS_MAX 64

/* A flow that is announced. "Flow" alone is what packets make: these are called routes, as BGP
 * does. */
struct route {
    const struct nlri *nlri;
    const char *name;  /* of its block */
    const char *words; /* as ExaBGP words it */
    const struct patterns *patterns;
    struct flow_action action;
};

struct routes;

/* Room for at most MAX routes, which outlive their session for HOLD_NS. Returns NULL when memory is
 * short. */
struct routes *routes_new(size_t max, u64 hold_ns);
void routes_free(struct routes *routes);

/* PEER announces NLRI, which ExaBGP words as WORDS. Returns 0; -ENOTSUP with *REASON, why it is not
 * in force (then neither is what PEER announced as NLRI before); or -ENOMEM. */
int routes_announce(struct routes *routes, const char *peer, const struct nlri *nlri,
                    const struct flow_action *action, const char *words, const char **reason);

/* PEER withdraws NLRI. Returns whether it had announced it. */
bool routes_withdraw(struct routes *routes, const char *peer, const struct nlri *nlri);

/* The session with PEER (NULL: all of them) is up, or it is not, from NOW_NS on. The former returns
 * 0 or -ENOSPC, the latter whether that is news. */
int routes_up(struct routes *routes, const char *peer, u64 now_ns);
bool routes_down(struct routes *routes, const char *peer, u64 now_ns);

/* PEER has announced again all of FAMILY. Returns how many flows it had announced only before. */
size_t routes_complete(struct routes *routes, const char *peer, enum family family);

/* Drop what was held long enough. Returns how many flows that was. */
size_t routes_expire(struct routes *routes, u64 now_ns);

/* Returns when routes_expire() has something to do, or 0: never. */
u64 routes_expire_at(const struct routes *routes);

size_t routes_count(const struct routes *routes);

/* The route whose block is called NAME cannot be in force: routes_each() leaves it out until it is
 * withdrawn by all. Returns how ExaBGP words it, or NULL if there is none. */
const char *routes_exclude(struct routes *routes, const char *name);

/* Returns whether what is in force has changed since the last time this was asked. */
bool routes_changed(struct routes *routes);

/* Call VISIT for each flow in its order, until it returns something other than 0; returns that. */
int routes_each(const struct routes *routes, int (*visit)(void *context, const struct route *route),
                void *context);

#endif
