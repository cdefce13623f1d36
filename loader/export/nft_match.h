/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a rule asks for, in the words of nft: the part of a line before its action. */
#ifndef EDGEXDP_EXPORT_NFT_MATCH_H
#define EDGEXDP_EXPORT_NFT_MATCH_H

#include "nft.h"

/* What one line of a rule asks for besides what all of its lines do. */
struct nft_asked {
    struct conjunction flags;
    const char *fragment; /* in nft's words, or empty */
    size_t arrival;       /* see nft_arrival_forms() */
};

bool nft_view_is_of_later(enum view view);

/* Returns whether RULE can match any packet of FAMILY as VIEW has it. */
bool nft_can_match(const struct rule *rule, enum family family, enum view view);

/* Returns whether RULE means the same in both families. */
bool nft_is_the_same_in_both(const struct rule *rule);

/* Set FORMS to the ways in which nft says which fragments RULE is asked about; a chain of later
 * ones sees no others. Returns their number. */
#define FRAGMENT_FORMS 2
size_t nft_fragment_forms(const struct rule *rule, enum family family, enum view view,
                          const char *forms[FRAGMENT_FORMS]);

/* Write the indented beginning of a line. FAMILY_NONE means both families. */
void nft_match(const struct nft *nft, const struct rule *rule, enum family family, enum view view,
               const struct nft_asked *asked);

#endif
