/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of the names in the policy of one interface. Addresses that are gone stay as long
 * as flows of theirs live, at most a day; and if nobody can be asked, all stay.
 */
#ifndef EDGEXDP_NAMES_KNOWN_H
#define EDGEXDP_NAMES_KNOWN_H

#include "../base/why.h"
#include "../policy/host.h"
#include "answer.h"

struct known_address {
    enum family family;
    bool is_live; /* of one that is gone: flows of it live. Set by whoever knows the flows. */
    u128 address;
    u64 gone_ns; /* CLOCK_REALTIME of the last answer that had it; 0: it is in the last one */
};

struct known_name {
    char *host;
    struct known_address *addresses;
    size_t count, capacity;
    u64 answered_ns; /* CLOCK_REALTIME of the last answer; 0: there has been none */
    u64 asked_ns; /* CLOCK_MONOTONIC: when somebody answered or failed to; 0: not by this process */
    u64 due_ns;   /* CLOCK_MONOTONIC: when to ask again */
    unsigned int failures;
    char trouble[256]; /* why the last question had no answer, or what is wrong with it; or empty */
};

/* Initialise with zeros. */
struct known_names {
    struct known_name *list;
    size_t count, capacity;
};

void known_clear(struct known_names *known);

/* Return what is known of HOST, or NULL; known_add() makes it known, without an address and due at
 * once, and returns NULL when memory is short. What they return is valid until a name is added. */
struct known_name *known_find(const struct known_names *known, const char *host);
struct known_name *known_add(struct known_names *known, const char *host);

/* Forget all names that HOST has not as words (NULL: it has none). */
void known_keep_only(struct known_names *known, const struct host *host);

/* Take over ANSWER (see answer_tidy()), which came now. Returns 0 or -ENOMEM. */
int known_take(struct known_name *name, const struct name_answer *answer, u64 realtime,
               u64 monotonic);

/* Take over what another interface has been told about the same name: FROM. Flows of addresses that
 * are gone are those of NAME's own interface. Returns 0 or -ENOMEM. */
int known_take_from(struct known_name *name, const struct known_name *from, u64 realtime);

/* Has it an address that is gone? If so, known_sweep() forgets those without flows, those that are
 * gone for more than a day, and those that are too many, the oldest first. */
bool known_has_gone(const struct known_name *name);
void known_sweep(struct known_name *name, u64 realtime);

/* Add the addresses of NAME to LISTS; those that are gone too if GONE is set. Returns 0 or -ENOMEM.
 */
int known_addresses(const struct known_name *name, bool gone, struct address_list lists[2]);

/* Define in HOST those names of KEPT, which is what is in force since SINCE (CLOCK_REALTIME):
 * whatever has been answered since then, else as they are in KEPT. Returns 0 or -ENOMEM. */
int known_define(const struct known_names *known, const struct host *kept, u64 since,
                 struct host *host);

/* ---- known_file.c: the file of the service ---- */

/* Read what the service knows of the names of INTERFACE, and of nothing if there is no such file.
 * All of it is due at once. Returns 0; or -errno with WHY, and KNOWN has what could be read. */
int known_read(const char *interface, struct known_names *known, struct why *why);

/* Write it; without names the file is removed. Returns 0 or -errno with WHY. */
int known_write(const char *interface, const struct known_names *known, struct why *why);

/* The same as text. Returns 0, or -EINVAL: some LINES made no sense. */
int known_parse(const char *text, size_t length, struct known_names *known);
void known_print(FILE *stream, const void *known);

#endif
