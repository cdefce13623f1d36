/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of a ruleset of nftables, in the order in which a packet meets them. Nothing of it uses
 * connection tracking but what is said of ICMP errors and of fragments: replies to what may come in
 * are judged by the rules turned round, and flows are sets that only packets out make entries of.
 */
#ifndef EDGEXDP_EXPORT_NFT_H
#define EDGEXDP_EXPORT_NFT_H

#include <stdio.h>

#include "../policy/policy.h"

struct nft {
    const struct policy *policy;
    const char *interface;
    FILE *out;
};

/* How a rule is looked at. */
enum view {
    VIEW_IN,
    VIEW_OUT,
    VIEW_ANSWER, /* a packet out, as what would come in with its ends exchanged */
};

/* "drop", but in audit mode nothing is dropped. */
const char *nft_drop(const struct nft *nft);

/* "accept" or nft_drop(). */
const char *nft_verdict(const struct nft *nft, enum verdict verdict);

/* TEXT as a comment of one line, behind INDENT; nothing if TEXT is empty. */
void nft_comment(const struct nft *nft, const char *indent, const char *text);

/* Does SET hold every address of FAMILY? */
bool nft_set_is_all(const struct address_set *set, enum family family);

/* The set definitions, and the name of one of them after "@". */
void nft_sets(const struct nft *nft);
void nft_set_name(const struct nft *nft, const struct address_set *set, enum family family);

/* The rules of VIEW, in the order of the file. */
void nft_rules(const struct nft *nft, enum view view);

/* The flows: their sets; what may come in because of them; and the chain that enters them. */
void nft_flow_sets(const struct nft *nft);
void nft_flow_replies(const struct nft *nft);
void nft_flow_chain(const struct nft *nft);

/* What comes before the rules. */
void nft_fragments_chain(const struct nft *nft);
void nft_martians_chain(const struct nft *nft);
void nft_first_steps(const struct nft *nft, enum direction direction);
void nft_errors(const struct nft *nft);
void nft_arp_table(const struct nft *nft);

/* Answers to what cannot be a source are none. */
void nft_no_answers(const struct nft *nft);

#endif
