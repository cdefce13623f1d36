/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One table of packets and what becomes of them: for the judge in user space and for the programs
 * in the kernel alike.
 */
#ifndef EDGEXDP_TEST_CASES_H
#define EDGEXDP_TEST_CASES_H

#include "wire.h"

struct packet_case {
    const char *packet;   /* in the words of wire.h; `both` instead of in and out: either */
    const char *expected; /* in the words of said.h */
    const char *before;   /* packets that went before it, a line each; NULL: none */
};

/* Cases of one policy. Every case begins without flows. */
struct case_group {
    const char *name;
    const char *policy;
    const struct packet_case *cases;
    size_t count;
};

extern const struct case_group header_cases[], baseline_cases[], rule_cases[];

/* Calls VISIT for every group. */
void cases_each(void (*visit)(const struct case_group *group, void *context), void *context);

/* What a case becomes in one direction: calls FORGET, JUDGE for each packet that goes before, and
 * then for its own; it compares nothing. */
struct case_judge {
    void (*forget)(void *context);
    void (*judge)(const struct wire *wire, const char *text, const char *expected, void *context);
    void *context;
};

/* Puts a case before JUDGE, in both directions if it says so; packets that go before are judged
 * with expected == NULL. */
void case_play(const struct packet_case *packet_case, const struct case_judge *judge);

#endif
