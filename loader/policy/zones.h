/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Zones: names for interfaces, as [interfaces] gives them. Where there is no such section, each
 * interface that a rule names is a zone of its own. A policy with zones is about all of them; for
 * one of them it becomes an ordinary policy.
 */
#ifndef EDGEXDP_ZONES_H
#define EDGEXDP_ZONES_H

#include "host.h"
#include "policy.h"

#define ZONES_MAX 254 /* their numbers are 1 to this */

/* Returns the number of the zone called NAME, or ZONE_HERE. */
unsigned int zone_find(const struct policy *policy, struct piece name);

/* Returns the number of the zone that the interface called NAME is in, or ZONE_ELSEWHERE. HOST, if
 * not NULL, knows its other names. A name counts more than a pattern, and a longer pattern more
 * than a shorter one. */
unsigned int zone_of(const struct policy *policy, const struct host *host, const char *name);

/* Returns the number of the zone that SAID means, which is its name, or an interface of it by any
 * of the names that the policy's host knows; or ZONE_ELSEWHERE. */
unsigned int zone_said(const struct policy *policy, const char *said);

/* Returns whether POLICY can have an interface or zone called SAID: it need not be in [interfaces]
 * if there is no such section. */
bool zone_can_be(const struct policy *policy, const char *said);

/* Returns the zone of the interface that the host of POLICY guards; ZONE_HERE: it guards none. */
unsigned int zone_guarded(const struct policy *policy);

/* Returns the zone that comes after zone NUMBER, from ZONE_HERE on, in going through all that a
 * policy is for; ZONE_HERE at the end. */
unsigned int zone_next(const struct policy *policy, unsigned int number);

/* Returns what people call zone NUMBER; it is valid as long as POLICY. */
const char *zone_name(const struct policy *policy, unsigned int number);

/* Returns which zones RULE is for, of the interface that a packet passes in DIRECTION. */
const struct match *rule_zones(const struct rule *rule, enum direction direction);

/* Returns whether RULE concerns what passes an interface of zone NUMBER in DIRECTION. */
bool rule_concerns(const struct rule *rule, unsigned int number, enum direction direction);

/* Makes of WHOLE, whose rules may be for several zones, the policy of zone NUMBER. It refers to
 * WHOLE, which must outlive it. Returns NULL when memory is short. */
struct policy *policy_of_zone(const struct policy *whole, unsigned int number);

/* Make of *POLICY, if it has zones and its host guards an interface, the policy of that one's zone,
 * which owns what it was made of. Returns 0, or -ENOMEM with *POLICY unchanged. */
int policy_narrow(struct policy **policy);

struct reading;
struct ini_entry;

/* Read the list of zones in ENTRY into MATCH; missing or `any` is any. Faults go to the diag.
 * Return 0 or -ENOMEM. The second is of RULE's field of that name. */
int zones_read(struct reading *reading, const struct ini_entry *entry, struct match *match);
int zones_read_arrives(struct reading *reading, struct rule *rule, const struct ini_entry *entry);

/* Define a zone by ENTRY of [interfaces]. Faults go to the diag. Returns 0 or -ENOMEM. */
int zones_define(struct reading *reading, const struct ini_entry *entry);

/* Complete what the rules say of zones, once all are read and before the sets are released; and
 * keep in the policy's host what they need of it, afterwards. Return 0 or -ENOMEM. */
int zones_complete(struct reading *reading);
int zones_keep(struct reading *reading);

#endif
