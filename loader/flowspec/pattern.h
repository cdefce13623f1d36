/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a flow matches, in the language of policies. */
#ifndef EDGEXDP_PATTERN_H
#define EDGEXDP_PATTERN_H

#include "nlri.h"

/* A flow needs more than one where it says "or" between fields: two for `port` or for fragments,
 * and up to three for each range of flow labels. One that would need more is refused. */
#define PATTERNS_MAX 64

/* No pattern is longer: a flow that would need more is refused. */
#define PATTERN_BYTES 65536

/* A packet matches the flow if it matches one of these, each a line of [rules] without name and
 * action: "in ipv4 udp 192.0.2.0/24 > 203.0.113.5:53 length 1000-1500". */
struct patterns {
    char *list[PATTERNS_MAX];
    size_t count;
};

void patterns_clear(struct patterns *patterns);

/* Say in PATTERNS, which is empty, what NLRI matches: it stays empty if no packet can match, which
 * the RFCs have no objection to. Returns 0; -ENOTSUP with *REFUSAL, in words
 * that follow "flow X is refused: "; or -ENOMEM. */
int flow_patterns(const struct nlri *nlri, struct patterns *patterns, const char **refusal);

/* Returns PATTERNS, each on a line of its own, for the caller to free; NULL when memory is short.
 */
char *patterns_print(const struct patterns *patterns);

/* The name of the flow's block, which is the same on every machine: what its pattern begins with,
 * and a digest of the flow. Returns NAME. */
char *flow_name(const struct nlri *nlri, const struct patterns *patterns,
                char name[RULE_NAME_BYTES]);

#endif
