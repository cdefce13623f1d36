/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which packets a rule of a ruleset is about: for each aspect of a packet, the values that it may
 * have. Two conditions together are one again; this is what lets chains be resolved.
 */
#ifndef EDGEXDP_IMPORT_CONDITION_H
#define EDGEXDP_IMPORT_CONDITION_H

#include "spans.h"

/* What connection tracking says of a packet. */
enum state { STATE_NEW, STATE_ESTABLISHED, STATE_RELATED, STATE_INVALID, STATE_UNTRACKED, STATES };
#define STATE_BIT(STATE) (1u << STATE_##STATE)

/* What an address is to this host, in the words of its routing. */
enum address_kind { ADDRESS_OWN, ADDRESS_BROADCAST, ADDRESS_MULTICAST, ADDRESS_OTHER };

/* An aspect, and the greatest value that it has. */
#define IMPORT_ASPECTS(ROW)                                                                        \
    ROW(FAMILY, 1) /* enum family - 1 */                                                           \
    ROW(PROTOCOL, 255)                                                                             \
    ROW(FROM4, 0xffffffff)                                                                         \
    ROW(FROM6, ~(u128)0)                                                                           \
    ROW(TO4, 0xffffffff)                                                                           \
    ROW(TO6, ~(u128)0)                                                                             \
    ROW(FROM_KIND, ADDRESS_OTHER)                                                                  \
    ROW(TO_KIND, ADDRESS_OTHER)                                                                    \
    ROW(SOURCE_PORT, 65535)                                                                        \
    ROW(PORT, 65535)                                                                               \
    ROW(TYPE4, 65535) /* type << 8 | code */                                                       \
    ROW(TYPE6, 65535)                                                                              \
    ROW(FLAGS, 255)                                                                                \
    ROW(FRAGMENT, FRAGMENT_LATER)                                                                  \
    ROW(TTL, 255)                                                                                  \
    ROW(DSCP, 63)                                                                                  \
    ROW(LENGTH, 65535)                                                                             \
    ROW(ARRIVES, 65535) /* interfaces, by their numbers in struct ruleset */                       \
    ROW(LEAVES, 65535)                                                                             \
    ROW(STATE, STATES - 1)

enum aspect {
#define ROW(NAME, last) ASPECT_##NAME,
    IMPORT_ASPECTS(ROW)
#undef ROW
        ASPECTS
};

/* Of all values, where NULL. Initialise with zeros: every packet. */
struct condition {
    const struct spans *aspects[ASPECTS];
};

u128 aspect_last(enum aspect aspect);

/* Narrow CONDITION to packets whose ASPECT is in SET. */
void condition_narrow(struct arena *arena, struct condition *condition, enum aspect aspect,
                      const struct spans *set);

/* The same for one value. */
void condition_narrow_to(struct arena *arena, struct condition *condition, enum aspect aspect,
                         u128 value);

/* Returns what both A and B are about. */
struct condition condition_both(struct arena *arena, const struct condition *a,
                                const struct condition *b);

/* Returns whether no packet can meet CONDITION. */
bool condition_is_empty(const struct condition *condition);

/* Returns whether CONDITION restricts nothing but, perhaps, the aspects in the mask BUT. */
bool condition_is_any(const struct condition *condition, u32 but);

bool condition_is_within(const struct condition *a, const struct condition *b);
bool condition_meet(const struct condition *a, const struct condition *b);
bool condition_equal(const struct condition *a, const struct condition *b);

/* Set PARTS to what A is about and B is not: disjoint conditions. Returns their number. */
size_t condition_without(struct arena *arena, const struct condition *a, const struct condition *b,
                         struct condition parts[ASPECTS]);

/* Returns what answers to packets of CONDITION look like: with both ends exchanged, and only their
 * ends, protocol and interfaces. */
struct condition condition_mirror(const struct condition *condition);

/* The states that CONDITION allows, as bits. */
unsigned int condition_states(const struct condition *condition);

/* Narrow CONDITION to the states BITS. */
void condition_narrow_states(struct arena *arena, struct condition *condition, unsigned int bits);

/* Returns whether CONDITION is about PROTOCOL alone. */
bool condition_is_only(const struct condition *condition, u8 protocol);

/* Which families CONDITION is about, as bits. */
u8 condition_families(const struct condition *condition);

/* Does CONDITION ask for ASPECT, where all packets meet WHOLE? */
bool condition_asks(const struct condition *condition, const struct condition *whole,
                    enum aspect aspect);

/* Returns the set of TCP's flags whose bits under MASK are VALUE. */
const struct spans *spans_flags(struct arena *arena, u8 mask, u8 value);

#endif
