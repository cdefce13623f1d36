/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One table of packets and their verdicts, for both the judge in user space and the programs in the
 * kernel.
 */
#ifndef EDGEXDP_TEST_CASES_H
#define EDGEXDP_TEST_CASES_H

#include "../../loader/ban/banned.h"
#include "wire.h"

struct packet_case {
    const char *packets;  /* in the words of wire.h, a line each; `both` means in, then out. `wait
                           * N`: N seconds pass; `ban ADDRESS N`: for N seconds, 0: for ever;
                           * `stranger`: from here on, a stranger opened what goes out */
    const char *expected; /* in the words of said.h, of the last one */
};

/* Cases for one policy. Every case begins with nothing remembered. */
struct case_group {
    const char *name;
    const char *policy;
    const struct packet_case *cases;
    size_t count;
};

extern const struct case_group header_cases[], baseline_cases[], rule_cases[], flow_cases[],
    field_cases[], fragment_cases[], error_cases[], flowless_error_cases[], ban_cases[];

/* Calls VISIT for every group. */
void cases_each(void (*visit)(const struct case_group *group, void *context), void *context);

/* A judge of cases: forgets flows, fragments, bans and strangers, then judges each packet; EXPECTED
 * is NULL for all but the last. */
struct case_judge {
    void (*forget)(void *context);
    void (*wait)(unsigned int seconds, void *context);
    void (*ban)(const struct banned *banned, unsigned int seconds, void *context);
    void (*stranger)(void *context);
    void (*judge)(const struct wire *wire, const char *text, const char *expected, void *context);
    void *context;
};

void case_play(const struct packet_case *packet_case, const struct case_judge *judge);

#endif
