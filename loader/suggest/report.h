/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `suggest` says, as lines of a policy and as JSON. */
#ifndef EDGEXDP_SUGGEST_REPORT_H
#define EDGEXDP_SUGGEST_REPORT_H

#include <stdio.h>

#include "merge.h"
#include "scans.h"

/* What was listened to, or read. */
struct hearing {
    const char *name; /* of the interface, or of the capture */
    bool is_capture;
    const char *policy, *mode; /* name; enforce, audit or unguarded */
    const char *zone;          /* that rules are for; NULL: the policy has none */
    double seconds;
    double share;     /* what each that was looked at stands for; 1: all were, figures are exact */
    u64 lost_packets; /* that came too fast to be looked at */
    enum merge merge;
};

/* All that became of a collection. */
struct findings {
    struct suggestions suggestions;
    struct scan *scans;
    size_t scan_count;
    struct sum scanned;   /* by all of them */
    struct sum forgotten; /* in talks for which there was no room */
    u64 forgotten_talks;
};

/* Returns 0 or -ENOMEM. */
int findings_make(const struct collection *collection, const struct suggested_wish *wish,
                  struct findings *findings);
void findings_clear(struct findings *findings);

/* Print to OUT: a section [rules], and everything else as comments. */
void report_print_rules(const struct hearing *hearing, const struct collection *collection,
                        const struct findings *findings, FILE *out);

/* The same to stdout, as JSON. Returns 0 or -ENOMEM. */
int report_print_json_rules(const struct hearing *hearing, const struct collection *collection,
                            const struct findings *findings);

#endif
