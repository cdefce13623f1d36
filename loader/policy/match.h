/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rules want of a packet's fields, and whether a packet meets it. */
#ifndef EDGEXDP_MATCH_H
#define EDGEXDP_MATCH_H

#include "piece.h"
#include "policy.h"

#include <edgexdp/tables.h>

/* How the values of a field are read, compared and written. */
enum field_kind {
    KIND_FAMILIES,  /* all numbers in a family that is meant, none in one that is not */
    KIND_PROTOCOLS, /* where icmp, by name, is of IPv4 and icmpv6 of IPv6 */
    KIND_ADDRESSES,
    KIND_PORTS,
    KIND_TYPES,     /* ICMP types: type << 8 | code */
    KIND_FLAGS,     /* sets of combinations of TCP's flags: flags.h */
    KIND_FRAGMENTS, /* enum fragment_kind */
    KIND_NUMBERS,
    KIND_ZONES, /* by number: zones.h */
};

/* What a packet must be in order to have a field. */
enum field_needs { NEEDS_NOTHING, NEEDS_IPV4, NEEDS_IPV6, NEEDS_PORTS, NEEDS_ICMP, NEEDS_TCP };

/* The columns of edgexdp/fields.h. */
struct field_row {
    const char *id; /* the name without dashes */
    const char *name;
    enum field_kind kind;
    enum test test;
    enum field_needs needs;
    u16 last;
    const char *what[2]; /* by family */
};

/* Further columns, for fields of the kind NUMBERS. */
struct number_row {
    const char *nft[2]; /* by family */
    u32 nft_last;
};

extern const struct field_row field_rows[FIELDS];
extern const struct number_row number_rows[FIELDS];

/* Read TEXT as one value of FIELD, which is of the kind PORTS or NUMBERS. Returns 0, or -EINVAL
 * with FAULT. */
int field_read(enum field field, struct piece text, u16 *number, struct fault *fault);

/* The same for a value or A-B. */
int field_read_range(enum field field, struct piece text, struct number_range *range,
                     struct fault *fault);

/* Write a value into TEXT as field_read() reads it. Returns TEXT. */
#define FIELD_TEXT_BYTES 16
char *field_print(enum field field, u16 number, char text[FIELD_TEXT_BYTES]);

/* Write a range: "443", or "1-64". Returns TEXT. */
#define FIELD_RANGE_BYTES (2 * FIELD_TEXT_BYTES)
char *field_print_range(enum field field, struct number_range range, char text[FIELD_RANGE_BYTES]);

/* Returns whether packets of this family and protocol have the field. */
bool field_is_of(enum field field, enum family family, u8 protocol);

/* Returns whether nobody knows the field of a packet that is only spoken of: see tables_walk_own().
 */
bool field_is_untold(enum field field);

bool numbers_hold(const struct number_ranges *ranges, unsigned int number);

/* Returns how many numbers RANGES hold. */
unsigned int numbers_count(const struct number_ranges *ranges);

/* Frees the numbers of a match; its set belongs to the policy. */
void match_clear(struct match *match);

/* Returns whether MATCH accepts every packet of FAMILY, with or without the field. */
bool match_is_any(const struct match *match, enum family family);

/* Returns whether MATCH accepts any packet of FAMILY at all. */
bool match_can_be(const struct match *match, enum family family);

/* Returns whether MATCH accepts a packet with VALUE: a number or an address. */
bool match_holds(const struct match *match, enum family family, u128 value);

/* Returns the greatest value of FIELD, whose values are numbers, that `any` holds. Later fragments
 * are not asked of rules that do not name them. */
u16 field_last_of_any(enum field field);

/* Returns what MATCH holds of FIELD, whose values are numbers. `Any` becomes one range from 0 to
 * its last, stored in *WHOLE. */
struct number_ranges match_numbers(const struct match *match, enum field field, enum family family,
                                   struct number_range *whole);

/* Returns the first field of a transport header that RULE asks for, or FIELDS: it asks for none. */
enum field rule_asks_transport(const struct rule *rule);

/* Returns whether every packet that RULE's protocols match has FIELD. */
bool rule_always_has(const struct rule *rule, enum field field);

/* Returns whether RULE is asked about later fragments; and about all else. */
bool rule_asks_later(const struct rule *rule);
bool rule_asks_whole(const struct rule *rule);

/* Returns whether limits of POLICY do not hold for whoever is at the far end. */
bool policy_exempts(const struct policy *policy, enum family family, u128 far_end);

/* Returns whether `tcp-state` of POLICY holds for what comes in to ADDRESS. */
bool policy_asks_connection(const struct policy *policy, enum family family, u128 address);

/* Returns whether, for each of RULE's matches, some packet of FAMILY is accepted by it. */
bool rule_speaks_of(const struct rule *rule, enum family family);

#endif
