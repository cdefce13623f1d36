/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who talks to whom, and about what: the numbers of random packets. */
#include "random_inside.h"

#include <netinet/in.h>

#include "../../loader/base/memory.h"
#include "../../loader/policy/match.h"

#include <edgexdp/wire.h>

static const u128 odd_addresses[2][6] = {
    {0, 0xffffffff, 0x7f000001, 0xe00000fb, 0x00000001, 0xf0000001},
    {0, 1, (u128)0xffff << 32 | 0x0a000001, (u128)0xff02 << 112 | 1, (u128)0xfe80 << 112 | 1,
     ~(u128)0},
};

static const struct rule *random_rule(const struct traffic *traffic)
{
    static const struct rule none;
    size_t count = traffic->policy->rule_count;

    if (!count)
        return &none;
    return &traffic->policy->rules[dice_below(traffic->dice, (unsigned int)count)];
}

/* ADDRESS with the bits that a rule asks for, if it does, or all but one of them. */
static u128 with_bits(const struct traffic *traffic, u128 address)
{
    const struct rule *rule = random_rule(traffic);
    const struct address_bits *bits = rule->from_bits.length && dice_chance(traffic->dice, 50)
                                          ? &rule->from_bits
                                          : &rule->to_bits;

    for (unsigned int bit = bits->offset; bit < bits->length; bit++) {
        u128 one = (u128)1 << (127 - bit);
        address = (address & ~one) | (bits->bits & one);
    }
    if (bits->length && dice_chance(traffic->dice, 40))
        address ^= (u128)1 << (127 - dice_below(traffic->dice, 128));
    return address;
}

