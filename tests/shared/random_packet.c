/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random packets in the words of wire.h. */
#include "random_inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../loader/base/memory.h"
#include "../../loader/policy/address.h"
#include "../../loader/policy/flags.h"

/* Text that grows in place. */
struct line {
    char *text;
    size_t used;
};

static void put(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct line *line, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    line->used +=
        (size_t)vsnprintf(line->text + line->used, WIRE_TEXT - line->used, format, arguments);
    va_end(arguments);
    if (line->used >= WIRE_TEXT)
        abort();
}

static void put_addresses(const struct exchange *packet, struct line *line)
{
    char source[ADDRESS_TEXT_BYTES], destination[ADDRESS_TEXT_BYTES];

    put(line, "| %s %s > %s ", packet->family == FAMILY_IPV4 ? "ip4" : "ip6",
        address_print(packet->family, packet->source, source),
        address_print(packet->family, packet->destination, destination));
}

/* One function for each field of the kind NUMBERS, named after it. */
static void put_ttl(const struct exchange *packet, unsigned int value, struct line *line)
{
    put(line, "%s %u ", packet->family == FAMILY_IPV4 ? "ttl" : "hops", value);
}

static void put_dscp(const struct exchange *packet, unsigned int value, struct line *line)
{
    (void)packet;
    put(line, "dscp %u ", value);
}

/* Which fragment it is decides about "more fragments". */
static void put_ip_flags(const struct exchange *packet, unsigned int value, struct line *line)
{
    if (packet->family == FAMILY_IPV4 && value & 2)
        put(line, "whole ");
}

static void put_tcp_reserved(const struct exchange *packet, unsigned int value, struct line *line)
{
    (void)packet; /* put_tcp() says it */
    (void)value;
    (void)line;
}

static void put_flow_label_high(const struct exchange *packet, unsigned int value,
                                struct line *line)
{
    unsigned int low = packet->numbers[FIELD_FLOW_LABEL_LOW];

    if (packet->family == FAMILY_IPV6)
        put(line, "label %u ", value << 16 | low);
}

static void put_flow_label_low(const struct exchange *packet, unsigned int value, struct line *line)
{
    (void)packet; /* put_flow_label_high() says both */
    (void)value;
    (void)line;
}

static void put_length(const struct exchange *packet, unsigned int value, struct line *line)
{
    (void)packet;
    put(line, "size %u ", value);
}

static void put_numbers(const struct exchange *packet, struct line *line)
{
#define ROW(ID, id, ...) put_##id(packet, packet->numbers[FIELD_##ID], line);
    EDGEXDP_NUMBER_FIELDS(ROW)
#undef ROW
}

/* Which fragment PACKET is; sometimes it is another one. */
static void put_fragmentation(struct dice *dice, const struct exchange *packet, struct line *line)
{
    unsigned int kind = packet->numbers[FIELD_FRAGMENT];
    bool first = kind == FRAGMENT_FIRST;

    if (packet->family == FAMILY_IPV4) {
        if (kind == FRAGMENT_LATER || (!first && dice_chance(dice, 8)))
            put(line, "offset %u ", dice_below(dice, 6));
        if (first || dice_chance(dice, 8))
            put(line, "more ");
        put(line, "id %u ", dice_below(dice, 2));
    } else if (kind != FRAGMENT_NONE || dice_chance(dice, 12)) {
        put(line, "| fragment %u %sid %u ",
            first || dice_chance(dice, 50) ? 0 : dice_below(dice, 6),
            first || dice_chance(dice, 70) ? "more " : "", dice_below(dice, 2));
    }
}

static void put_ip(struct dice *dice, const struct exchange *packet, struct line *line)
{
    bool ip4 = packet->family == FAMILY_IPV4;

    put_addresses(packet, line);
    put_numbers(packet, line);
    if (dice_chance(dice, 1))
        put(line, "%s 0 ", ip4 ? "total" : "length");
    if (ip4) {
        static const char *const options[] = {"01010101", "0704aabb0000", "830704c0a80101",
                                              "94040000", "8903",         "4400"};
        if (dice_chance(dice, 3))
            put(line, "options %s ", options[dice_below(dice, ARRAY_SIZE(options))]);
    }
    put_fragmentation(dice, packet, line);
}

