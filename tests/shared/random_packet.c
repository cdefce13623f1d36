/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "random.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../loader/memory.h"
#include "../../loader/policy/address.h"

static const u128 odd_addresses[2][6] = {
    {0, 0xffffffff, 0x7f000001, 0xe00000fb, 0x00000001, 0xf0000001},
    {0, 1, (u128)0xffff << 32 | 0x0a000001, (u128)0xff02 << 112 | 1, (u128)0xfe80 << 112 | 1,
     ~(u128)0},
};

/* At, just beside, or within a range that some set of the policy holds. */
static u128 random_address(const struct traffic *traffic, enum family family)
{
    struct dice *dice = traffic->dice;
    u128 end = family == FAMILY_IPV4 ? 0xffffffff : ~(u128)0;
    u128 any = ((u128)dice_roll(dice) << 64 | dice_roll(dice)) & end;

    if (dice_chance(dice, 4) || !traffic->policy->set_count)
        return odd_addresses[family - 1][dice_below(dice, ARRAY_SIZE(odd_addresses[0]))];
    size_t set = dice_below(dice, (unsigned int)traffic->policy->set_count);
    const struct address_ranges *ranges = &traffic->policy->sets[set]->family[family - 1];
    if (!ranges->count || dice_chance(dice, 4))
        return any;
    const struct address_range *range =
        &ranges->ranges[dice_below(dice, (unsigned int)ranges->count)];
    switch (dice_below(dice, 5)) {
    case 0:
        return range->first;
    case 1:
        return range->last;
    case 2:
        return (range->first - 1) & end;
    case 3:
        return (range->last + 1) & end;
    default:
        return range->last == end && !range->first
                   ? any
                   : range->first + any % (range->last - range->first + 1);
    }
}

/* At or just beside the edge of a range of numbers. */
static unsigned int random_edge(struct dice *dice, const struct number_ranges *ranges)
{
    const struct number_range *range =
        &ranges->ranges[dice_below(dice, (unsigned int)ranges->count)];
    unsigned int edge = dice_chance(dice, 50) ? range->first : range->last;

    return (edge + dice_below(dice, 3) - 1) & 0xffff;
}

static const struct rule *random_rule(const struct traffic *traffic)
{
    size_t count = traffic->policy->rule_count;

    return &traffic->policy->rules[dice_below(traffic->dice, (unsigned int)count)];
}

static unsigned int random_port(const struct traffic *traffic)
{
    static const unsigned int ports[] = {67, 68, 546, 547, 0, 65535, 53, 40000};
    const struct rule *rule = random_rule(traffic);
    struct dice *dice = traffic->dice;

    if (dice_chance(dice, 15))
        return ports[dice_below(dice, ARRAY_SIZE(ports))];
    if (rule->ports.count && dice_chance(dice, 60))
        return random_edge(dice, &rule->ports);
    if (rule->source_ports.count && dice_chance(dice, 60))
        return random_edge(dice, &rule->source_ports);
    return dice_below(dice, 65536);
}

static unsigned int random_icmp(const struct traffic *traffic, enum family family)
{
    static const unsigned int types[2][9] = {{0, 8, 0, 8, 13, 14, 3, 11, 5},
                                             {128, 129, 128, 129, 133, 135, 137, 143, 1}};
    const struct number_ranges *ranges = &random_rule(traffic)->icmp[family - 1];

    if (ranges->count && dice_chance(traffic->dice, 50))
        return random_edge(traffic->dice, ranges);
    return types[family - 1][dice_below(traffic->dice, ARRAY_SIZE(types[0]))] << 8;
}

static unsigned int random_protocol(struct dice *dice, enum family family)
{
    static const unsigned int others[] = {132, 132, 2, 1, 58, 47, 50, 51, 255, 59};
    unsigned int cast = dice_below(dice, 100);

    if (cast < 40)
        return 6;
    if (cast < 65)
        return 17;
    if (cast < 83)
        return family == FAMILY_IPV4 ? 1 : 58;
    return others[dice_below(dice, ARRAY_SIZE(others))];
}

