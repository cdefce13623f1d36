/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What monitor prints: events to stdout, messages about itself to stderr. */
#ifndef EDGEXDP_MONITOR_OUTPUT_H
#define EDGEXDP_MONITOR_OUTPUT_H

#include <stdio.h>

#include "../event/json.h"

void output_text(const struct told *told, bool with_interface);
void output_json(const struct told *told);

/* Write to a file of pcapng.h, as a packet of the interface with this NUMBER there, with what
 * decided as the packet's comment. Returns 0 or -errno. */
int output_packet(FILE *file, u32 number, const struct told *told);

/* Tell what has become of the programs on the interface. */
void output_ways(const char *interface, const char *text);

/* Tell how many more PACKETS could not be reported since the last time; */
void output_lost(const char *interface, u64 packets);
/* and in all. */
void output_sum(const char *interface, u64 shown, u64 lost);

#endif
