/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rules want of the fields of a packet, and whether it is met. */
#ifndef EDGEXDP_MATCH_H
#define EDGEXDP_MATCH_H

#include "piece.h"
#include "policy.h"

#include <edgexdp/tables.h>

/* How a field's values are read, compared and written. */
enum field_kind {
    KIND_PROTOCOLS, /* of which icmp is of IPv4 and icmpv6 of IPv6, by name */
    KIND_ADDRESSES,
    KIND_PORTS,
    KIND_TYPES, /* of ICMP: type << 8 | code */
    KIND_NUMBERS,
};

/* What a packet must be to have a field. */
enum field_needs { NEEDS_NOTHING, NEEDS_PORTS, NEEDS_ICMP };

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

/* Their other columns, of fields of the kind NUMBERS. */
struct number_row {
    const char *nft[2]; /* by family */
};

extern const struct field_row field_rows[FIELDS];
extern const struct number_row number_rows[FIELDS];

/* Read TEXT, one value of FIELD, which is of the kind PORTS or NUMBERS. Returns 0 or -EINVAL with
 * FAULT. */
int field_read(enum field field, struct piece text, u16 *number, struct fault *fault);

/* The same for a value or A-B. */
int field_read_range(enum field field, struct piece text, struct number_range *range,
                     struct fault *fault);

/* Such a value as field_read() reads it, into TEXT, which is returned. */
#define FIELD_TEXT_BYTES 16
char *field_print(enum field field, u16 number, char text[FIELD_TEXT_BYTES]);

/* "443", or "1-64". Returns TEXT. */
#define FIELD_RANGE_BYTES (2 * FIELD_TEXT_BYTES)
char *field_print_range(enum field field, struct number_range range, char text[FIELD_RANGE_BYTES]);

/* Has a packet of this family and protocol the field at all? */
bool field_is_of(enum field field, enum family family, u8 protocol);

bool numbers_hold(const struct number_ranges *ranges, unsigned int number);

/* How many numbers RANGES hold. */
unsigned int numbers_count(const struct number_ranges *ranges);

/* Frees its numbers; a set belongs to the policy. */
void match_clear(struct match *match);

/* Does MATCH let every packet of FAMILY through, whether it has the field or not? */
bool match_is_any(const struct match *match, enum family family);

/* Is there a packet of FAMILY that MATCH lets through? */
bool match_can_be(const struct match *match, enum family family);

/* Does MATCH let a packet through that has VALUE there: a number, or an address? */
bool match_holds(const struct match *match, enum family family, u128 value);

/* What MATCH holds of FIELD, whose values are numbers. If that is any, it is the one range from 0
 * to the last, for which WHOLE is room. */
struct number_ranges match_numbers(const struct match *match, enum field field, enum family family,
                                   struct number_range *whole);

/* Is there a packet of FAMILY that all of RULE's matches let through, each by itself? */
bool rule_speaks_of(const struct rule *rule, enum family family);

#endif
