/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which fields of a rule a packet does not meet, and how to say so. */
#ifndef EDGEXDP_MISFIT_H
#define EDGEXDP_MISFIT_H

#include "../judge/native.h"
#include "../policy/policy.h"

/* What a rule may be for, and a packet not: the direction is no match of a rule. */
#define FIELD_DIRECTION FIELDS

/* The key of a rule that FIELD is. */
const char *misfit_field_name(enum field field);

/* What rules are asked about. */
struct probe {
    enum direction direction;
    enum family family;
    bool spoken_of; /* see struct tuple */
    u128 values[FIELDS];
};

struct probe probe_of(enum direction direction, const struct native_question *question);

/* The fields of RULE that PROBE does not meet, a bit for each; 0: it matches. */
unsigned int rule_misfits(const struct rule *rule, const struct probe *probe);

/* The one of MISFITS (which are some) that is told first. */
enum field misfits_first(unsigned int misfits);

/* Is it known what a packet has there? Not of one that is only spoken of. */
bool probe_knows(const struct probe *probe, enum field field);

/* The first rule of POLICY that matches, or policy->rule_count. */
size_t probe_first_rule(const struct policy *policy, const struct probe *probe);

#define MISFIT_TEXT_BYTES 320

/* Why: "port 5061 is not 443". Returns TEXT. */
char *misfit_why(const struct rule *rule, const struct probe *probe, enum field field,
                 char text[MISFIT_TEXT_BYTES]);

/* What would have to be: "the port were 443". Returns TEXT. */
char *misfit_wish(const struct rule *rule, const struct probe *probe, enum field field,
                  char text[MISFIT_TEXT_BYTES]);

/* PROBE with that field changed as little as possible for RULE to match it. Returns how far away
 * that was: less is closer, and fields compare. */
unsigned int misfit_mend(const struct rule *rule, const struct probe *probe, enum field field,
                         struct probe *mended);

#endif
