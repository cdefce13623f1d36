/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notation_parser.h"

#include <edgexdp/icmp.h>
#include <edgexdp/wire.h>

#include "../base/labels.h"
#include "field_words.h"
#include "flags.h"
#include "match.h"
#include "protocols.h"

#include <string.h>

static bool separates(char byte)
{
    return is_white(byte) || byte == ',';
}

/* Returns whether BYTE is a word by itself anywhere. */
static bool is_mark(char byte)
{
    return byte == '>' || byte == '(' || byte == ')';
}

struct piece parser_next_word(struct parser *parser)
{
    struct piece rest = parser->rest;
    size_t start = 0, end;

    while (start < rest.length && separates(rest.text[start]))
        start++;
    end = start;
    if (end < rest.length && is_mark(rest.text[end]))
        end++;
    else
        while (end < rest.length && !separates(rest.text[end]) && !is_mark(rest.text[end]))
            end++;
    parser->rest = piece_part(rest, end, rest.length);
    return piece_part(rest, start, end - start);
}

/* Reads an interface or a zone into NAME. BEFORE is the word before it. */
static int parse_interface(struct parser *parser, struct piece before,
                           char name[INTERFACE_SAID_BYTES])
{
    struct piece word = parser_next_word(parser);

    if (!word.length || is_mark(word.text[0]))
        return FAULT(parser, word, "an interface is missing after \"%s\"", quote(before).text);
    if (word.length >= INTERFACE_SAID_BYTES)
        return FAULT(parser, word, "no interface has such a long name");
    memcpy(name, word.text, word.length);
    name[word.length] = '\0';
    return 0;
}

/* Reads "IFACE > IFACE" after WORD. */
static int parse_forward(struct parser *parser, struct piece word)
{
    struct packet_notation *packet = &parser->packet;
    struct piece arrow;

    packet->direction = DIRECTION_IN;
    packet->forwarded = true;
    if (parse_interface(parser, word, packet->via))
        return -EINVAL;
    arrow = parser_next_word(parser);
    if (!piece_equals(arrow, ">") && !piece_is_keyword(arrow, "to"))
        return FAULT(parser, arrow,
                     "a \">\" is missing between both interfaces: write forward IFACE > IFACE");
    return parse_interface(parser, arrow, packet->on);
}

/* Reads "on IFACE", if that comes next. */
static int parse_on(struct parser *parser)
{
    struct piece before = parser->rest, word = parser_next_word(parser);

    if (piece_is_keyword(word, "on"))
        return parse_interface(parser, word, parser->packet.on);
    parser->rest = before;
    return 0;
}

static int parse_direction(struct parser *parser)
{
    struct piece before = parser->rest, word = parser_next_word(parser);
    bool known = piece_is_keyword(word, "in") || piece_is_keyword(word, "out");

    if (parser->is_quoted) {
        if (!known)
            parser->rest = before; /* it follows from the error's */
        else if (piece_is_keyword(word, "in") != (parser->packet.direction == DIRECTION_IN))
            return FAULT(parser, word, "an error quotes a packet that went the other way: write %s",
                         direction_names[parser->packet.direction]);
        return 0;
    }
    if (piece_is_keyword(word, "forward"))
        return parse_forward(parser, word);
    if (piece_is_keyword(word, "in"))
        parser->packet.direction = DIRECTION_IN;
    else if (piece_is_keyword(word, "out"))
        parser->packet.direction = DIRECTION_OUT;
    else if (!word.length)
        return FAULT(parser, word,
                     "a packet is missing: write DIRECTION PROTOCOL SOURCE[:PORT] > "
                     "DESTINATION[:PORT] [FLAG...]");
    else
        return FAULT(parser, word,
                     "\"%s\" is not a direction: a packet starts with in, out or forward",
                     quote(word).text);
    return parse_on(parser);
}

static struct quotation quotation_of(const struct packet_notation *packet)
{
    struct quotation quoted = {.protocol = packet->protocol,
                               .icmp_type = packet->icmp_type,
                               .icmp_code = packet->icmp_code,
                               .source_port = packet->source_port,
                               .destination_port = packet->destination_port};

    memcpy(quoted.source, packet->source, sizeof(quoted.source));
    memcpy(quoted.destination, packet->destination, sizeof(quoted.destination));
    return quoted;
}

