/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What monitor says: of events to stdout, of itself to stderr. */
#ifndef EDGEXDP_SAY_H
#define EDGEXDP_SAY_H

#include <stdio.h>

#include "../event/json.h"

void say_text(const struct told *told);
void say_json(const struct told *told);

/* To a file of pcapng.h: what decided is the packet's comment. Returns 0 or -errno. */
int write_packet(FILE *file, const struct told *told);

/* What has become of the programs on the interface. */
void say_ways(const char *interface, const char *text);

/* So many PACKETS more could not be told of since the last time; */
void say_lost(const char *interface, u64 packets);
/* and in all. */
void say_sum(const char *interface, u64 shown, u64 lost);

#endif
