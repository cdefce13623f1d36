/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where two policies differ that may be for several interfaces: zone by zone, each as for one
 * interface. If both have [interfaces], zones of the same name are compared; otherwise every
 * interface that one of them names, and those that neither does. A zone that a policy does not have
 * is not compared: its rules hold nowhere.
 */
#ifndef EDGEXDP_ZONED_H
#define EDGEXDP_ZONED_H

#include "diff.h"

/* Where they differ in one zone. */
struct zone_difference {
    const char *name; /* of the zone or interface; NULL: neither policy has zones */
    struct policy *narrow[SIDES];
    struct difference difference;
    char **lines;        /* the tuples in words */
    const char **sorted; /* the same, sorted */
    bool *everywhere;    /* by tuple: it is the same in all zones that are compared */
};

/* Which interfaces a zone has: a switch. */
struct interfaces_switch {
    char *key;
    char *said[SIDES];
};

struct zoned_difference {
    const struct policy *sides[SIDES];
    struct difference common; /* its switches only */
    struct interfaces_switch *interfaces;
    size_t interfaces_count;
    struct arrival_names arrivals;
    struct zone_difference *zones;
    size_t count;
};

/* Compare two whole policies, which must outlive DIFFERENCE. Returns 0, -E2BIG with DIAG, or
 * -ENOMEM. zoned_difference_clear() frees, also after an error. */
int diff_zones(const struct policy *before, const struct policy *after,
               struct zoned_difference *difference, struct diag *diag);
void zoned_difference_clear(struct zoned_difference *difference);

/* Do they differ at all? */
bool zoned_difference_is_some(const struct zoned_difference *difference);

/* Call VISIT for each tuple: first, with ZONE NULL, those that are the same in all zones. */
typedef void tuple_visitor(const struct zone_difference *zone, size_t tuple, const char *name,
                           void *context);
void zoned_difference_each(const struct zoned_difference *difference, tuple_visitor *visit,
                           void *context);

/* Print one line for each switch and tuple. */
void zoned_difference_print(const struct zoned_difference *difference, FILE *stream);

#endif