static bool parse_tcp_flag(struct parser *parser, struct piece word)
{
    u8 flags = 0;

    if (piece_is_keyword(word, "syn-ack"))
        flags = TCP_SYN | TCP_ACK;
    else if (!piece_is_keyword(word, "none") && !flag_find(word, &flags))
        return false;
    parser->packet.tcp_flags |= flags;
    parser->has_tcp_flags = true;
    return true;
}

static int parse_icmp_type(struct parser *parser, struct piece word)
{
    struct packet_notation *packet = &parser->packet;
    const bool allowed[2] = {packet->family == FAMILY_IPV4, packet->family == FAMILY_IPV6};
    struct icmp_match match;
    int family;

    if (parser->has_icmp_type)
        return FAULT(parser, word, "\"%s\" is a second ICMP type: a packet has only one",
                     quote(word).text);
    if (icmp_read(word, allowed, &match, parser->fault))
        return parser_within(parser, word);
    family = packet->family - FAMILY_IPV4;
    if (match.type[family] != match.last_type[family] ||
        match.code[family] != match.last_code[family])
        return FAULT(parser, word, "\"%s\" is a range: a packet has one type and one code",
                     quote(word).text);
    packet->icmp_type = match.type[family];
    packet->icmp_code = match.code[family];
    parser->has_icmp_type = true;
    return 0;
}

/* Returns the field of the kind NUMBERS that WORD names, or FIELDS. */
static enum field find_number(struct piece word)
{
    enum field field = 0;

    while (field < FIELDS && (field_rows[field].kind != KIND_NUMBERS ||
                              !piece_is_keyword(word, field_rows[field].name)))
        field++;
    return field;
}

/* Reads the value of FIELD, which WORD names, from the next word. */
static int parse_number(struct parser *parser, struct piece word, enum field field)
{
    const struct field_row *row = &field_rows[field];
    struct packet_notation *packet = &parser->packet;
    struct piece value = parser_next_word(parser);
    if (packet->said >> field & 1)
        return FAULT(parser, word, "a second \"%s\": a packet has one", row->name);
    if (!field_is_of(field, packet->family, packet->protocol))
        return row->needs == NEEDS_TCP
                   ? FAULT(parser, word, "only TCP has %s", row->what[0])
                   : FAULT(parser, word, "a packet of IPv%c has no %s",
                           packet->family == FAMILY_IPV4 ? '4' : '6', row->what[0]);
    if (field_read(field, value, &packet->numbers[field], parser->fault))
        return parser_within(parser, value);
    packet->said |= 1u << field;
    if (field == FIELD_LENGTH)
        parser->length = value;
    if (field == FIELD_IP_FLAGS)
        parser->ip_flags = value;
    return 0;
}

/* Reads which fragment it is after WORD; it may be left out for a later one. */
static int parse_fragment(struct parser *parser, struct piece word)
{
    struct piece before = parser->rest, value = parser_next_word(parser);
    struct number_range range = {FRAGMENT_LATER, FRAGMENT_LATER};

    if (!field_word_find(FIELD_FRAGMENT, value, &range))
        parser->rest = before;
    if (parser->is_quoted)
        return FAULT(parser, word,
                     "a quoted packet has its transport header: leave \"fragment\" out");
    if (parser->has_fragment)
        return FAULT(parser, word, "a second \"fragment\": a packet has one");
    if (range.first != range.last)
        return FAULT(parser, value, "a packet is one of them: write first or later");
    parser->packet.fragment = (enum fragment_kind)range.first;
    parser->has_fragment = true;
    return 0;
}

static int parse(struct parser *parser);

