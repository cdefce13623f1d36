/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `edgexdp export` wrote carries the policy that it was made of. That is the policy again, if
 * the ruleset is still what the policy is exported as: whoever calls exports it once more, and what
 * nft lists of both is compared.
 */
#ifndef EDGEXDP_IMPORT_EXPORTED_H
#define EDGEXDP_IMPORT_EXPORTED_H

#include "../policy/carried.h"
#include "import.h"

struct json_object;

/* Initialise with zeros. */
struct exported {
    struct json_object *root;   /* the ruleset */
    char *texts[CARRIED_KINDS]; /* what it carries; NULL: it does not have that */
    size_t complaints;
};

/* Find what the ruleset JSON, which may have been TEXT (or NULL), carries. Whatever else judges
 * packets in it, and is not left out by OPTIONS, is complained of in DIAG. Returns 0 with *exported
 * to be cleared; -ENOENT: it carries nothing; or -ENOMEM. */
int exported_find(const struct source *json, const struct source *text,
                  const struct import_options *options, struct diag *diag,
                  struct exported *exported);

/* Compare with MADE, JSON of what the policy is exported as, and complain in DIAG of what differs.
 * TEXT is as above, for lines in messages. Returns 0, -EINVAL (MADE is no JSON) or -ENOMEM. */
int exported_compare(struct exported *exported, const struct source *made,
                     const struct source *text, struct diag *diag);

/* Make the policy the result. Returns 0 or -ENOMEM. */
int exported_result(struct exported *exported, struct import_result *result);

void exported_clear(struct exported *exported);

#endif