static void new_exchange(const struct traffic *traffic, struct exchange *made)
{
    struct dice *dice = traffic->dice;
    unsigned int icmp;

    *made = (struct exchange){.direction = dice_below(dice, 2),
                              .family = dice_chance(dice, 50) ? FAMILY_IPV4 : FAMILY_IPV6,
                              .source_port = random_port(traffic),
                              .destination_port = random_port(traffic),
                              .icmp_id = dice_below(dice, 3)};
    if (dice_chance(dice, 2)) { /* as DHCP clients and servers do */
        made->source_port = made->family == FAMILY_IPV4 ? 67 : 547;
        made->destination_port = made->source_port == 67 ? 68 : 546;
    }
    made->source = random_address(traffic, made->family);
    made->destination = random_address(traffic, made->family);
    made->protocol = random_protocol(dice, made->family);
    icmp = random_icmp(traffic, made->family);
    made->icmp_type = icmp >> 8;
    made->icmp_code = icmp & 0xff;
}

/* What goes the other way in the same conversation. */
static void turn_round(struct exchange *packet)
{
    static const unsigned char turned[][2] = {{8, 0},   {0, 8},     {13, 14},
                                              {14, 13}, {128, 129}, {129, 128}};
    struct exchange before = *packet;

    packet->direction = before.direction == DIRECTION_IN ? DIRECTION_OUT : DIRECTION_IN;
    packet->source = before.destination;
    packet->destination = before.source;
    packet->source_port = before.destination_port;
    packet->destination_port = before.source_port;
    for (size_t i = 0; i < ARRAY_SIZE(turned); i++)
        if (before.icmp_type == turned[i][0])
            packet->icmp_type = turned[i][1];
}

static void next_exchange(struct traffic *traffic, struct exchange *next)
{
    unsigned int known = traffic->past_count < TRAFFIC_PAST ? traffic->past_count : TRAFFIC_PAST;

    if (known && dice_chance(traffic->dice, 45)) {
        *next = traffic->past[dice_below(traffic->dice, known)];
        if (dice_chance(traffic->dice, 75))
            turn_round(next);
        return;
    }
    new_exchange(traffic, next);
    traffic->past[traffic->past_count++ % TRAFFIC_PAST] = *next;
}

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
        (size_t)vsnprintf(line->text + line->used, TRAFFIC_TEXT - line->used, format, arguments);
    va_end(arguments);
    if (line->used >= TRAFFIC_TEXT)
        abort();
}

static void put_ip(struct dice *dice, const struct exchange *packet, struct line *line)
{
    char source[ADDRESS_TEXT_BYTES], destination[ADDRESS_TEXT_BYTES];
    bool ip4 = packet->family == FAMILY_IPV4;

    put(line, "| %s %s > %s ", ip4 ? "ip4" : "ip6",
        address_print(packet->family, packet->source, source),
        address_print(packet->family, packet->destination, destination));
    if (dice_chance(dice, 50))
        put(line, "%s 255 ", ip4 ? "ttl" : "hops");
    if (ip4) {
        static const char *const options[] = {"01010101", "0704aabb0000", "830704c0a80101",
                                              "94040000", "8903",         "4400"};
        if (dice_chance(dice, 3))
            put(line, "options %s ", options[dice_below(dice, ARRAY_SIZE(options))]);
        if (dice_chance(dice, 8))
            put(line, "offset %u ", dice_below(dice, 6));
        if (dice_chance(dice, 8))
            put(line, "more ");
        put(line, "id %u ", dice_below(dice, 2));
    } else if (dice_chance(dice, 12)) {
        put(line, "| fragment %u %sid %u ", dice_chance(dice, 50) ? 0 : dice_below(dice, 6),
            dice_chance(dice, 70) ? "more " : "", dice_below(dice, 2));
    }
}

