/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conditions in the words of a policy. */
#ifndef EDGEXDP_IMPORT_CONDITION_WORDS_H
#define EDGEXDP_IMPORT_CONDITION_WORDS_H

#include "plan.h"

/* Returns why a rule of a policy cannot say CONDITION, which is one of packets that go a way whose
 * packets all meet WHOLE, or NULL. */
const char *condition_unsaid(const struct condition *condition, const struct condition *whole);

/* Does CONDITION speak of interfaces? */
bool condition_names_zones(const struct condition *condition, const struct condition *whole);

/* Writes the keys of a rule that say it, a line for each. */
void condition_write(const struct plan *plan, const struct condition *condition,
                     const struct condition *whole, FILE *out);

/* Writes the addresses, or ports, of SETS as a list, broken into lines; nothing if they are empty.
 */
void spans_write_addresses(const struct spans *const sets[2], FILE *out);
void spans_write_ports(const struct spans *ports, FILE *out);

#endif
