/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The metrics, by one table: their names, types, help and labels. */
#ifndef EDGEXDP_METRICS_H
#define EDGEXDP_METRICS_H

#include <stdio.h>

#include "snapshot.h"

/* Print all of them in the text format of Prometheus. Errors are those of STREAM. */
void metrics_print(FILE *stream, const struct snapshots *snapshots);

/* The same of INTERFACE (NULL: of all that are guarded) to the file at PATH, for the textfile
 * collector of the node exporter: replaced in one step, so that nobody reads half of it. When an
 * interface cannot be read the file has the others, and it returns -errno with WHY all the same. */
int metrics_write(const char *path, const char *interface, struct why *why);

#endif
