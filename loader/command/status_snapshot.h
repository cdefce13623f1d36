/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `status` shows for one interface. */
#ifndef EDGEXDP_STATUS_SNAPSHOT_H
#define EDGEXDP_STATUS_SNAPSHOT_H

#include "../metrics/rates.h"
#include "../names/known.h"
#include "../show/json.h"

/* A file that the policy in force was read from. */
struct status_file {
    char *path;
    enum archived_state state;
};

struct status_snapshot {
    struct snapshot snapshot;
    struct last_look before;
    struct totals_rates rates;
    struct why hidden;  /* which connections tcp-state does not know of */
    struct why answers; /* why the senders of rejected packets are not told; empty: they are */
    struct why cookies; /* why no SYN is answered with a cookie */
    enum cookies_when cookies_when;
    struct status_file *files; /* the policy, then the files that it names; none: not known */
    size_t file_count, file_capacity;
    struct host *kept,
        *now;      /* the words of the host in the policy: in force, and now; NULL: none */
    char *changes; /* how they differ, see host_changes(); empty: not at all */
    struct known_names known; /* what the service knows of the names among them */
};

/* Take a look at INTERFACE: rates are since the last such look, whoever took it. Files and
 * addresses are compared after its lock is released. The caller clears *shown. Returns 0 or -errno
 * with WHY. */
int status_snapshot_take(const char *interface, struct status_snapshot *shown, struct why *why);
void status_snapshot_clear(struct status_snapshot *shown);

/* To stdout. */
void status_snapshot_print(const struct status_snapshot *shown);
struct json_object *status_snapshot_json(const struct status_snapshot *shown);

#endif
