/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports by the names of /etc/services. */
#ifndef EDGEXDP_SERVICES_H
#define EDGEXDP_SERVICES_H

#include "catalog.h"
#include "source.h"

/* Reads the file by OPENER, as one of DIAG's sources: what a policy means depends on it. *services,
 * names with the port as their number, is the caller's. Returns 0, -errno of reading it, or
 * -ENOMEM. */
int services_read(source_opener *opener, struct diag *diag, struct catalog **services);

#endif
