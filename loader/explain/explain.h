/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a packet got its verdict: the rule or reason, what each rule before it lacked, and which one
 * nearly matched. The verdict comes from a judge; the trace is made from the policy.
 */
#ifndef EDGEXDP_EXPLAIN_H
#define EDGEXDP_EXPLAIN_H

#include <stdio.h>

#include "misfit.h"

#define NEAR_MISSES_MAX 3

/* A rule that did not match, and the first field that is why. */
struct misfit {
    size_t rule; /* index into policy->rules */
    enum field field;
};

struct near_miss {
    struct misfit misfit;
    unsigned int distance;
    size_t behind; /* the rule that would decide before it; policy->rule_count: none */
};

/* Who decided, as the judge said it and by name. */
struct decision {
    struct outcome outcome;
    const char *rule; /* NULL: none */
    const char *file;
    u32 line;              /* of the rule; 0: none */
    bool audit;            /* the packet passes, whatever the verdict */
    const char *interface; /* that was asked; NULL: a policy was */
};

struct explanation {
    const struct policy *policy; /* NULL: not known; then there are no traces */
    struct packet_notation packet;
    struct decision decision;
    struct misfit *trace; /* the rules before the one that decided; in file order */
    size_t trace_count;
    struct probe asked;                     /* what they were asked about */
    bool mirror;                            /* it was the packet that PACKET answers */
    struct near_miss near[NEAR_MISSES_MAX]; /* closest first */
    size_t near_count;
    const char *baseline; /* the key of [baseline] that would accept it; NULL: none */
    bool quotes;          /* it is an ICMP error: what it quotes might have let it pass */
    bool answers;         /* it could answer a packet that went the other way: */
    struct probe request; /* this one, */
    size_t request_rule;  /* which this rule decides; policy->rule_count: none does */
};

/* Explain what DECISION says of PACKET by POLICY, which may be NULL; both must outlive it, and so
 * must the strings of DECISION. Returns 0; -ESTALE where POLICY, though it has that rule, would not
 * decide so (it is not the one that was judged by); or -ENOMEM. */
int explain(const struct policy *policy, const struct packet_notation *packet,
            const struct decision *decision, struct explanation *explanation);
void explanation_clear(struct explanation *explanation);

/* One sentence: what the outcome means. Returns TEXT. */
#define MEANING_BYTES 512
char *explanation_meaning(const struct explanation *explanation, char text[MEANING_BYTES]);

/* Is a packet accepted that PROBE speaks of, if RULE is what decides? */
bool explanation_accepts(const struct policy *policy, enum direction direction, size_t rule);

/* All of it for people, in lines of at most 80 columns where words allow it. */
void explanation_print(const struct explanation *explanation, FILE *stream);

#endif
