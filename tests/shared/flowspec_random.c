/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random flows, and packets about the same few values. */
#include "flowspec.h"

#include <string.h>

#define ONE_OF(dice, array) ((array)[dice_below(dice, sizeof(array) / sizeof((array)[0]))])

static const char *const sources4[] = {"203.0.113.7", "203.0.113.200", "192.0.2.1", "8.8.8.8"};
static const char *const destinations4[] = {"198.51.100.10", "198.51.100.11", "198.51.100.129"};
static const char *const sources6[] = {"2001:db8:1::7", "2001:db8:1:8000::7", "2001:db8:2::1"};
static const char *const destinations6[] = {"2001:db8::10", "2001:db8::1:10", "2001:db8:0:8::10"};
static const u8 prefixes4[][4] = {{203, 0, 113, 7}, {203, 0, 113, 200}, {192, 0, 2, 1},
                                  {8, 8, 8, 8},     {198, 51, 100, 10}, {198, 51, 100, 129}};
static const u8 prefixes6[][16] = {
    {0x20, 1, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7},
    {0x20, 1, 0x0d, 0xb8, 0, 1, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 7},
    {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10},
    {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0x10},
};
static const u16 ports[] = {0, 22, 53, 80, 443, 1023, 1024, 8080, 65535};
static const u16 protocols[] = {1, 2, 6, 17, 47, 50, 58, 132, 255};
static const u16 types[] = {0, 3, 8, 128, 129, 135, 255};
static const u16 codes[] = {0, 1, 4, 13, 255};
static const u16 lengths[] = {40, 60, 100, 576, 1500, 9000, 65535};
static const u16 classes[] = {0, 8, 10, 46, 63};
static const u32 labels[] = {0, 1, 0xffff, 0x10000, 0x1ffff, 0x20000, 0x5abcd, 0xfffff};

static void put(struct flowspec *flow, unsigned int byte)
{
    if (flow->length < FLOWSPEC_BYTES)
        flow->bytes[flow->length++] = (u8)byte;
}

static void put_prefix(struct dice *dice, struct flowspec *flow, unsigned int type)
{
    static const unsigned int lengths4[] = {0, 1, 8, 23, 24, 25, 30, 32};
    static const unsigned int lengths6[] = {0, 1, 32, 47, 48, 49, 64, 65, 127, 128};
    unsigned int length = flow->ipv6 ? ONE_OF(dice, lengths6) : ONE_OF(dice, lengths4);
    const u8 *address = flow->ipv6 ? ONE_OF(dice, prefixes6) : ONE_OF(dice, prefixes4);
    unsigned int offset = 0, byte = 0, end;

    if (flow->ipv6 && length && dice_chance(dice, 40))
        offset = dice_chance(dice, 50) ? length - 1 - dice_below(dice, length) : length / 16 * 8;
    end = offset + (length - offset + 7) / 8 * 8;
    put(flow, type);
    put(flow, length);
    if (flow->ipv6)
        put(flow, offset);
    for (unsigned int bit = offset; bit < end; bit++) {
        byte = byte << 1 | (bit < length ? address[bit / 8] >> (7 - bit % 8) & 1u : 0);
        if ((bit - offset) % 8 == 7)
            put(flow, byte & 0xff);
    }
}

/* Returns a value that packets may have, or one beside it. */
static unsigned int near(struct dice *dice, unsigned int value, unsigned int last)
{
    unsigned int step = dice_below(dice, 4);

    if (step == 0 && value > 0)
        return value - 1;
    return step == 1 && value < last ? value + 1 : value;
}

static void put_term(struct flowspec *flow, unsigned int op, unsigned int value, bool last)
{
    unsigned int shift = value > 0xffff ? 2 : value > 0xff;

    put(flow, op | shift << 4 | (last ? 0x80u : 0));
    for (unsigned int left = 1u << shift; left; left--)
        put(flow, value >> (left - 1) * 8 & 0xff);
}

static void put_numbers(struct dice *dice, struct flowspec *flow, unsigned int type)
{
    static const unsigned int ops[] = {1, 1, 1, 1, 2, 3, 4, 5, 6, 7, 0};
    unsigned int count = 1 + dice_below(dice, dice_chance(dice, 20) ? 8 : 3);
    unsigned int last = type == 4 || type == 5 || type == 6 || type == 10 ? 65535
                        : type == 11                                      ? 63
                        : type == 13                                      ? 0xfffff
                                                                          : 255;

    put(flow, type);
    for (unsigned int i = 0; i < count; i++) {
        unsigned int value = type == 3    ? ONE_OF(dice, protocols)
                             : type <= 6  ? ONE_OF(dice, ports)
                             : type == 7  ? ONE_OF(dice, types)
                             : type == 8  ? ONE_OF(dice, codes)
                             : type == 10 ? ONE_OF(dice, lengths)
                             : type == 13 ? ONE_OF(dice, labels)
                                          : ONE_OF(dice, classes);
        unsigned int op = ONE_OF(dice, ops) | (i && dice_chance(dice, 40) ? 0x40u : 0);
        bool constant = (op & 7) == 0 || (op & 7) == 7; /* of which ExaBGP does not say the value */
        put_term(flow, op, constant ? 0 : near(dice, value, last), i + 1 == count);
    }
}

