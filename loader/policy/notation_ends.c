/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Both ends of a packet in the notation: addresses and ports. */
#include "notation_parser.h"

#include "address.h"

/* Splits an endpoint into address and port, without reading either. */
static int split(struct parser *parser, struct piece text, struct piece *address,
                 struct piece *port, bool *has_port)
{
    size_t close = piece_find(text, ']');
    size_t colon = piece_find(text, ':');
    struct piece behind;

    *address = text;
    *port = piece_part(text, text.length, 0);
    *has_port = false;
    if (text.text[0] == '[') {
        if (close == text.length)
            return FAULT(parser, text, "a \"]\" is missing after the address");
        *address = piece_part(text, 1, close - 1);
        if (piece_find(*address, ':') == address->length && !piece_is_keyword(*address, "self"))
            return FAULT(parser, text, "only IPv6 addresses are written in brackets");
        behind = piece_part(text, close + 1, text.length);
        if (behind.length && behind.text[0] != ':')
            return FAULT(parser, behind, "\"%s\" follows the address: write [ADDRESS]:PORT",
                         quote(behind).text);
        *has_port = behind.length > 0;
        *port = piece_part(behind, 1, behind.length);
        return 0;
    }
    behind = piece_part(text, colon + 1, text.length);
    if (colon == text.length || piece_find(behind, ':') < behind.length)
        return 0; /* no colon, or only those of an IPv6 address */
    *address = piece_part(text, 0, colon);
    *port = behind;
    *has_port = true;
    return 0;
}

static int parse_endpoint(struct parser *parser, const char *what, struct endpoint *endpoint)
{
    struct piece word = parser_next_word(parser), address;
    unsigned int port = 0;

    if (!word.length || word.text[0] == '>')
        return FAULT(parser, word, "the %s address is missing", what);
    endpoint->text = word;
    if (split(parser, word, &address, &endpoint->port_text, &endpoint->has_port))
        return -EINVAL;
    if (piece_find(address, '/') < address.length)
        return FAULT(parser, address, "a packet has one %s address: write an address, not a prefix",
                     what);
    endpoint->is_self = piece_is_keyword(address, "self");
    if (!endpoint->is_self &&
        address_read(address, &endpoint->family, &endpoint->address, parser->fault))
        return parser_within(parser, address);
    if (!endpoint->has_port)
        return 0;
    if (piece_number(endpoint->port_text, 65535, "port", &port, parser->fault))
        return parser_within(parser, endpoint->port_text);
    endpoint->port = (u16)port;
    return 0;
}

/* Gives an end that is `self` the host's address of FAMILY. */
static void resolve_self(struct parser *parser, struct endpoint *endpoint, enum family family)
{
    if (!endpoint->is_self)
        return;
    endpoint->family = family;
    if (!parser->host || !host_self(parser->host, family, &endpoint->address))
        parser->packet.lacks_self = true;
}

int parser_read_addresses(struct parser *parser)
{
    struct piece arrow;

    if (parse_endpoint(parser, "source", &parser->source))
        return -EINVAL;
    arrow = parser_next_word(parser);
    if (!piece_equals(arrow, ">"))
        return FAULT(parser, arrow, "a \">\" is missing between source and destination");
    if (parse_endpoint(parser, "destination", &parser->destination))
        return -EINVAL;
    if (parser->source.is_self && parser->destination.is_self)
        return FAULT(parser, parser->destination.text,
                     "a packet does not go from self to self: write one of the addresses");
    resolve_self(parser, &parser->source, parser->destination.family);
    resolve_self(parser, &parser->destination, parser->source.family);
    if (parser->source.family != parser->destination.family)
        return FAULT(parser, parser->destination.text,
                     "source and destination must both be IPv4 or both be IPv6");
    parser->packet.family = parser->source.family;
    address_to_bytes(parser->packet.family, parser->source.address, parser->packet.source);
    address_to_bytes(parser->packet.family, parser->destination.address,
                     parser->packet.destination);
    return 0;
}
