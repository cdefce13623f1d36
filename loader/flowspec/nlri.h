/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A flow specification as BGP carries it (RFC 8955 section 4, RFC 8956 section 3): its components
 * one after the other, in the order of their types, without the length before them. It is what a
 * flow is known by, and its bytes decide about its precedence.
 */
#ifndef EDGEXDP_NLRI_H
#define EDGEXDP_NLRI_H

#include <edgexdp/abi.h>

#include "../policy/policy.h"

/* The length before a flow has 12 bits. */
#define NLRI_BYTES 4095

enum component_type {
    COMPONENT_NONE,
    COMPONENT_DESTINATION,
    COMPONENT_SOURCE,
    COMPONENT_PROTOCOL,
    COMPONENT_PORT, /* the source's or the destination's */
    COMPONENT_DESTINATION_PORT,
    COMPONENT_SOURCE_PORT,
    COMPONENT_ICMP_TYPE,
    COMPONENT_ICMP_CODE,
    COMPONENT_TCP_FLAGS,
    COMPONENT_LENGTH,
    COMPONENT_DSCP,
    COMPONENT_FRAGMENT,
    COMPONENT_FLOW_LABEL, /* IPv6 only */
    COMPONENTS
};

/* The byte before each value. */
enum {
    OPERATOR_END = 0x80,
    OPERATOR_AND = 0x40,
    OPERATOR_LENGTH_SHIFT = 4, /* two bits: the value has 1 << that many bytes */
    /* of numbers */
    OPERATOR_LESS = 0x04,
    OPERATOR_GREATER = 0x02,
    OPERATOR_EQUAL = 0x01,
    /* of bits */
    OPERATOR_NOT = 0x02,
    OPERATOR_MATCH = 0x01,
};

struct nlri {
    enum family family;
    u16 length;
    u8 bytes[];
};

/* A component of a flow, whose bytes it points to. */
struct component {
    enum component_type type; /* COMPONENT_NONE: there are no more */
    const u8 *data;           /* what follows the type */
    size_t length;
};

/* The bits of an address from OFFSET to LENGTH; the others are 0. */
struct flow_prefix {
    u128 bits;
    u8 length, offset;
};

/* One operator with its value. */
struct term {
    u8 op; /* OPERATOR_... */
    u64 value;
};

/* Takes the component at *AT, which begins at 0. NLRI was checked. */
struct component nlri_next(const struct nlri *nlri, size_t *at);

/* Returns the component of TYPE, or one of COMPONENT_NONE. */
struct component nlri_find(const struct nlri *nlri, enum component_type type);

/* Returns what a COMPONENT_DESTINATION or COMPONENT_SOURCE says. */
struct flow_prefix component_prefix(const struct component *component, enum family family);

/* Takes the term at *AT of any other component, which begins at 0. Returns false at the end. */
bool component_term(const struct component *component, size_t *at, struct term *term);

/* Returns NULL, or what is wrong with NLRI: it is not what the RFCs describe. */
const char *nlri_fault(const struct nlri *nlri);

/* Compares by precedence: < 0 if A is asked before B, 0 if they are the same flow. IPv4 comes
 * before IPv6, which no packet ever notices. */
int nlri_compare(const struct nlri *a, const struct nlri *b);

/* Returns a copy, which the caller frees, or NULL when memory is short. */
struct nlri *nlri_copy(const struct nlri *nlri);

/* A flow under construction. Its components are added in the order of their types. */
struct nlri_draft {
    enum family family;
    u16 length;
    u8 bytes[NLRI_BYTES];
    size_t last_op; /* where the last operator of the list is */
    bool has_op;
};

/* Each returns 0, or -E2BIG if the flow gets longer than BGP could carry it. */
int nlri_add_prefix(struct nlri_draft *draft, enum component_type type,
                    const struct flow_prefix *prefix);
int nlri_begin(struct nlri_draft *draft, enum component_type type);
/* OP is without its length, and without OPERATOR_END, which the last one gets. */
int nlri_add_term(struct nlri_draft *draft, u8 op, u64 value);

/* Returns the flow, which the caller frees, or NULL when memory is short. */
struct nlri *nlri_finish(const struct nlri_draft *draft);

#endif