static void put_extensions(struct dice *dice, struct line *line)
{
    static const char *const headers[] = {"dst",         "dst 1",           "mobility",
                                          "routing 0 0", "routing 2 0",     "routing 4 0 1",
                                          "fragment 0",  "fragment 0 more", "hop"};
    static const char *const ends[] = {"routing 0 1", "routing 2 1", "routing 4 2 1",
                                       "fragment 3 more"};
    unsigned int count = dice_chance(dice, 20) ? 7 + dice_below(dice, 3) : 1 + dice_below(dice, 3);

    if (dice_chance(dice, 30))
        put(line, "| hop ");
    for (unsigned int i = 0; i < count; i++) {
        if (dice_chance(dice, 3))
            put(line, "| %s ", ends[dice_below(dice, ARRAY_SIZE(ends))]);
        else
            put(line, "| %s ", headers[dice_below(dice, i ? 8 : 9)]);
    }
}

static void put_tcp(const struct exchange *packet, struct line *line)
{
    put(line, "| tcp %u > %u ", packet->source_port, packet->destination_port);
    for (int bit = 0; bit < FLAG_COUNT; bit++)
        if (packet->numbers[FIELD_TCP_FLAGS] >> bit & 1)
            put(line, "%s ", flag_names[bit]);
    if (!packet->numbers[FIELD_TCP_FLAGS])
        put(line, "none ");
    if (packet->numbers[FIELD_TCP_RESERVED])
        put(line, "reserved %u ", packet->numbers[FIELD_TCP_RESERVED]);
}

static void put_transport(struct dice *dice, const struct exchange *packet, struct line *line)
{
    unsigned int protocol = packet->protocol;

    if (protocol == 6)
        put_tcp(packet, line);
    else if (protocol == 17 || protocol == 132)
        put(line, "| %s %u > %u ", protocol == 17 ? "udp" : "sctp", packet->source_port,
            packet->destination_port);
    else if (protocol == (packet->family == FAMILY_IPV4 ? 1u : 58u))
        put(line, "| %s %u code %u id %u ", protocol == 1 ? "icmp" : "icmp6", packet->icmp_type,
            packet->icmp_code, packet->icmp_id);
    else
        put(line, "| proto %u ", protocol);
    if (dice_chance(dice, 30))
        put(line, "| data %u ", dice_below(dice, 40));
    else if (dice_chance(dice, 6)) /* too big for some paths */
        put(line, "| data %u ", dice_chance(dice, 50) ? 600 : 1300);
    else if (!dice_below(dice, 1000)) /* or for a length field */
        put(line, "| data %u ", 65500 + dice_below(dice, 60));
}

static void put_other(struct dice *dice, struct line *line)
{
    static const char *const types[] = {"0x0806", "0x88cc", "0x888e", "0x0026",
                                        "0x8847", "0x0800", "0x86dd"};

    if (dice_chance(dice, 40))
        put(line, "| mac 01:80:c2:00:00:%02x ", dice_below(dice, 18));
    put(line, "| type %s | data %u ", types[dice_below(dice, ARRAY_SIZE(types))],
        dice_below(dice, 60));
}

/* Make a packet wrong, or just strange. */
static void put_faults(struct dice *dice, struct line *line)
{
    if (dice_chance(dice, 4))
        put(line, "| pad %u ", 60 + dice_below(dice, 60));
    if (dice_chance(dice, 4))
        put(line, "| cut %u ", 14 + dice_below(dice, 80));
    if (dice_chance(dice, 5))
        put(line, "| poke %u %u ", 12 + dice_below(dice, 80), dice_below(dice, 256));
}

/* Write a fragment of FRAGMENTED. The first has some 8 to 30 bytes of data; later ones begin near
 * its edge. */
static void put_fragment(struct dice *dice, const struct exchange *fragmented, bool first,
                         struct line *line)
{
    unsigned int offset = first ? 0 : 1 + dice_below(dice, 5);
    const char *more = first || dice_chance(dice, 50) ? "more" : "";

    put_addresses(fragmented, line);
    put_numbers(fragmented, line);
    if (fragmented->family == FAMILY_IPV4) {
        put(line, "id %u offset %u %s ", dice_below(dice, 2), offset, more);
        if (!first)
            put(line, "proto %u ", fragmented->protocol);
    } else {
        if (dice_chance(dice, 20))
            put(line, "| dst ");
        put(line, "| fragment %u %s id %u ", offset, more, dice_below(dice, 2));
    }
    if (first)
        put_transport(dice, fragmented, line);
    else if (fragmented->family == FAMILY_IPV6)
        put(line, "| proto %u ", fragmented->protocol);
    if (dice_chance(dice, 70))
        put(line, "| data %u ", dice_below(dice, 24));
}

/* A first fragment is often followed at once by others. */
static void put_fragmented(struct traffic *traffic, const struct exchange *packet,
                           struct line *line)
{
    struct dice *dice = traffic->dice;
    bool first = !traffic->fragments_left;

