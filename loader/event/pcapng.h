/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captures that say what became of each packet: pcapng, as Wireshark reads it.
 * Every call writes a whole block at once, so that a file that ends early is good up to there. */
#ifndef EDGEXDP_PCAPNG_H
#define EDGEXDP_PCAPNG_H

#include <stdio.h>

#include <edgexdp/abi.h>

/* Write what comes first. Returns 0 or -errno. */
int pcapng_begin(FILE *file);

/* Write what precedes the first packet of INTERFACE, whose packets begin with what LAYER says. The
 * interfaces of a file are numbered from 0. Returns 0 or -errno. */
int pcapng_interface(FILE *file, const char *interface, enum link_layer layer);

/* Write the packet of EVENT on the interface NUMBER, which came at TIME_NS of CLOCK_REALTIME, with
 * COMMENT in UTF-8. Returns 0 or -errno. */
int pcapng_add(FILE *file, u32 number, const struct event *event, u64 time_ns, const char *comment);

#endif
