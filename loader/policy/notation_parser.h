/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of reading one packet of the notation. */
#ifndef EDGEXDP_NOTATION_PARSER_H
#define EDGEXDP_NOTATION_PARSER_H

#include "notation.h"

#include <errno.h>

/* SOURCE[:PORT], as read. */
struct endpoint {
    struct piece text;
    bool is_self; /* its address is known once that of the other end is */
    enum family family;
    u128 address;
    bool has_port;
    struct piece port_text;
    u16 port;
};

struct parser {
    const char *text; /* the whole text */
    struct piece rest;
    const struct host *host; /* NULL: unknown */
    struct packet_notation packet;
    struct endpoint source, destination;
    bool has_tcp_flags, has_icmp_type, has_fragment;
    bool is_quoted;                /* this packet stands in another one's parentheses */
    struct piece quoting;          /* the word */
    struct piece length, ip_flags; /* as read, if they were said */
    struct fault *fault;
};

/* Moves a fault found within PIECE to its place in the whole text. Returns -EINVAL. */
static inline int parser_within(const struct parser *parser, struct piece piece)
{
    parser->fault->at += (size_t)(piece.text - parser->text);
    return -EINVAL;
}

#define FAULT(parser, piece, ...)                                                                  \
    (fault_set((parser)->fault, 0, (piece).length ? (piece).length : 1, __VA_ARGS__),              \
     parser_within(parser, piece))

/* Returns the next word; empty at the end. */
struct piece parser_next_word(struct parser *parser);

/* Reads SOURCE[:PORT] > DESTINATION[:PORT] into both endpoints and the packet. Returns 0, or
 * -EINVAL with the fault. */
int parser_read_addresses(struct parser *parser);

#endif