static void put_extensions(struct dice *dice, struct line *line)
{
    static const char *const headers[] = {"dst",         "dst 1",           "mobility",
                                          "routing 0 0", "routing 2 1",     "routing 4 2 1",
                                          "fragment 0",  "fragment 0 more", "hop"};
    unsigned int count = dice_chance(dice, 20) ? 7 + dice_below(dice, 3) : 1 + dice_below(dice, 3);

    if (dice_chance(dice, 30))
        put(line, "| hop ");
    for (unsigned int i = 0; i < count; i++) {
        if (dice_chance(dice, 3))
            put(line, "| %s ", dice_chance(dice, 50) ? "routing 0 1" : "fragment 3 more");
        else
            put(line, "| %s ", headers[dice_below(dice, i ? 8 : 9)]);
    }
}

static void put_tcp(struct dice *dice, const struct exchange *packet, struct line *line)
{
    static const char *const flags[] = {"syn",     "syn",     "ack",         "ack",     "ack psh",
                                        "syn ack", "fin ack", "rst",         "rst ack", "fin",
                                        "",        "syn fin", "syn rst psh", "fin"};

    put(line, "| tcp %u > %u %s ", packet->source_port, packet->destination_port,
        flags[dice_below(dice, ARRAY_SIZE(flags))]);
}

static void put_transport(struct dice *dice, const struct exchange *packet, struct line *line)
{
    unsigned int protocol = packet->protocol;

    if (protocol == 6)
        put_tcp(dice, packet, line);
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

/* What makes a packet wrong, or only strange. */
static void put_faults(struct dice *dice, struct line *line)
{
    if (dice_chance(dice, 4))
        put(line, "| pad %u ", 60 + dice_below(dice, 60));
    if (dice_chance(dice, 4))
        put(line, "| cut %u ", 14 + dice_below(dice, 80));
    if (dice_chance(dice, 5))
        put(line, "| poke %u %u ", 12 + dice_below(dice, 80), dice_below(dice, 256));
}

/* Of QUOTED, from a router or from its receiver, to its sender or to somebody else. */
static void put_error(struct traffic *traffic, const struct exchange *quoted, struct line *line)
{
    static const unsigned int types[2][6] = {{3, 3, 11, 12, 4, 5}, {1, 2, 3, 4, 0, 5}};
    struct dice *dice = traffic->dice;
    enum family family = quoted->family;
    struct exchange error = {
        .family = family,
        .source = dice_chance(dice, 50) ? quoted->destination : random_address(traffic, family),
        .destination = dice_chance(dice, 90) ? quoted->source : quoted->destination};

    put_ip(dice, &error, line);
    put(line, "| %s %u code %u | quote ", family == FAMILY_IPV4 ? "icmp" : "icmp6",
        types[family - 1][dice_below(dice, 6)], dice_below(dice, 5));
    put_ip(dice, quoted, line);
    if (family == FAMILY_IPV6 && dice_chance(dice, 12))
        put_extensions(dice, line);
    put_transport(dice, quoted, line);
    if (dice_chance(dice, 25))
        put(line, "| short %u ", dice_below(dice, 30));
}

void traffic_next(struct traffic *traffic, char text[TRAFFIC_TEXT])
{
    struct dice *dice = traffic->dice;
    struct exchange packet;
    struct line line = {.text = text};

    next_exchange(traffic, &packet);
    bool is_error = dice_chance(dice, 12); /* about a packet like that, going the other way */
    put(&line, "%s ", (packet.direction == DIRECTION_IN) != is_error ? "in" : "out");
    for (unsigned int tags = dice_chance(dice, 10) ? dice_below(dice, 4) : 0; tags; tags--)
        put(&line, "| %s ", dice_chance(dice, 50) ? "vlan" : "qinq");
    if (dice_chance(dice, 3)) {
        put_other(dice, &line);
    } else if (is_error) {
        put_error(traffic, &packet, &line);
    } else {
        put_ip(dice, &packet, &line);
        if (packet.family == FAMILY_IPV6 && dice_chance(dice, 12))
            put_extensions(dice, &line);
        put_transport(dice, &packet, &line);
    }
    put_faults(dice, &line);
    *strchr(text, '|') = ' ';
}
