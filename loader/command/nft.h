/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nft itself reads rulesets that are text. */
#ifndef EDGEXDP_COMMAND_NFT_H
#define EDGEXDP_COMMAND_NFT_H

#include "../base/why.h"
#include "../policy/source.h"

/* Have nft read TEXT and list it as JSON, in a network namespace that is made for it and holds
 * nothing else, so that no ruleset of this host is seen or changed. *json belongs to DIAG. Returns
 * 0, or -errno with WHY: -ENOENT without nft, -EINVAL when nft refuses the ruleset, whose words are
 * in WHY then. */
int nft_list(const struct source *text, struct diag *diag, const struct source **json,
             struct why *why);

#endif
