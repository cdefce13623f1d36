/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `top` says, as text and as JSON. */
#ifndef EDGEXDP_TOP_REPORT_H
#define EDGEXDP_TOP_REPORT_H

#include <stdio.h>

#include "advice.h"
#include "sampled.h"
#include "words.h"

struct report {
    const char *interface;         /* or a list, with commas */
    const struct sampled *sampled; /* each of them */
    size_t count;
    const struct census *census;
    const struct roster *roster;
    enum census_field only; /* one table; CENSUS_FIELDS_COUNT: all */
    enum direction direction;
    const char *rule; /* the rule of the policy in force that advice is about, in the short form; or
                         NULL */
    bool rule_is_tcp; /* it matches nothing but TCP */
};

/* Write it to FRAME as text of at most ROWS lines (0: no limit), WIDTH columns wide (0: no limit).
 * Returns 0 or -ENOMEM. */
int report_print(const struct report *report, size_t rows, size_t width, FILE *frame);

/* Print it to stdout as a line. */
void report_print_json(const struct report *report);

/* What one could type, one line for each, for the caller to free. Returns how many lines, or
 * -ENOMEM. */
#define ADVICE_LINES 2
int report_advice(const struct report *report, char *lines[ADVICE_LINES]);

#endif
