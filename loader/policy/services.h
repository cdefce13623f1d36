/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports by the names in /etc/services. */
#ifndef EDGEXDP_SERVICES_H
#define EDGEXDP_SERVICES_H

#include "catalog.h"
#include "source.h"

/* Reads the file with OPENER as one of DIAG's sources, since it affects what a policy means.
 * *services maps names to ports; the caller owns it. Returns 0, a -errno from reading, or
 * -ENOMEM. */
int services_read(source_opener *opener, struct diag *diag, struct catalog **services);

#endif
