/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sets of a policy as named sets. */
#include "nft.h"

#include <string.h>

#include "../policy/address.h"
#include "../policy/piece.h"

static const char *const suffixes[] = {"ipv4", "ipv6"};

bool nft_set_is_all(const struct address_set *set, enum family family)
{
    const struct address_ranges *ranges = &set->family[family - 1];
    struct address_range all = address_any(family);

    return ranges->count == 1 && ranges->ranges[0].first == all.first &&
           ranges->ranges[0].last == all.last;
}

/* Returns whether the label is a name from [sets], not a list written in a rule. */
static bool has_name(const struct address_set *set)
{
    const char *c = set->label;

    if (!is_letter(*c))
        return false;
    while (is_letter(*c) || is_digit(*c) || (*c && strchr("-_.", *c)))
        c++;
    return !*c && strlen(set->label) < NAME_BYTES;
}

/* The suffix keeps names from being nft keywords. No name in [sets] begins as the names of lists
 * do. */
void nft_set_name(const struct nft *nft, const struct address_set *set, enum family family)
{
    if (has_name(set))
        fprintf(nft->out, "%s-%s", set->label, suffixes[family - 1]);
    else
        fprintf(nft->out, "_list-%zu-%s", set->index, suffixes[family - 1]);
}

static void put_set(const struct nft *nft, const struct address_set *set, enum family family)
{
    const struct address_ranges *ranges = &set->family[family - 1];
    char text[RANGE_TEXT_BYTES];

    if (!ranges->count || nft_set_is_all(set, family))
        return;
    if (!has_name(set))
        nft_comment(nft, "\t", set->label);
    fputs("\tset ", nft->out);
    nft_set_name(nft, set, family);
    fprintf(nft->out,
            " {\n\t\ttype %s_addr\n\t\tflags interval\n\t\tauto-merge\n\t\telements = {\n",
            suffixes[family - 1]);
    for (size_t i = 0; i < ranges->count; i++)
        fprintf(nft->out, "\t\t\t%s%s\n", address_range_print(family, ranges->ranges[i], text),
                i + 1 < ranges->count ? "," : "");
    fputs("\t\t}\n\t}\n\n", nft->out);
}

void nft_sets(const struct nft *nft)
{
    for (size_t i = 0; i < nft->policy->set_count; i++) {
        put_set(nft, nft->policy->sets[i], FAMILY_IPV4);
        put_set(nft, nft->policy->sets[i], FAMILY_IPV6);
    }
}
