/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tables of a replay have in common. */
#ifndef EDGEXDP_REPLAY_PRINT_H
#define EDGEXDP_REPLAY_PRINT_H

#include "../show/table.h"
#include "replay.h"

typedef char number[24];

const char *print_count(u64 count, number text);

/* End a table and print it if it has rows. Returns ERROR. */
int print_table(struct libscols_table *table, int error);

/* A table of whom the rules' own limits held, TOP of each rule. Returns 0 or -ENOMEM. */
int print_limited(const struct replay *replay, size_t top);

/* What the limits on trial would have dropped. Returns 0 or -ENOMEM. */
int print_trials(const struct replay *replay);

#endif
