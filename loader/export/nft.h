/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of an nftables ruleset, in the order in which a packet meets them. They use connection
 * tracking only for ICMP errors and fragments: replies to inbound traffic are judged by the rules
 * with both ends exchanged, and flows are sets to which only outbound packets add entries.
 */
#ifndef EDGEXDP_EXPORT_NFT_H
#define EDGEXDP_EXPORT_NFT_H

#include <stdio.h>

#include "../policy/flags.h"
#include "../policy/policy.h"
#include "../policy/source.h"

#define NFT_NAME_BYTES 96

/* What the ruleset carries: the policy as a whole, and how it was exported. */
struct nft_carried {
    const struct policy *policy;
    const struct source *source; /* of POLICY */
    const char *interface;       /* that was asked for; NULL: none was */
};

struct nft {
    const struct policy *policy; /* for one interface, or of one zone */
    const char *interface;       /* NULL: those of the zone */
    const char *table;
    FILE *out;
    const struct nft_carried *carried; /* NULL: nothing, or another table does */
};

/* In a base chain: write what lets go whatever passes other interfaces than those of the zone, and
 * return ""; or, of one interface, return the match for it. */
const char *nft_only_on(const struct nft *nft, enum direction direction);

/* Get what zone ZONE is called in identifiers; write what all zones are. */
void nft_zone_name(const struct policy *whole, unsigned int zone, char name[NFT_NAME_BYTES]);
void nft_zone_defines(const struct policy *whole, FILE *out);

/* The view from which a rule is written. */
enum view {
    VIEW_IN,
    VIEW_OUT,
    VIEW_ANSWER,   /* an outbound packet, written as the inbound packet with its ends exchanged */
    VIEW_LATER_IN, /* later fragments */
    VIEW_LATER_OUT,
    VIEW_UNJOINED, /* later fragments coming in, before connection tracking joins them: those that
                      are accepted go on, and are neither counted nor logged yet */
};

/* Returns in how many lines it is said where packets came in that RULE is for; write the match of
 * line FORM. */
size_t nft_arrival_forms(const struct nft *nft, const struct rule *rule, enum view view);
void nft_arrives(const struct nft *nft, const struct rule *rule, size_t form);

/* Returns "drop", or in audit mode a verdict that drops nothing. */
const char *nft_drop(const struct nft *nft);

/* Returns "accept" or nft_drop(). */
const char *nft_verdict(const struct nft *nft, enum verdict verdict);

/* Write the match for segments that have these flags. */
void nft_flags(const struct nft *nft, struct conjunction flags);

/* Write the statement that logs a packet, as one of the rule or reason NAME. */
void nft_log(const struct nft *nft, const char *name);

/* Write TEXT as a one-line comment after INDENT; write nothing if TEXT is empty. */
void nft_comment(const struct nft *nft, const char *indent, const char *text);

/* Does SET hold every address of FAMILY? */
bool nft_set_is_all(const struct address_set *set, enum family family);

/* Write the set definitions; write the name of one of them after "@". */
void nft_sets(const struct nft *nft);
void nft_set_name(const struct nft *nft, const struct address_set *set, enum family family);

/* Has VIEW, of later fragments, any rules? */
bool nft_has_rules(const struct nft *nft, enum view view);

/* Write the rules of VIEW, in the order of the file; and the chain that tells a sender what it is
 * told by default. */
void nft_rules(const struct nft *nft, enum view view);
void nft_refuse_chain(const struct nft *nft);

/* Write the rules that let nft's answers to rejected packets out. */
void nft_let_refusals_out(const struct nft *nft);

/* Write the named limits, and the sets that limits need; and what drops the packets of a line of
 * RULE that are beyond its limit number AT. FAMILY is the line's, and DIRECTION that of the
 * packets. */
void nft_limit_sets(const struct nft *nft);
void nft_limit(const struct nft *nft, const struct rule *rule, size_t at, enum family family,
               enum direction direction);

/* Write the flows: their sets, what may come in because of them, and the chain that adds
 * entries. */
void nft_flow_sets(const struct nft *nft);
void nft_flow_replies(const struct nft *nft);
void nft_flow_chain(const struct nft *nft);

/* Write the chain that holds the policy itself. Returns 0 or -ENOMEM. */
int nft_carried_chain(const struct nft *nft);

/* Write what comes before the rules. */
void nft_fragments_chains(const struct nft *nft);
void nft_martians_chain(const struct nft *nft);
void nft_flags_chain(const struct nft *nft);
void nft_first_steps(const struct nft *nft, enum direction direction);
void nft_errors(const struct nft *nft);
void nft_arp_table(const struct nft *nft);

/* A packet to an address that cannot be a source answers nothing. */
void nft_no_answers(const struct nft *nft);

#endif