/* Reads "(PACKET)" after WORD. */
static int parse_quoting(struct parser *parser, struct piece word)
{
    struct packet_notation *packet = &parser->packet;
    struct parser inner = {.text = parser->text,
                           .rest = parser->rest,
                           .packet.direction =
                               packet->direction == DIRECTION_IN ? DIRECTION_OUT : DIRECTION_IN,
                           .is_quoted = true,
                           .host = parser->host,
                           .fault = parser->fault};
    struct piece open = parser_next_word(&inner);

    if (parser->is_quoted)
        return FAULT(parser, word, "a quoted packet quotes nothing itself: leave this out");
    if (packet->quotes)
        return FAULT(parser, word, "a second \"quoting\": an error quotes one packet");
    if (!piece_equals(open, "("))
        return FAULT(parser, open, "a \"(\" is missing: write quoting (PACKET)");
    if (parse(&inner))
        return -EINVAL;
    if (inner.packet.family != packet->family)
        return FAULT(parser, inner.source.text,
                     "an error and what it quotes must both be IPv4 or both be IPv6");
    parser->rest = inner.rest;
    parser->quoting = word;
    packet->quotes = true;
    packet->lacks_self |= inner.packet.lacks_self;
    packet->quoted = quotation_of(&inner.packet);
    return 0;
}

/* WORD says that the packet, of TCP, belongs to no connection. */
static int parse_stray(struct parser *parser, struct piece word)
{
    if (parser->is_quoted || parser->packet.direction != DIRECTION_IN)
        return FAULT(parser, word,
                     "only of a packet that comes in is it asked to which connection it belongs: "
                     "leave \"stray\" out");
    parser->packet.stray = true;
    return 0;
}

/* Reads the interface that the packet came in through after WORD. */
static int parse_via(struct parser *parser, struct piece word)
{
    struct packet_notation *packet = &parser->packet;

    if (parser->is_quoted || packet->forwarded || packet->direction == DIRECTION_IN)
        return FAULT(parser, word,
                     "only of a packet that goes out is it asked how it came here: leave \"via\" "
                     "out");
    return parse_interface(parser, word, packet->via);
}

static int parse_flag(struct parser *parser, struct piece word)
{
    struct packet_notation *packet = &parser->packet;
    bool known = parse_tcp_flag(parser, word);
    enum field field = find_number(word);

    if (field < FIELDS)
        return parse_number(parser, word, field);
    if (piece_is_keyword(word, "quoting"))
        return parse_quoting(parser, word);
    if (piece_is_keyword(word, "fragment"))
        return parse_fragment(parser, word);
    if (piece_is_keyword(word, "via"))
        return parse_via(parser, word);
    if (packet->protocol == PROTOCOL_TCP) {
        if (known)
            return 0;
        if (piece_is_keyword(word, "stray"))
            return parse_stray(parser, word);
        return FAULT(parser, word,
                     "\"%s\" is not a flag of a TCP packet: write syn, ack, fin, rst, psh, "
                     "urg, ece, cwr, syn-ack, none, stray or fragment",
                     quote(word).text);
    }
    if (known)
        return FAULT(parser, word, "\"%s\" is for tcp only", quote(word).text);
    if (notation_is_icmp(packet))
        return parse_icmp_type(parser, word);
    return FAULT(parser, word, "\"%s\" is not a flag of this packet: only \"fragment\" is",
                 quote(word).text);
}

static int check_port(struct parser *parser, const struct endpoint *endpoint, const char *what)
{
    const char *name = protocol_name(parser->packet.protocol);

    if (protocol_has_ports(parser->packet.protocol)) {
        if (endpoint->has_port || parser->packet.fragment == FRAGMENT_LATER)
            return 0;
        return FAULT(parser, endpoint->text, "the %s port is missing: write %s", what,
                     parser->packet.family == FAMILY_IPV6 ? "[ADDRESS]:PORT" : "ADDRESS:PORT");
    }
    if (!endpoint->has_port)
        return 0;
    return FAULT(parser, endpoint->port_text, "%s has no ports: leave it out",
                 name ? name : "this protocol");
}

static bool is_error(const struct packet_notation *packet)
{
    return notation_is_icmp(packet) && icmp_is_error((u8)packet->family, packet->icmp_type);
}

static int check_length(struct parser *parser)
{
    const struct packet_notation *packet = &parser->packet;
    unsigned int least = protocol_least_length(packet->family, packet->protocol, packet->fragment);

    if (packet->quotes)
        least += protocol_least_length(packet->family, packet->quoted.protocol, FRAGMENT_NONE);
    if (!(packet->said >> FIELD_LENGTH & 1) || packet->numbers[FIELD_LENGTH] >= least)
        return 0;
    return FAULT(parser, parser->length,
                 "no such packet is that short: its headers alone have %u bytes", least);
}

