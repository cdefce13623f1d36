/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets in words, as notation.c reads them. */
#include "notation.h"

#include <edgexdp/wire.h>

#include "../base/labels.h"
#include "address.h"
#include "flags.h"
#include "match.h"
#include "protocols.h"

#include <string.h>

bool notation_is_icmp(const struct packet_notation *packet)
{
    return packet->protocol == (packet->family == FAMILY_IPV4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6);
}

struct packet_notation notation_quoted(const struct packet_notation *packet)
{
    const struct quotation *quoted = &packet->quoted;
    struct packet_notation made = {
        .direction = packet->direction == DIRECTION_IN ? DIRECTION_OUT : DIRECTION_IN,
        .family = packet->family,
        .protocol = quoted->protocol,
        .icmp_type = quoted->icmp_type,
        .icmp_code = quoted->icmp_code,
        .source_port = quoted->source_port,
        .destination_port = quoted->destination_port,
    };

    memcpy(made.source, quoted->source, sizeof(made.source));
    memcpy(made.destination, quoted->destination, sizeof(made.destination));
    return made;
}

static size_t print_endpoint(char *text, size_t size, const struct packet_notation *packet,
                             const u8 bytes[16], u16 port)
{
    bool has_port = protocol_has_ports(packet->protocol) && packet->fragment != FRAGMENT_LATER;
    char address[ADDRESS_TEXT_BYTES];

    address_print(packet->family, address_from_bytes(packet->family, bytes), address);
    if (!has_port)
        return (size_t)snprintf(text, size, "%s", address);
    if (packet->family == FAMILY_IPV6)
        return (size_t)snprintf(text, size, "[%s]:%u", address, port);
    return (size_t)snprintf(text, size, "%s:%u", address, port);
}

static size_t print_tcp_flags(char *text, size_t size, u8 flags)
{
    const u8 both = TCP_SYN | TCP_ACK;
    const bool has_both = (flags & both) == both;
    char rest[CONJUNCTION_BYTES];

    if (!has_both)
        return (size_t)snprintf(text, size, " %s", flags_print(flags, rest));
    flags &= (u8)~both;
    return (size_t)snprintf(text, size, " syn-ack%s%s", flags ? " " : "",
                            flags ? flags_print(flags, rest) : "");
}

static size_t print_icmp_type(char *text, size_t size, const struct packet_notation *packet)
{
    const char *name = icmp_type_name(packet->family, packet->icmp_type);
    size_t used;

    if (name)
        used = (size_t)snprintf(text, size, " %s", name);
    else
        used = (size_t)snprintf(text, size, " %u", packet->icmp_type);
    if (packet->icmp_code)
        used += (size_t)snprintf(text + used, size - used, "/%u", packet->icmp_code);
    return used;
}

static size_t print_numbers(char *text, size_t size, const struct packet_notation *packet)
{
    char value[FIELD_TEXT_BYTES];
    size_t used = 0;

    for (enum field field = 0; field < FIELDS; field++)
        if (packet->said >> field & 1)
            used += (size_t)snprintf(text + used, size - used, " %s %s", field_rows[field].name,
                                     field_print(field, packet->numbers[field], value));
    return used;
}

/* Prints in which direction PACKET passes which interfaces. */
static size_t print_way(char *buffer, size_t size, const struct packet_notation *packet)
{
    if (packet->forwarded)
        return (size_t)snprintf(buffer, size, "forward %s > %s", packet->via, packet->on);
    return (size_t)snprintf(buffer, size, "%s%s%s", direction_names[packet->direction],
                            *packet->on ? " on " : "", packet->on);
}

/* Prints what tells which conversation PACKET belongs to. */
static size_t print_conversation(char *buffer, size_t size, const struct packet_notation *packet)
{
    const char *name = protocol_name(packet->protocol);
    bool foreign = (packet->protocol == PROTOCOL_ICMP || packet->protocol == PROTOCOL_ICMPV6) &&
                   !notation_is_icmp(packet);
    size_t used = print_way(buffer, size, packet);

    if (name && !foreign)
        used += (size_t)snprintf(buffer + used, size - used, " %s ", name);
    else
        used += (size_t)snprintf(buffer + used, size - used, " %u ", packet->protocol);
    used += print_endpoint(buffer + used, size - used, packet, packet->source, packet->source_port);
    used += (size_t)snprintf(buffer + used, size - used, " > ");
    used += print_endpoint(buffer + used, size - used, packet, packet->destination,
                           packet->destination_port);
    if (notation_is_icmp(packet) && packet->fragment != FRAGMENT_LATER)
        used += print_icmp_type(buffer + used, size - used, packet);
    return used;
}

static size_t print_quoted(char *buffer, size_t size, const struct packet_notation *packet)
{
    struct packet_notation quoted = notation_quoted(packet);
    size_t used = (size_t)snprintf(buffer, size, " quoting (");

    used += print_conversation(buffer + used, size - used, &quoted);
    return used + (size_t)snprintf(buffer + used, size - used, ")");
}

char *notation_print(const struct packet_notation *packet, char buffer[NOTATION_TEXT_BYTES])
{
    const size_t size = NOTATION_TEXT_BYTES;
    size_t used = print_conversation(buffer, size, packet);

    if (packet->protocol == PROTOCOL_TCP && packet->fragment != FRAGMENT_LATER)
        used += print_tcp_flags(buffer + used, size - used, packet->tcp_flags);
    if (packet->fragment != FRAGMENT_NONE)
        used += (size_t)snprintf(buffer + used, size - used, " fragment%s",
                                 packet->fragment == FRAGMENT_FIRST ? " first" : "");
    if (packet->stray)
        used += (size_t)snprintf(buffer + used, size - used, " stray");
    used += print_numbers(buffer + used, size - used, packet);
    if (*packet->via && !packet->forwarded)
        used += (size_t)snprintf(buffer + used, size - used, " via %s", packet->via);
    if (packet->quotes)
        print_quoted(buffer + used, size - used, packet);
    return buffer;
}
