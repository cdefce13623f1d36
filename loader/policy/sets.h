/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Resolves lists of addresses: named sets, set files, and the values of `from` and `to` in
 * rules. */
#ifndef EDGEXDP_SETS_H
#define EDGEXDP_SETS_H

#include "host.h"
#include "ini.h"
#include "policy.h"
#include "source.h"

struct sets;

/* Returns the sets of the policy INI on HOST; all arguments must outlive them. A @FILE is relative
 * to the file that names it. Without a HOST (NULL), its words mean nothing, and no message says so.
 * Returns NULL when memory is short. */
struct sets *sets_new(const struct ini *ini, source_opener *opener, const struct host *host,
                      struct diag *diag);
void sets_free(struct sets *sets);

/* Define a set by ENTRY of [sets]. Faults go to the diag. Returns 0 or -ENOMEM. */
int sets_define(struct sets *sets, const struct ini_entry *entry);

/* Make known the names that NAMED has, and that the host does not; NAMED belongs to SETS then.
 * Before anything is resolved. */
void sets_know_names(struct sets *sets, struct host *named);

/* Resolve every defined set, used or not. Faults go to the diag. Returns 0 or -ENOMEM. */
int sets_resolve(struct sets *sets);

/* Return the set that the list in ENTRY means; it belongs to SETS until it is released. A list with
 * faults, which go to the diag, gives the set of its good items. Returns 0 or -ENOMEM. */
int sets_read(struct sets *sets, const struct ini_entry *entry, const struct address_set **set);

/* Add to *SET (NULL: nobody) whom limits never hold on this host: its default gateways, and the
 * caller. Returns 0 or -ENOMEM. */
int sets_exempt(struct sets *sets, const struct address_set **set);

/* Set *SET to this host. ASKS is what of the policy needs to know; a warning says so if that is no
 * address. Returns 0 or -ENOMEM. */
int sets_self(struct sets *sets, struct piece asks, const struct address_set **set);

/* The same, but nobody is warned, and SET is released only if something else uses it. */
int sets_find_self(struct sets *sets, const struct address_set **set);

/* Take out of *SET what is never forwarded: this host's addresses, and whatever stays on a host or
 * on a link. Returns 0 or -ENOMEM. */
int sets_beyond(struct sets *sets, const struct address_set **set);

/* The set of all addresses. */
const struct address_set *sets_any(struct sets *sets);

/* Hands over every set returned by sets_read() and sets_any(), each once. The caller frees them
 * with address_set_free() (pool.h) and the array with free(). Returns 0 or -ENOMEM. */
int sets_release(struct sets *sets, struct address_set ***array, size_t *count);

/* Hands over the words of the host that were used, or NULL if there are none. */
struct host *sets_release_host(struct sets *sets);

#endif
