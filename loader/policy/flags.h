/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The flags of TCP by their names. */
#ifndef EDGEXDP_FLAGS_H
#define EDGEXDP_FLAGS_H

#include <edgexdp/types.h>
#include <edgexdp/wire.h>

/* Flags that are set and flags that are not; of the others nothing is said. */
struct conjunction {
    u8 set, clear;
};

#define FLAG_COUNT 8

/* From the lowest bit to the highest: the name of 1 << BIT. */
extern const char *const flag_names[FLAG_COUNT];

#endif
