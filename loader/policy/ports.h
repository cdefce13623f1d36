/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports by number and by name: the lists of [ports], and the services of this host. */
#ifndef EDGEXDP_PORTS_H
#define EDGEXDP_PORTS_H

#include "ini.h"
#include "ranges.h"

struct ports;

/* Returns the named lists of INI; INI, DIAG and OPENER must outlive them. Returns NULL when memory
 * is short. */
struct ports *ports_new(const struct ini *ini, source_opener *opener, struct diag *diag);
void ports_free(struct ports *ports);

/* Define a list by ENTRY of [ports]. Faults go to the diag. Returns 0 or -ENOMEM. */
int ports_define(struct ports *ports, const struct ini_entry *entry);

/* Resolve every list, used or not. Faults go to the diag. Returns 0 or -ENOMEM. */
int ports_resolve(struct ports *ports);

/* Add to LIST what ITEM means: a port, a range, or the name of a list or service. Faults go to the
 * diag. Returns 0 or -ENOMEM. */
int ports_add(struct ports *ports, struct number_list *list, struct piece item);

#endif
