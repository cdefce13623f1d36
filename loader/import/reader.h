/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the readers of the several formats have in common. */
#ifndef EDGEXDP_IMPORT_READER_H
#define EDGEXDP_IMPORT_READER_H

#include "ruleset.h"

/* Fills RULESET from CONTEXT. Failures stay in the arena. */
typedef void ruleset_reader(struct ruleset *ruleset, void *context);

/* Make a policy of what READ reads. It reads twice: at the first time interfaces become known, so
 * that at the second a pattern means all of them. Returns as import_nftables() does. */
int import_ruleset(ruleset_reader *read, void *context, const struct import_options *options,
                   struct diag *diag, struct import_result *result);

#endif
