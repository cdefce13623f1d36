/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes a policy of the ruleset of another filter: chains are resolved into rules, and what cannot
 * be said exactly stands as a comment at its place. Pure: text in, text out.
 */
#ifndef EDGEXDP_IMPORT_H
#define EDGEXDP_IMPORT_H

#include <stdio.h>

#include "../policy/source.h"

struct import_options {
    const char *name;           /* of the policy */
    const char *interface;      /* only what concerns this one, or NULL */
    const char *const *without; /* patterns of chains and tables to leave out */
    size_t without_count;
};

/* What an import came to. */
struct import_result {
    char *policy; /* its text in the short form, for the caller to free */
    size_t complaints;
};

/* Import what `nft -j list ruleset` prints, JSON. TEXT is the ruleset from which nft made it, for
 * lines in messages; NULL: JSON is all there is. DIAG gets an error for each thing that cannot be
 * said, and notes. Returns 0 with *result set, -EINVAL (DIAG says why nothing can be read), -E2BIG
 * (there is too much of it, and DIAG says of what), -EBADMSG (what was made is no policy, which is
 * a fault of ours, and DIAG says so), or -ENOMEM. */
int import_nftables(const struct source *json, const struct source *text,
                    const struct import_options *options, struct diag *diag,
                    struct import_result *result);

/* The same for what iptables-save and ip6tables-save print: up to one source for each family. */
int import_iptables(const struct source *const sources[2], const struct import_options *options,
                    struct diag *diag, struct import_result *result);

#endif