static void put_bits(struct dice *dice, struct flowspec *flow, unsigned int type)
{
    unsigned int count = 1 + dice_below(dice, 3);

    put(flow, type);
    for (unsigned int i = 0; i < count; i++) {
        const unsigned int bits = type != 9 ? 4 : dice_chance(dice, 10) ? 12 : 8;
        unsigned int value = 1u << dice_below(dice, bits);
        if (dice_chance(dice, 40))
            value |= 1u << dice_below(dice, bits);
        unsigned int op = dice_below(dice, 4) | (i && dice_chance(dice, 50) ? 0x40u : 0);
        /* Otherwise ExaBGP writes nothing, or a word that is meant otherwise. */
        if ((type == 9 ? op & 3 : op & 1) && dice_chance(dice, 5))
            value = 0;
        put_term(flow, op, value, i + 1 == count);
    }
}

void flowspec_random(struct dice *dice, struct flowspec *flow)
{
    static const u16 asks[] = {0, 70, 40, 40, 15, 25, 15, 15, 10, 20, 20, 15, 20, 20};

    do {
        *flow = (struct flowspec){.ipv6 = dice_chance(dice, 50)};
        /* Components that exclude each other are rare, or most flows would match nothing. */
        bool icmp = dice_chance(dice, 20), tcp = dice_chance(dice, 40);
        for (unsigned int type = 1; type <= (flow->ipv6 ? 13u : 12u); type++) {
            if (!dice_chance(dice, asks[type]))
                continue;
            if (((type >= 4 && type <= 6) && icmp) || ((type == 7 || type == 8) && !icmp) ||
                (type == 9 && (icmp || !tcp)))
                if (!dice_chance(dice, 3))
                    continue;
            if (type <= 2)
                put_prefix(dice, flow, type);
            else if (type == 9 || type == 12)
                put_bits(dice, flow, type);
            else
                put_numbers(dice, flow, type);
        }
    } while (!flow->length);
}

static char *say(char *at, const char *end, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#include <stdarg.h>

static char *say(char *at, const char *end, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int count = vsnprintf(at, (size_t)(end - at), format, arguments);
    va_end(arguments);
    return at + count;
}

static char *say_transport(struct dice *dice, bool ipv6, char *at, const char *end)
{
    static const char *const flags[] = {"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"};
    unsigned int kind = dice_below(dice, 10);
    unsigned int source = near(dice, ONE_OF(dice, ports), 65535);
    unsigned int port = near(dice, ONE_OF(dice, ports), 65535);

    if (kind < 4) {
        at = say(at, end, " | tcp %u > %u", source, port);
        for (size_t i = 0; i < 8; i++)
            if (dice_chance(dice, 30))
                at = say(at, end, " %s", flags[i]);
        return dice_chance(dice, 80) ? at : say(at, end, " reserved %u", dice_below(dice, 16));
    }
    if (kind < 7)
        return say(at, end, " | udp %u > %u", source, port);
    if (kind < 9)
        return say(at, end, " | %s %u code %u", ipv6 != (dice_chance(dice, 10)) ? "icmp6" : "icmp",
                   near(dice, ONE_OF(dice, types), 255), near(dice, ONE_OF(dice, codes), 255));
    return say(at, end, " | proto %u | data 20", dice_chance(dice, 50) ? 2u : 47u);
}

void flowspec_packet(struct dice *dice, bool ipv6, char text[WIRE_TEXT])
{
    const char *end = text + WIRE_TEXT;
    char *at = text;
    unsigned int size = near(dice, ONE_OF(dice, lengths), 9000), dscp = ONE_OF(dice, classes);
    unsigned int fragment = dice_below(dice, 10);
    bool small = dice_chance(dice, 60);

    at = ipv6 ? say(at, end, "in ip6 %s > %s", ONE_OF(dice, sources6), ONE_OF(dice, destinations6))
              : say(at, end, "in ip4 %s > %s", ONE_OF(dice, sources4), ONE_OF(dice, destinations4));
    at = say(at, end, " dscp %u", dscp);
    if (ipv6)
        at = say(at, end, " label %u", near(dice, ONE_OF(dice, labels), 0xfffff));
    else if (dice_chance(dice, 40))
        at = say(at, end, " whole");
    if (!small && size >= 100 && size <= 9001)
        at = say(at, end, " size %u", size);
    if (fragment < 3) /* a first one, one between, the last */
        at = say(at, end, ipv6 ? " | fragment %u%s" : " offset %u%s", fragment ? 185u : 0,
                 fragment < 2 ? " more" : "");
    say_transport(dice, ipv6, at, end);
}
