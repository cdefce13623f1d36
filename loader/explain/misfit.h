/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the fields of a rule that a packet does not fit, and says so in words. */
#ifndef EDGEXDP_MISFIT_H
#define EDGEXDP_MISFIT_H

#include "../judge/native.h"
#include "../policy/policy.h"

/* Pseudo-fields for what is not one of a rule's matches: its direction, and the zone of the
 * interface where the packet is. */
#define FIELD_DIRECTION FIELDS
#define FIELD_ZONE      (FIELDS + 1)

/* A packet as the rules are asked about it. */
struct probe {
    enum direction direction;
    enum family family;
    bool spoken_of;             /* see tables_walk_own() */
    const struct policy *zones; /* whose zones it is about; NULL: unknown */
    unsigned int zone;          /* of the interface where it is; ZONE_HERE: there are no zones */
    u128 values[FIELDS];
};

/* ZONES: whose zones it is about, and for which of them, if it is for one. */
struct probe probe_of(enum direction direction, const struct native_question *question,
                      const struct policy *zones);

/* Returns the fields of RULE that PROBE does not fit, one bit each; 0 means that RULE matches. */
unsigned int rule_misfits(const struct rule *rule, const struct probe *probe);

/* Returns the policy key of RULE's FIELD that PROBE does not fit. */
const char *misfit_field_name(const struct rule *rule, const struct probe *probe, enum field field);

/* Returns which of MISFITS, which must not be 0, is reported first. */
enum field misfits_first(unsigned int misfits);

/* Returns whether the packet's FIELD is known; it may not be if the packet is only spoken of. */
bool probe_knows(const struct probe *probe, enum field field);

/* Returns whether it is a later fragment. */
bool probe_is_later(const struct probe *probe);

/* Returns whether there can be such a packet: one with its headers is not shorter than they are. */
bool probe_can_be(const struct probe *probe);

/* Returns the first rule of POLICY that matches, or policy->rule_count. */
size_t probe_first_rule(const struct policy *policy, const struct probe *probe);

#define MISFIT_TEXT_BYTES 320

/* Say why it does not fit: "port 5061 is not 443". Returns TEXT. */
char *misfit_why(const struct rule *rule, const struct probe *probe, enum field field,
                 char text[MISFIT_TEXT_BYTES]);

/* Say what would fit: "the port were 443". Returns TEXT. */
char *misfit_wish(const struct rule *rule, const struct probe *probe, enum field field,
                  char text[MISFIT_TEXT_BYTES]);

/* Set *MENDED, which may be PROBE, to PROBE with FIELD changed as little as possible for RULE to
 * match it. Returns the distance of that change: less is closer, and distances of different fields
 * can be compared. */
unsigned int misfit_mend(const struct rule *rule, const struct probe *probe, enum field field,
                         struct probe *mended);

#endif
