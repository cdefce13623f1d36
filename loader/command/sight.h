/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `status` shows of one interface. */
#ifndef EDGEXDP_SIGHT_H
#define EDGEXDP_SIGHT_H

#include "../metrics/rates.h"
#include "../show/json.h"

/* A file that the policy in force was read from. */
struct sighted_file {
    char *path;
    enum archived_state state;
};

struct sight {
    struct snapshot snapshot;
    struct last_look before;
    struct totals_rates rates;
    struct sighted_file *files; /* the policy, then those that it names; none: not known */
    size_t file_count, file_capacity;
};

/* Look at INTERFACE: rates are since the last time that somebody did so. Files are compared when
 * its lock is free again. *sight is the caller's to clear. Returns 0 or -errno with WHY. */
int sight_take(const char *interface, struct sight *sight, struct why *why);
void sight_clear(struct sight *sight);

/* To stdout. */
void sight_print(const struct sight *sight);
struct json_object *sight_json(const struct sight *sight);

#endif
