/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How nft writes what its JSON says. */
#ifndef EDGEXDP_IMPORT_NFTABLES_WORDS_H
#define EDGEXDP_IMPORT_NFTABLES_WORDS_H

#include <stdio.h>

#include "nftables.h"

/* Write an expression, a set or a value, DEPTH levels deep in its rule; QUOTED: words among its
 * values stand in quotes. */
void words_put(FILE *out, struct json_object *json, int depth, bool quoted);

/* Write the statement NAME if it is one that has a form of its own. */
bool words_put_statement(FILE *out, const char *name, struct json_object *value, int depth);

#endif
