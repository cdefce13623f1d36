/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random policies and packets, aimed at where judges go wrong: the edges of ranges. */
#ifndef EDGEXDP_TEST_RANDOM_H
#define EDGEXDP_TEST_RANDOM_H

#include "../../loader/ban/banned.h"
#include "../../loader/policy/policy.h"
#include "dice.h"
#include "effort.h"
#include "wire.h"

/* The text of a valid policy, for the caller to free: sets that overlap and nest, in both families;
 * rules of every kind in every direction; switches either way. Aborts without memory. */
char *random_policy(struct dice *dice);

/* The same for rules that become blocks, which can say more. */
char *random_blocks(struct dice *dice);

#define TRAFFIC_PAST 64

/* One packet without its decorations; the second of a conversation is made from the first. */
struct exchange {
    enum direction direction;
    enum family family;
    u128 source, destination;
    unsigned int protocol;
    unsigned int source_port, destination_port;
    unsigned int icmp_type, icmp_code, icmp_id;
    unsigned int numbers[FIELDS]; /* of fields that have a test of their own */
};

/* A stream of packets for one policy: new ones, replies to earlier ones, errors that quote them,
 * fragments, and broken ones. */
struct traffic {
    struct dice *dice;
    const struct policy *policy;
    struct exchange past[TRAFFIC_PAST];
    unsigned int past_count;
    struct exchange fragmented;  /* the last packet that came in fragments */
    unsigned int fragments_left; /* its later fragments still to come */
    char text[WIRE_TEXT];        /* the last packet in the words of wire.h, for messages */
};

/* Fill WIRE with the next packet. */
void traffic_next(struct traffic *traffic, struct wire *wire);

/* Pick someone to ban: the last packet, WIRE, came from or went to them; or pick a prefix around.
 * Returns false if there is nobody. */
bool random_ban(struct dice *dice, const struct wire *wire, struct banned *banned);

/* Call TRIAL with one random policy after another, and the dice to continue with. Every choice is
 * repeatable: EDGEXDP_SEED, EDGEXDP_POLICIES and EDGEXDP_PACKETS, printed beforehand, make the same
 * again. */
void trials_run(const struct effort *effort,
                void (*trial)(const char *policy, struct dice *dice, unsigned int packets));

#endif
