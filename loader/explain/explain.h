/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Explains why a packet got its verdict: the rule or reason, why each earlier rule did not match,
 * and which rule nearly matched. The verdict comes from a judge; the trace is made from the policy.
 */
#ifndef EDGEXDP_EXPLAIN_H
#define EDGEXDP_EXPLAIN_H

#include <stdio.h>

#include <edgexdp/refusal.h>

#include "misfit.h"

#define NEAR_MISSES_MAX 3

/* A rule that did not match, and the first field that did not fit. */
struct misfit {
    size_t rule; /* index into policy->rules */
    enum field field;
};

struct near_miss {
    struct misfit misfit;
    unsigned int distance;
    size_t behind; /* the earlier rule that would decide first; policy->rule_count: none */
};

/* How far the packet's sender or receiver has used up a limit. */
struct limit_use {
    bool known;
    unsigned int percent;
};

/* The decision as the judge reported it, with the rule by name. */
struct decision {
    struct outcome outcome;
    const char *rule;  /* NULL: none */
    const char *block; /* that drops it; NULL: none does */
    const char *file;
    u32 line;                           /* of the rule; 0: none */
    struct limit_use uses[RULE_LIMITS]; /* of the rule's limits */
    bool loses_answers;                 /* senders of rejected packets cannot be told */
    bool blind;                         /* no connections are known on this interface */
    bool audit;                         /* the packet passes, whatever the verdict */
    const char *interface;              /* the one that was asked; NULL: a policy was */
    unsigned int
        zone; /* of the interface, if the policy is for several; ZONE_HERE: it is for one */
};

struct explanation {
    const struct policy *policy; /* NULL: unknown, and there are no traces */
    struct packet_notation packet;
    struct decision decision;
    struct misfit *trace; /* the rules before the deciding one, in file order */
    size_t trace_count;
    struct probe asked; /* what the rules were asked about */
    bool mirror;        /* they were asked about the packet that PACKET answers */
    struct near_miss near[NEAR_MISSES_MAX]; /* closest first */
    size_t near_count;
    const char *baseline; /* the key of [baseline] that would accept it; NULL: none */
    size_t accepting;     /* no-connection: the rule that accepts it; policy->rule_count: none */
    bool quotes;          /* it is an ICMP error, and what it quotes might have let it pass: */
    bool quoted_is_known; /* the notation says what it quotes, and the next four are set */
    struct probe quoted;
    size_t quoted_rule;   /* the rule that decides it; policy->rule_count: none */
    bool quotes_another;  /* ... but it does not go to the sender of that packet */
    bool quotes_answer;   /* ... which is the answer of a service that may be asked */
    bool answers;         /* it could answer a packet in the other direction: `request` */
    struct probe request; /* the packet it could answer */
    size_t request_rule;  /* the rule that decides the request; policy->rule_count: none */
};

/* Explain what DECISION says of PACKET by POLICY, which may be NULL. PACKET, POLICY and the strings
 * of DECISION must outlive *EXPLANATION. Returns 0; -ESTALE if POLICY has that rule but would
 * decide otherwise, so that it is not the policy the packet was judged by; or -ENOMEM. */
int explain(const struct policy *policy, const struct packet_notation *packet,
            const struct decision *decision, struct explanation *explanation);
void explanation_clear(struct explanation *explanation);

/* Say in one sentence what the outcome means. Returns TEXT. */
#define MEANING_BYTES 512
char *explanation_meaning(const struct explanation *explanation, char text[MEANING_BYTES]);

/* The limits of the rule that decided, *COUNT; NULL if there are none, if the packet was a reply,
 * or if its far end is exempt: those are never limited. */
const struct limit *explanation_limits(const struct explanation *explanation, size_t *count);

/* How the rule that decided protects listeners from the packet, which opens a connection; NULL: it
 * does not. */
const struct protect *explanation_protect(const struct explanation *explanation);

/* Returns whether the rule that decided has limits, which do not hold for the packet's far end. */
bool explanation_exempt(const struct explanation *explanation);

/* Returns whether the packet, which is accepted, is so only as part of a connection of this host:
 * because it is part of one, if an interface was asked. */
bool explanation_needs_connection(const struct explanation *explanation);

/* Returns whether a packet described by PROBE is accepted if RULE decides. */
bool explanation_accepts(const struct policy *policy, enum direction direction, size_t rule);

/* Returns why the sender would not be told if the packet were rejected, or TOLD. */
enum untold explanation_untold(const struct explanation *explanation);

/* Print all of it for people, in lines of at most 80 columns where words allow. */
void explanation_print(const struct explanation *explanation, FILE *stream);

#endif