/* "More fragments" is one of the IP flags, and a matter of which fragment it is. */
static int check_ip_flags(struct parser *parser)
{
    const struct packet_notation *packet = &parser->packet;
    bool more = packet->numbers[FIELD_IP_FLAGS] & IP_FLAG_MORE;

    if (packet->family == FAMILY_IPV6 && packet->numbers[FIELD_IP_FLAGS] > IP_FLAG_MORE)
        return FAULT(parser, parser->ip_flags,
                     "IPv6 has only \"more fragments\": write ip-flags 0 or 1");
    if (!(packet->said >> FIELD_IP_FLAGS & 1) || packet->fragment == FRAGMENT_LATER ||
        more == (packet->fragment == FRAGMENT_FIRST))
        return 0;
    return FAULT(parser, parser->ip_flags, "%s",
                 more ? "more fragments follow only fragments: write \"fragment first\" as well"
                 : packet->family == FAMILY_IPV4
                     ? "more fragments follow a first one: write ip-flags 1 or 3"
                     : "more fragments follow a first one: write ip-flags 1");
}

/* Fills in what was not stated, after all words are read. */
static int complete(struct parser *parser)
{
    struct packet_notation *packet = &parser->packet;

    if (check_port(parser, &parser->source, "source") ||
        check_port(parser, &parser->destination, "destination") || check_length(parser) ||
        check_ip_flags(parser))
        return -EINVAL;
    if (packet->fragment == FRAGMENT_LATER) {
        packet->tcp_flags = packet->icmp_type = packet->icmp_code = 0;
        packet->said &= ~(1u << FIELD_TCP_RESERVED);
        packet->numbers[FIELD_TCP_RESERVED] = 0;
        packet->quotes = false;
        packet->quoted = (struct quotation){0};
        return 0;
    }
    packet->source_port = parser->source.port;
    packet->destination_port = parser->destination.port;
    if (packet->protocol == PROTOCOL_TCP && !parser->has_tcp_flags)
        packet->tcp_flags = TCP_SYN;
    if (notation_is_icmp(packet) && !parser->has_icmp_type)
        packet->icmp_type = packet->family == FAMILY_IPV4 ? ICMP_ECHO_REQUEST : ICMPV6_ECHO_REQUEST;
    if (packet->quotes && !is_error(packet))
        return FAULT(parser, parser->quoting,
                     "only an ICMP error quotes a packet: destination-unreachable, time-exceeded, "
                     "parameter-problem or packet-too-big");
    return 0;
}

static int parse(struct parser *parser)
{
    struct packet_notation *packet = &parser->packet;
    struct piece protocol, word;
    bool named;

    if (parse_direction(parser))
        return -EINVAL;
    protocol = parser_next_word(parser);
    if (!protocol.length)
        return FAULT(parser, protocol, "the protocol is missing after the direction");
    if (protocol_read(protocol, &packet->protocol, &named, parser->fault))
        return parser_within(parser, protocol);
    if (parser_read_addresses(parser))
        return -EINVAL;
    if (named && packet->protocol == PROTOCOL_ICMP && packet->family != FAMILY_IPV4)
        return FAULT(parser, protocol, "icmp needs IPv4 addresses: with IPv6 write icmpv6");
    if (named && packet->protocol == PROTOCOL_ICMPV6 && packet->family != FAMILY_IPV6)
        return FAULT(parser, protocol, "icmpv6 needs IPv6 addresses: with IPv4 write icmp");
    while ((word = parser_next_word(parser)).length &&
           !(parser->is_quoted && piece_equals(word, ")")))
        if (parse_flag(parser, word))
            return -EINVAL;
    if (parser->is_quoted && !word.length)
        return FAULT(parser, word, "a \")\" is missing after the quoted packet");
    return complete(parser);
}

int notation_parse(const char *text, struct packet_notation *packet, struct fault *fault)
{
    return notation_parse_for(NULL, text, packet, fault);
}

int notation_parse_for(const struct host *host, const char *text, struct packet_notation *packet,
                       struct fault *fault)
{
    struct parser parser = {.text = text, .rest = piece_of(text), .host = host, .fault = fault};

    if (parse(&parser))
        return -EINVAL;
    *packet = parser.packet;
    return 0;
}
