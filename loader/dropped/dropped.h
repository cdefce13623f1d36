/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was dropped by default, for people and as JSON. */
#ifndef EDGEXDP_DROPPED_WORDS_H
#define EDGEXDP_DROPPED_WORDS_H

#include <edgexdp/abi.h>

#include "../policy/address.h"
#include "../show/json.h"

/* The fields of a row as text; empty where it has none. */
struct dropped_fields {
    char protocol[8]; /* a name, or a number */
    char port[40];    /* "443", of answers "from 443", or the type of ICMP as the notation has it */
    char remote[RANGE_TEXT_BYTES]; /* the prefix that holds all far ends */
};
void dropped_fields(const struct dropped *row, struct dropped_fields *fields);

#define DROPPED_SHOWN 20u /* rows that are printed unless ALL are wanted */

/* Print to stdout, under a heading, the rows of the mode AUDIT; the policy in force was loaded at
 * LOADED_AT_NS (CLOCK_REALTIME). ROWS are those of summary_join(), and are changed. Returns 0 or
 * -ENOMEM. */
struct dropped_wish {
    bool audit;
    bool all; /* every row, and no networks merged */
    u64 loaded_at_ns;
};
int dropped_print(struct dropped *rows, size_t count, const struct dropped_wish *wish);

/* The same rows, all of them, in both modes, as an array. */
struct json_object *dropped_json(const struct dropped *rows, size_t count);

#endif
