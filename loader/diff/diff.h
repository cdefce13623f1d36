/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which packets two policies judge differently, exactly: as tuples, and switches that are no
 * tuples.
 *
 * A packet is judged as a new one, with no flows and no bans. Packets out are judged by the rules
 * for what goes out alone: that answers of what may come in may go out follows from the lines for
 * what comes in. Tuples say nothing of packets that [baseline] decides alike in both policies,
 * although they may hold them, nor of impossible sources, unless both policies accept martians.
 */
#ifndef EDGEXDP_DIFF_H
#define EDGEXDP_DIFF_H

#include <stdio.h>

#include "context.h"

/* One end of a tuple: a named set, or ranges of the tuple's one family, or all but those; any
 * address is all but no range. */
struct diff_end {
    bool but;
    const struct address_set *set; /* NULL: none; its label is its name */
    struct address_ranges ranges;
};

static inline bool end_is_any(const struct diff_end *end)
{
    return end->but && !end->set && !end->ranges.count;
}

/* What one policy says. */
struct diff_said {
    enum verdict verdict;
    const struct rule *rule; /* NULL: none */
    const char *baseline;    /* the key that decides; NULL: none. Neither: the default. */
};

struct diff_tuple {
    enum direction direction;
    bool family[2]; /* IPv4, IPv6 */
    u64 protocols[4];
    bool icmp;                           /* the numbers of TEST_PORT are type << 8 | code */
    struct number_ranges numbers[TESTS]; /* from TEST_PORT on; none: all */
    struct diff_end source, destination;
    struct diff_said said[SIDES];
};

struct diff_switch {
    const char *key; /* "mode", "baseline arp" */
    const char *said[SIDES];
};

#define DIFF_SWITCHES 8

struct difference {
    const struct policy *sides[SIDES];
    struct joint joint;
    struct diff_switch switches[DIFF_SWITCHES];
    size_t switch_count;
    struct diff_tuple *tuples;
    size_t count, room;
};

/* Compare two policies, which must outlive DIFFERENCE; there is none when it has neither switches
 * nor tuples. Returns 0, -E2BIG with DIAG, or -ENOMEM. difference_clear() frees, also after an
 * error. */
int diff_policies(const struct policy *before, const struct policy *after,
                  struct difference *difference, struct diag *diag);
void difference_clear(struct difference *difference);

/* A line for each. */
void difference_print(const struct difference *difference, FILE *stream);

/* Is the tuple of one family only, though nothing that it names is? */
bool tuple_needs_family(const struct diff_tuple *tuple);

/* The parts of a tuple in words, one after the other: to PUT, with CONTEXT. No item of numbers:
 * all. */
typedef void put_item(const char *text, void *context);
void tuple_each_protocol(const struct diff_tuple *tuple, put_item *put, void *context);
void tuple_each_address(const struct diff_tuple *tuple, const struct diff_end *end, put_item *put,
                        void *context);
void tuple_each_number(const struct diff_tuple *tuple, enum field field, put_item *put,
                       void *context);

/* All but one number of a field of 0 to LAST is told as that one. Returns whether it is so, and
 * fills in ONE. */
bool numbers_but_one(const struct number_ranges *numbers, u16 last, u16 *one);

#endif
