/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which packets two policies judge differently, exactly: as tuples, and as switches where tuples
 * cannot express it.
 *
 * A packet is judged as a new one, with no flows and no bans. Outbound packets are judged only by
 * the outbound rules: that answers to inbound packets may go out follows from the lines for inbound
 * packets. Tuples may include packets that [baseline] decides alike in both policies, but say
 * nothing of these; the same is true of impossible sources, unless both policies accept martians.
 */
#ifndef EDGEXDP_DIFF_H
#define EDGEXDP_DIFF_H

#include <stdio.h>

#include "context.h"

/* One end of a tuple: a named set, or ranges of the tuple's one family, or everything except those.
 * Any address is written as everything except no ranges. */
struct diff_end {
    bool but;
    const struct address_set *set; /* NULL: none; its name is its label */
    struct address_ranges ranges;
};

static inline bool end_is_any(const struct diff_end *end)
{
    return end->but && !end->set && !end->ranges.count;
}

/* One policy's verdict. */
struct diff_said {
    enum verdict verdict;
    enum refusal refusal;    /* never REFUSAL_DEFAULT */
    const struct rule *rule; /* NULL: none */
    const char *baseline;    /* the deciding reason; NULL: none. No rule either: the default. */
    bool limited;            /* by the limits of the rule */
    bool shielded;           /* its listeners, as the rule says */
    bool tracks; /* of a later fragment: it shares the verdict of the first, which nobody knows */
};

/* What interfaces that packets came in through are called, if a diff is about such: number N is
 * names[N - 1], and greater ones are elsewhere. */
struct arrival_names {
    const char **names;
    size_t count;
};

struct diff_tuple {
    enum direction direction;
    bool family[2]; /* IPv4, IPv6 */
    u64 protocols[4];
    bool icmp;                           /* the numbers of TEST_PORT are type << 8 | code */
    struct number_ranges numbers[TESTS]; /* from TEST_PORT on; empty: all, but of TEST_FRAGMENT
                                            all except later ones */
    struct diff_end source, destination;
    struct diff_said said[SIDES];
    const struct arrival_names *arrivals; /* for the numbers of TEST_ARRIVES */
};

struct diff_switch {
    const char *key; /* "mode", "baseline arp" */
    const char *said[SIDES];
};

#define DIFF_SWITCHES 9

struct difference {
    const struct policy *sides[SIDES];
    const struct arrival_names *arrivals; /* NULL: neither asks where packets came in */
    struct joint joint;
    struct diff_switch switches[DIFF_SWITCHES];
    size_t switch_count;
    struct diff_tuple *tuples;
    size_t count, room;
};

/* Compare two policies, each for one interface, which must outlive DIFFERENCE. They do not differ
 * when it has neither switches nor tuples. Returns 0, -E2BIG with DIAG, or -ENOMEM.
 * difference_clear() frees, also after an error. */
int diff_policies(const struct policy *before, const struct policy *after,
                  struct difference *difference, struct diag *diag);
void difference_clear(struct difference *difference);

/* The same for policies that number ARRIVALS, which must outlive DIFFERENCE, alike. */
int diff_policies_of(const struct policy *before, const struct policy *after,
                     const struct arrival_names *arrivals, struct difference *difference,
                     struct diag *diag);

/* The same, but only what tuples cannot express is compared. */
void diff_switches(const struct policy *before, const struct policy *after,
                   struct difference *difference);

/* Print one line for each switch and tuple. */
void difference_print(const struct difference *difference, FILE *stream);
void difference_print_tuple(const struct difference *difference, const struct diff_tuple *tuple,
                            FILE *stream);

/* Returns "accept", "drop" or "track". */
const char *diff_said_verdict(const struct diff_said *said);

/* Returns whether the tuple belongs to one family only, though nothing it names shows that. */
bool tuple_needs_family(const struct diff_tuple *tuple);

/* Pass the parts of a tuple in words, one after the other, to PUT with CONTEXT. No number is passed
 * when all are meant. */
typedef void put_item(const char *text, void *context);
void tuple_each_protocol(const struct diff_tuple *tuple, put_item *put, void *context);
void tuple_each_address(const struct diff_tuple *tuple, const struct diff_end *end, put_item *put,
                        void *context);
void tuple_each_number(const struct diff_tuple *tuple, enum field field, put_item *put,
                       void *context);

/* When a field of 0 to LAST has all numbers except one, that one is named instead. Returns whether
 * this is so, and sets *ONE. */
bool numbers_but_one(const struct number_ranges *numbers, u16 last, u16 *one);

#endif