u128 random_address(const struct traffic *traffic, enum family family)
{
    struct dice *dice = traffic->dice;
    u128 end = family == FAMILY_IPV4 ? 0xffffffff : ~(u128)0;
    u128 any = ((u128)dice_roll(dice) << 64 | dice_roll(dice)) & end;

    if (family == FAMILY_IPV6 && dice_chance(dice, 15))
        return with_bits(traffic, any);
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

static unsigned int random_port(const struct traffic *traffic)
{
    static const unsigned int ports[] = {67, 68, 546, 547, 0, 65535, 53, 40000};
    const struct rule *rule = random_rule(traffic);
    struct dice *dice = traffic->dice;

    if (dice_chance(dice, 15))
        return ports[dice_below(dice, ARRAY_SIZE(ports))];
    if (rule->matches[FIELD_PORT].numbers[0].count && dice_chance(dice, 60))
        return random_edge(dice, &rule->matches[FIELD_PORT].numbers[0]);
    if (rule->matches[FIELD_SOURCE_PORT].numbers[0].count && dice_chance(dice, 60))
        return random_edge(dice, &rule->matches[FIELD_SOURCE_PORT].numbers[0]);
    return dice_below(dice, 65536);
}

static unsigned int random_icmp(const struct traffic *traffic, enum family family)
{
    static const unsigned int types[2][9] = {{0, 8, 0, 8, 13, 14, 3, 11, 5},
                                             {128, 129, 128, 129, 133, 135, 137, 143, 1}};
    const struct number_ranges *ranges =
        &random_rule(traffic)->matches[FIELD_ICMP_TYPE].numbers[family - 1];

    if (ranges->count && dice_chance(traffic->dice, 50))
        return random_edge(traffic->dice, ranges);
    return types[family - 1][dice_below(traffic->dice, ARRAY_SIZE(types[0]))] << 8;
}

/* One function for each field that has a test of its own, named after it: the usual values. */
static unsigned int usual_tcp_flags(struct dice *dice)
{
    static const unsigned int usual[] = {TCP_SYN,
                                         TCP_SYN,
                                         TCP_ACK,
                                         TCP_ACK,
                                         TCP_ACK | TCP_PSH,
                                         TCP_SYN | TCP_ACK,
                                         TCP_FIN | TCP_ACK,
                                         TCP_RST,
                                         TCP_RST | TCP_ACK,
                                         TCP_FIN,
                                         0,
                                         TCP_SYN | TCP_FIN,
                                         TCP_SYN | TCP_RST | TCP_PSH,
                                         TCP_FIN};
    static const unsigned int rare[] = {TCP_URG, TCP_ECE, TCP_ECE | TCP_CWR, TCP_PSH};
    unsigned int flags = usual[dice_below(dice, ARRAY_SIZE(usual))];

    return dice_chance(dice, 15) ? flags | rare[dice_below(dice, ARRAY_SIZE(rare))] : flags;
}

static unsigned int usual_fragment(struct dice *dice)
{
    return dice_chance(dice, 94) ? 0 : 1 + dice_below(dice, 2);
}

static unsigned int usual_ttl(struct dice *dice)
{
    return dice_chance(dice, 50) ? 255 : 64;
}

static unsigned int usual_dscp(struct dice *dice)
{
    return dice_chance(dice, 50) ? 0 : 46;
}

static unsigned int usual_ip_flags(struct dice *dice)
{
    return dice_chance(dice, 50) ? 2 : 0;
}

static unsigned int usual_tcp_reserved(struct dice *dice)
{
    return dice_chance(dice, 80) ? 0 : dice_below(dice, 16);
}

static unsigned int usual_flow_label_high(struct dice *dice)
{
    return dice_chance(dice, 50) ? 0 : dice_below(dice, 16);
}

static unsigned int usual_flow_label_low(struct dice *dice)
{
    return dice_chance(dice, 50) ? 0 : dice_below(dice, 65536);
}

static unsigned int usual_length(struct dice *dice)
{
    return dice_chance(dice, 70) ? 0 : 40 + dice_below(dice, 200);
}

/* No frame tells it: see traffic_next(). */
static unsigned int usual_arrives(struct dice *dice)
{
    (void)dice;
    return ZONE_HERE;
}

static unsigned int usual_number(struct dice *dice, enum field field)
{
#define ROW(ID, id, ...)                                                                           \
    if (field == FIELD_##ID)                                                                       \
        return usual_##id(dice);
    EDGEXDP_OWN_FIELDS(ROW)
#undef ROW
    return 0;
}

static void random_numbers(const struct traffic *traffic, struct exchange *made)
{
    for (enum field field = 0; field < FIELDS && field != FIELD_ARRIVES; field++) {
        const struct number_ranges *ranges =
            &random_rule(traffic)->matches[field].numbers[made->family - 1];
        bool edge = ranges->count && dice_chance(traffic->dice, 60);
        unsigned int number =
            edge ? random_edge(traffic->dice, ranges) : usual_number(traffic->dice, field);

        if (field_is_untold(field))
            made->numbers[field] = number % (field_rows[field].last + 1u);
    }
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

/* What hosts and switches without an address send. */
static void make_unspecified(struct dice *dice, struct exchange *made)
{
    static const unsigned int types[] = {133, 135, 143, 130, 134};

    made->source = 0;
    if (made->family == FAMILY_IPV4) {
        made->protocol = dice_chance(dice, 70) ? IPPROTO_IGMP : IPPROTO_UDP;
        made->source_port = 68;
        made->destination_port = 67;
    } else {
        made->protocol = IPPROTO_ICMPV6;
        made->icmp_type = types[dice_below(dice, ARRAY_SIZE(types))];
    }
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
    if (dice_chance(dice, 2)) { /* like DHCP clients and servers */
        made->source_port = made->family == FAMILY_IPV4 ? 67 : 547;
        made->destination_port = made->source_port == 67 ? 68 : 546;
    }
    made->source = random_address(traffic, made->family);
    made->destination = random_address(traffic, made->family);
    made->protocol = random_protocol(dice, made->family);
    icmp = random_icmp(traffic, made->family);
    made->icmp_type = icmp >> 8;
    made->icmp_code = icmp & 0xff;
    random_numbers(traffic, made);
    if (dice_chance(dice, 2))
        make_unspecified(dice, made);
}

void exchange_turn(struct exchange *packet)
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

static const struct exchange *random_past(const struct traffic *traffic)
{
    unsigned int known = traffic->past_count < TRAFFIC_PAST ? traffic->past_count : TRAFFIC_PAST;

    return known ? &traffic->past[dice_below(traffic->dice, known)] : NULL;
}

void exchange_next(struct traffic *traffic, struct exchange *next)
{
    const struct exchange *past = random_past(traffic);

    if (past && dice_chance(traffic->dice, 45)) {
        *next = *past;
        if (dice_chance(traffic->dice, 75))
            exchange_turn(next);
        if (dice_chance(traffic->dice, 30))
            random_numbers(traffic, next);
        return;
    }
    new_exchange(traffic, next);
    traffic->past[traffic->past_count++ % TRAFFIC_PAST] = *next;
}

bool exchange_quoted(struct traffic *traffic, struct exchange *quoted)
{
    const struct exchange *past = random_past(traffic);

    if (!past)
        return false;
    *quoted = *past;
    if (dice_chance(traffic->dice, 40))
        exchange_turn(quoted);
    return true;
}

void exchange_error(struct traffic *traffic, const struct exchange *quoted, struct exchange *error)
{
    static const unsigned char types[2][8] = {{3, 3, 3, 11, 11, 12, 4, 5},
                                              {1, 1, 2, 2, 3, 4, 0, 5}};
    struct dice *dice = traffic->dice;

    *error = *quoted;
    exchange_turn(error);
    if (dice_chance(dice, 5))
        error->direction = quoted->direction;
    if (dice_chance(dice, 3))
        error->family = quoted->family == FAMILY_IPV4 ? FAMILY_IPV6 : FAMILY_IPV4;
    if (dice_chance(dice, 50)) /* a router complains instead of the other end */
        error->source = random_address(traffic, error->family);
    if (dice_chance(dice, 5))
        error->destination = random_address(traffic, error->family);
    random_numbers(traffic, error);
    error->protocol = error->family == FAMILY_IPV4 ? 1 : 58;
    error->icmp_type = types[error->family - 1][dice_below(dice, ARRAY_SIZE(types[0]))];
    error->icmp_code = dice_chance(dice, 30) ? 4 : dice_below(dice, 4);
}