    if (first) {
        traffic->fragmented = *packet;
        traffic->fragments_left = 1 + dice_below(dice, 4);
    } else {
        traffic->fragments_left--;
        first = dice_chance(dice, 10);
    }
    put(line, "%s ", traffic->fragmented.direction == DIRECTION_IN ? "in" : "out");
    put_fragment(dice, &traffic->fragmented, first, line);
}

static void put_tags(struct dice *dice, struct line *line)
{
    for (unsigned int tags = dice_chance(dice, 10) ? dice_below(dice, 4) : 0; tags; tags--)
        put(line, "| %s ", dice_chance(dice, 50) ? "vlan" : "qinq");
}

/* Write everything from the IP header on. */
static void put_packet(struct dice *dice, const struct exchange *packet, struct line *line)
{
    put_ip(dice, packet, line);
    if (packet->family == FAMILY_IPV6 && dice_chance(dice, 12))
        put_extensions(dice, line);
    put_transport(dice, packet, line);
}

static void put_error(struct traffic *traffic, const struct exchange *quoted, struct line *line)
{
    struct dice *dice = traffic->dice;
    struct exchange error;

    exchange_error(traffic, quoted, &error);
    put(line, "%s ", error.direction == DIRECTION_IN ? "in" : "out");
    put_tags(dice, line);
    put_ip(dice, &error, line);
    put(line, "| %s %u code %u ", error.family == FAMILY_IPV4 ? "icmp" : "icmp6", error.icmp_type,
        error.icmp_code);
    put(line, "| quote ");
    put_packet(dice, quoted, line);
    if (dice_chance(dice, 30))
        put(line, "| short %u ", dice_below(dice, 20));
}

static void put_any(struct traffic *traffic, struct line *line)
{
    struct dice *dice = traffic->dice;
    struct exchange packet;

    if (dice_chance(dice, 12) && exchange_quoted(traffic, &packet)) {
        put_error(traffic, &packet, line);
        return;
    }
    exchange_next(traffic, &packet);
    if (dice_chance(dice, traffic->fragments_left ? 60 : 4)) {
        put_fragmented(traffic, &packet, line);
        return;
    }
    put(line, "%s ", packet.direction == DIRECTION_IN ? "in" : "out");
    put_tags(dice, line);
    if (dice_chance(dice, 3))
        put_other(dice, line);
    else
        put_packet(dice, &packet, line);
}

char *exchange_print(const struct exchange *packet, char text[WIRE_TEXT])
{
    struct line line = {.text = text};
    unsigned int protocol = packet->protocol, kind = packet->numbers[FIELD_FRAGMENT];
    bool later = kind == FRAGMENT_LATER;

    put(&line, "%s ", packet->direction == DIRECTION_IN ? "in" : "out");
    put_addresses(packet, &line);
    put_numbers(packet, &line);
    if (kind != FRAGMENT_NONE && packet->family == FAMILY_IPV4)
        put(&line, later ? "offset 3 " : "more ");
    else if (kind != FRAGMENT_NONE)
        put(&line, "| fragment %s ", later ? "3" : "0 more");
    if (later && packet->family == FAMILY_IPV4)
        put(&line, "proto %u | data 8", protocol);
    else if (later)
        put(&line, "| proto %u | data 8", protocol);
    else if (protocol == 6)
        put_tcp(packet, &line);
    else if (protocol == 17 || protocol == 132)
        put(&line, "| %s %u > %u", protocol == 17 ? "udp" : "sctp", packet->source_port,
            packet->destination_port);
    else if (protocol == (packet->family == FAMILY_IPV4 ? 1u : 58u))
        put(&line, "| %s %u code %u", protocol == 1 ? "icmp" : "icmp6", packet->icmp_type,
            packet->icmp_code);
    else
        put(&line, "| proto %u | data 8", protocol);
    *strchr(text, '|') = ' ';
    return text;
}

/* The zone through which the next packet came in, if it goes out. */
static u8 random_arrival(const struct traffic *traffic)
{
    static const u8 zones[] = {ZONE_HERE, ZONE_HERE, 1, 2, 3, ZONE_ELSEWHERE};
    struct dice dice = {.state = ~traffic->dice->state};

    return traffic->policy->is_zoned ? zones[dice_below(&dice, ARRAY_SIZE(zones))] : ZONE_HERE;
}

void traffic_next(struct traffic *traffic, struct wire *wire)
{
    struct line line = {.text = traffic->text};

    put_any(traffic, &line);
    put_faults(traffic->dice, &line);
    *strchr(traffic->text, '|') = ' ';
    wire_read(traffic->text, wire);
    wire->arrives = random_arrival(traffic);
}
