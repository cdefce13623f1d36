/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which fields of a rule a packet does not meet, and how to say so. */
#ifndef EDGEXDP_MISFIT_H
#define EDGEXDP_MISFIT_H

#include "../judge/native.h"
#include "../policy/policy.h"

/* In the order in which they are told. */
enum field {
    FIELD_DIRECTION,
    FIELD_PROTOCOL,
    FIELD_FROM,
    FIELD_TO,
    FIELD_PORT,
    FIELD_SOURCE_PORT,
    FIELD_ICMP_TYPE,
    FIELDS,
};

/* The keys of a rule that they are. */
extern const char *const field_names[FIELDS];

/* What rules are asked about. */
struct probe {
    enum direction direction;
    enum family family;
    u8 protocol;
    u128 source, destination;
    u16 source_port, destination_port; /* ICMP: type << 8 | code */
};

struct probe probe_of(enum direction direction, const struct native_question *question);

/* The fields of RULE that PROBE does not meet, a bit for each; 0: it matches. */
unsigned int rule_misfits(const struct rule *rule, const struct probe *probe);

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
