/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the second judge share. */
#ifndef EDGEXDP_TEST_BRUTE_INSIDE_H
#define EDGEXDP_TEST_BRUTE_INSIDE_H

#include "brute.h"

/* A conversation opened from the inside. */
struct conversation {
    enum family family;
    unsigned int protocol;
    u128 local, remote;
    unsigned int local_port, remote_port; /* ICMP: the id, and the type of the request */
    const struct rule *rule;              /* NULL: accepted by `outbound` */
    u64 seen_s;
    bool fin_in, fin_out, rst_out;
};

/* A first fragment that was accepted. */
struct first_fragment {
    enum direction direction;
    enum family family;
    u128 source, destination;
    unsigned int id, protocol;
    size_t end; /* of its data, in bytes */
    u64 seen_s;
};

/* A large packet that went out and belongs to no conversation. */
struct large_answer {
    enum family family;
    unsigned int protocol;
    u128 source, destination;
    unsigned int source_port, destination_port; /* ICMP: the id, and the type */
    u64 seen_s;
};

struct ban_of_range {
    enum family family;
    struct address_range range;
    u64 until_s; /* 0: forever */
};

/* What is left of a limit, of all for whom it is kept together. */
struct account {
    const struct rule *rule;
    size_t limit; /* which one of the rule's */
    enum direction direction;
    enum family family; /* FAMILY_NONE: the rule's as a whole */
    u128 who;
    u64 credit; /* times the seconds of the limit's period */
    u64 seen_s;
};

struct brute {
    const struct policy *policy;
    bool rules_first; /* inbound: a packet that a rule accepts is counted there, not as a reply */
    struct brute *other;  /* the judge with the opposite choice, or NULL */
    bool stranger;        /* opened the connections of outbound packets */
    unsigned int arrives; /* the zone through which outbound packets came in */
    struct conversation *conversations;
    size_t conversation_count, conversation_capacity;
    struct first_fragment *fragments;
    size_t fragment_count, fragment_capacity;
    struct large_answer *answers;
    size_t answer_count, answer_capacity;
    struct ban_of_range *bans;
    size_t ban_count, ban_capacity;
    const struct policy *blocks; /* NULL: none */
    const u64 *blocks_until_s;
    unsigned int blocked_by;
    struct account *accounts;
    size_t account_count, account_capacity;
};

bool set_holds(const struct address_set *set, enum family family, u128 address);

/* The first rule that matches, or NULL; *verdict comes from it or from the default. */
const struct rule *first_rule(const struct policy *policy, enum direction direction,
                              const struct brute_packet *packet, enum verdict *verdict);

/* Does RULE match, alone? */
bool rule_matches(const struct rule *rule, enum direction direction,
                  const struct brute_packet *packet);

bool is_martian(const struct brute_packet *packet);
bool is_icmp_error(const struct brute_packet *packet);

/* Has PACKET flags of TCP that no host sends together? */
bool has_bad_flags(const struct brute_packet *packet);

/* Has PACKET SYN without ACK? */
bool opens(const struct brute_packet *packet);

/* The type of the request that an ICMP packet of this type answers, or -1. */
int answered_type(const struct brute_packet *packet);

/* Has RULE limits that hold the sender of PACKET, or out the receiver? */
bool limits_hold(const struct policy *policy, const struct rule *rule, enum direction direction,
                 const struct brute_packet *packet);

/* Has every limit of RULE, if they hold, room for PACKET? If so, it is charged to all of them. */
bool limits_allow(struct brute *brute, const struct rule *rule, enum direction direction,
                  const struct brute_packet *packet, u64 now_s);

/* The name of the baseline switch that accepts PACKET, or NULL. */
const char *accepted_by_baseline(const struct baseline *baseline, enum direction direction,
                                 const struct brute_packet *packet);

/* The packet that PACKET would answer; false if there cannot be one. */
bool mirror_of(const struct brute_packet *packet, struct brute_packet *mirror);

/* The conversation that PACKET, going in DIRECTION, belongs to, if it has not been idle for too
 * long; or NULL. */
struct conversation *conversation_of(struct brute *brute, enum direction direction,
                                     const struct brute_packet *packet, u64 now_s);

/* Call for an outbound packet accepted by step 8 or 9: it makes a conversation, or keeps it
 * alive. */
void conversation_remember(struct brute *brute, const struct brute_packet *packet,
                           const struct rule *rule, u64 now_s);

/* Call when PACKET, which makes no conversation, was accepted outbound. */
void answer_remember(struct brute *brute, const struct brute_packet *packet, u64 now_s);

/* May QUOTED have been too big for a path: is it TCP, or was something large sent recently? */
bool answer_may_be_large(const struct brute *brute, const struct brute_packet *quoted, u64 now_s);

/* Call when PACKET, a first fragment, was accepted. */
void fragment_remember(struct brute *brute, enum direction direction,
                       const struct brute_packet *packet, u64 now_s);

/* May PACKET, a later fragment, follow one that was accepted? */
bool fragment_follows(const struct brute *brute, enum direction direction,
                      const struct brute_packet *packet, u64 now_s);

#endif
