/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of `explain`: a policy is asked (explain_policy.c), or interfaces are
 * (explain_guard.c), and what they say is shown (explain_show.c, explain_json.c). */
#ifndef EDGEXDP_COMMAND_EXPLAIN_H
#define EDGEXDP_COMMAND_EXPLAIN_H

#include "../explain/explain.h"
#include "options.h"

struct explain_request {
    struct host_options host;
    struct packet_notation packet;
    bool json;
};

/* What becomes of the packet where it passes one interface. */
struct explained {
    struct explanation explanation;
    char rule[RULE_NAME_BYTES]; /* room for the name of the rule that decided */
    const char *zone;           /* NULL: the policy has none, or it was judged alike in all */
    const char *note;           /* why there is no trace; or NULL */
};

/* A packet that is forwarded, and accepted where it comes in, has two sides. The last decides. */
struct explained_packet {
    struct explained sides[DIRECTIONS];
    unsigned int count;
    const char *anywhere; /* all zones judge it like this one; NULL: it was said where it is */
};

void explained_clear(struct explained_packet *explained);

/* Returns the packet of REQUEST as it is seen where it passes in DIRECTION. */
struct packet_notation explain_side(const struct explain_request *request,
                                    enum direction direction);

/* Show it as REQUEST says. */
void explain_show(const struct explain_request *request, const struct explained_packet *explained);
void explain_print_json(const struct explain_request *request,
                        const struct explained_packet *explained);

/* Ask the policy file PATH, or the interface called NAME; `all` are those that the packet says it
 * passes. Return as commands do. */
int explain_policy(const char *path, const struct explain_request *request);
int explain_guard(const char *name, const struct explain_request *request);

#endif
