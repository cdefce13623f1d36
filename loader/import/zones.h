/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interfaces, in the words of a policy. */
#ifndef EDGEXDP_IMPORT_ZONES_H
#define EDGEXDP_IMPORT_ZONES_H

#include "plan.h"

/* Returns the name of the zone that interface NUMBER is. */
const char *interface_zone(const struct plan *plan, u16 number);

/* Write which interfaces CONDITION asks for, as KEY of a rule. Those that the ruleset does not name
 * are in no zone: a list that holds them says which it does not hold. */
void zones_write(const struct plan *plan, const struct condition *condition,
                 const struct condition *whole, enum aspect aspect, const char *key, FILE *out);

#endif
