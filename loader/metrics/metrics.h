/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The metrics, from one table: their names, types, help and labels. */
#ifndef EDGEXDP_METRICS_H
#define EDGEXDP_METRICS_H

#include <stdio.h>

#include "snapshot.h"

/* Print all metrics in the text format of Prometheus. Errors are those of STREAM. */
void metrics_print(FILE *stream, const struct snapshots *snapshots);

/* The same for INTERFACE (NULL: for all guarded ones) into the file at PATH, for the node
 * exporter's textfile collector. The file is replaced in one step, so that nobody reads half of it.
 * If an interface cannot be read, the file still has the others, and -errno is returned with
 * WHY. */
int metrics_write(const char *path, const char *interface, struct why *why);

#endif
