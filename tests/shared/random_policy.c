/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../loader/base/memory.h"
#include "../../loader/policy/address.h"
#include "../../loader/policy/flags.h"
#include "../../loader/policy/match.h"

#define BASES 8

/* The building blocks of a policy: few addresses and ports, so that its sets overlap. */
struct maker {
    struct dice *dice;
    FILE *text;
    u128 bases[2][BASES];
    unsigned int ports[BASES];
    unsigned int sets;
    const char *family;  /* of the rule being made; NULL: it says none */
    bool tcp_only;       /* the rule being made */
    bool asks_transport; /* the rule being made asks for what later fragments do not have */
    bool blocks;         /* patterns of blocks, not rules */
    bool zoned;
    struct dice zones; /* for what is said of zones */
};

static u128 random_base(struct dice *dice, enum family family)
{
    static const u64 upper[] = {0,
                                0x20010db800000000,
                                0x20010db80000ffff,
                                0x20010db8ffffffff,
                                0xfe80000000000000,
                                0xff02000000000000,
                                0xffffffffffffffff,
                                0x2001ffffffffffff};
    static const u64 lower[] = {0, 1, 0xfffffffffffffff0, 0xffff00000000, 0x8000000000000000};
    static const u32 ip4[] = {0,          0x0a000000, 0x0a00fff8, 0xc0a80000,
                              0x7ffffffe, 0xdffffff0, 0xfffffff8, 0xcb007100};

    if (family == FAMILY_IPV4)
        return ip4[dice_below(dice, ARRAY_SIZE(ip4))] ^
               (dice_chance(dice, 30) ? dice_below(dice, 1u << 12) << 8 : 0);
    return (u128)upper[dice_below(dice, ARRAY_SIZE(upper))] << 64 |
           (lower[dice_below(dice, ARRAY_SIZE(lower))] ^
            (dice_chance(dice, 30) ? dice_roll(dice) >> dice_below(dice, 64) : 0));
}

static void put_prefix(struct maker *maker, enum family family, u128 base)
{
    unsigned int bits = address_bits(family), host;
    char text[ADDRESS_TEXT_BYTES];

    host = dice_chance(maker->dice, 60) ? dice_below(maker->dice, bits / 2)
                                        : dice_below(maker->dice, bits + 1);
    base = host == 128 ? 0 : base >> host << host;
    fprintf(maker->text, "%s/%u", address_print(family, base, text), bits - host);
}

static void put_range(struct maker *maker, enum family family, u128 first)
{
    u128 end = family == FAMILY_IPV4 ? 0xffffffff : ~(u128)0;
    u128 size = (u128)dice_roll(maker->dice) << 64 | dice_roll(maker->dice);
    char text[ADDRESS_TEXT_BYTES];

    size >>= dice_below(maker->dice, 128);
    if (size > end - first)
        size = end - first;
    fprintf(maker->text, "%s-", address_print(family, first, text));
    fputs(address_print(family, first + size, text), maker->text);
}

static void put_item(struct maker *maker)
{
    enum family family = dice_chance(maker->dice, 50) ? FAMILY_IPV4 : FAMILY_IPV6;
    u128 base = maker->bases[family - 1][dice_below(maker->dice, BASES)];
    char text[ADDRESS_TEXT_BYTES];

    switch (dice_below(maker->dice, 8)) {
    case 0:
    case 1:
        if (maker->sets) {
            fprintf(maker->text, "set%u", dice_below(maker->dice, maker->sets));
            break;
        }
        /* fall through */
    case 2:
        fputs(address_print(family, base, text), maker->text);
        break;
    case 3:
    case 4:
        put_range(maker, family, base);
        break;
    default:
        put_prefix(maker, family, base);
        break;
    }
}

static void put_items(struct maker *maker)
{
    unsigned int count = 1 + dice_below(maker->dice, 5);

    for (unsigned int i = 0; i < count; i++) {
        fputs(i ? ", " : "", maker->text);
        put_item(maker);
    }
    fputc('\n', maker->text);
}

/* ADDRESS/OFFSET-LENGTH. */
static void put_bits(struct maker *maker)
{
    struct dice *dice = maker->dice;
    unsigned int offset = dice_chance(dice, 50) ? 16 * dice_below(dice, 8) : dice_below(dice, 127);
    unsigned int width = 1 + dice_below(dice, dice_chance(dice, 60) ? 16 : 128);
    unsigned int length = offset + width > 128 ? 128 : offset + width;
    u128 bits = maker->bases[1][dice_below(dice, BASES)] << offset >> offset;
    char text[ADDRESS_TEXT_BYTES];

    bits = bits >> (128 - length) << (128 - length);
    fprintf(maker->text, "%s/%u-%u\n", address_print(FAMILY_IPV6, bits, text), offset, length);
}

static void put_ends(struct maker *maker)
{
    static const char *const keys[] = {"from", "to"};

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        if (!dice_chance(maker->dice, 60))
            continue;
        fprintf(maker->text, "%s = ", keys[i]);
        if (maker->blocks && dice_chance(maker->dice, 20))
            put_bits(maker);
        else
            put_items(maker);
    }
}

static void put_ports(struct maker *maker, const char *key)
{
    unsigned int count = 1 + dice_below(maker->dice, 4);

    maker->asks_transport = true;
    fprintf(maker->text, "%s = ", key);
    for (unsigned int i = 0; i < count; i++) {
        unsigned int first = maker->ports[dice_below(maker->dice, BASES)];
        unsigned int size = dice_below(maker->dice, 1u << dice_below(maker->dice, 17));

        fprintf(maker->text, "%s%u", i ? ", " : "", first);
        if (dice_chance(maker->dice, 60))
            fprintf(maker->text, "-%u", first + size > 65535 ? 65535 : first + size);
    }
    fputc('\n', maker->text);
}

static void put_icmp_types(struct maker *maker)
{
    static const unsigned int types[] = {0, 1, 2, 3, 8, 11, 13, 14, 128, 129, 135, 143, 255};
    unsigned int count = 1 + dice_below(maker->dice, 4);

    maker->asks_transport = true;
    fputs("icmp-type = ", maker->text);
    for (unsigned int i = 0; i < count; i++) {
        unsigned int type = types[dice_below(maker->dice, ARRAY_SIZE(types))];
        fprintf(maker->text, "%s%u", i ? ", " : "", type);
        if (type < 200 && dice_chance(maker->dice, 15))
            fprintf(maker->text, "-%u", type + dice_below(maker->dice, 10));
        if (dice_chance(maker->dice, 30))
            fprintf(maker->text, dice_chance(maker->dice, 20) ? "/%u-255" : "/%u",
                    dice_below(maker->dice, 3));
    }
    fputc('\n', maker->text);
}

static void put_flags(struct maker *maker)
{
    struct dice *dice = maker->dice;
    unsigned int count = 1 + dice_below(dice, 3);
    char text[CONJUNCTION_BYTES];

    maker->asks_transport = true;
    fputs("tcp-flags = ", maker->text);
    for (unsigned int i = 0; i < count; i++) {
        u8 set = 1 << dice_below(dice, FLAG_COUNT), clear = 1 << dice_below(dice, FLAG_COUNT);
        struct conjunction flags = {set, clear & (u8)~set};
        const struct conjunction usual[] = {{TCP_SYN, TCP_ACK},
                                            {TCP_ACK, 0},
                                            {TCP_SYN | TCP_FIN, 0},
                                            {0, TCP_SYN | TCP_ACK | TCP_RST},
                                            {TCP_RST, 0}};

        if (dice_chance(dice, 60))
            flags = usual[dice_below(dice, ARRAY_SIZE(usual))];
        fprintf(maker->text, "%s%s", i ? ", " : "", conjunction_print(flags, text));
    }
    fputc('\n', maker->text);
}

static void put_protocols(struct maker *maker)
{
    static const char *const with_ports[] = {"tcp", "udp",      "sctp",          "tcp, udp",
                                             "6",   "sctp, 17", "tcp, udp, sctp"};
    static const char *const others[] = {"gre", "esp, ah", "1",        "58, tcp", "udp, icmp",
                                         "2",   "255, 0",  "any, tcp", "6, 44",   "icmpv6, 50"};
    static const char *const icmp[] = {"icmp", "icmpv6", "icmp, icmpv6"};
    const char *protocols;

    switch (dice_below(maker->dice, 6)) {
    case 0:
        break;
    case 1:
        fprintf(maker->text, "protocol = %s\n",
                others[dice_below(maker->dice, ARRAY_SIZE(others))]);
        break;
    case 2:
        fprintf(maker->text, "protocol = %s\n", icmp[dice_below(maker->dice, ARRAY_SIZE(icmp))]);
        if (dice_chance(maker->dice, 70))
            put_icmp_types(maker);
        break;
    default:
        protocols = with_ports[dice_below(maker->dice, ARRAY_SIZE(with_ports))];
        fprintf(maker->text, "protocol = %s\n", protocols);
        maker->tcp_only = !strcmp(protocols, "tcp") || !strcmp(protocols, "6");
        if (maker->tcp_only && dice_chance(maker->dice, 50))
            put_flags(maker);
        if (dice_chance(maker->dice, 80))
            put_ports(maker, "port");
        if (dice_chance(maker->dice, 30))
            put_ports(maker, "source-port");
        break;
    }
}

/* The family that FIELD needs, or NULL. */
static const char *family_of(enum field field)
{
    return field_rows[field].needs == NEEDS_IPV4   ? "ipv4"
           : field_rows[field].needs == NEEDS_IPV6 ? "ipv6"
                                                   : NULL;
}

/* Fields of the kind NUMBERS. */
static void put_numbers(struct maker *maker)
{
    struct dice *dice = maker->dice;

    for (enum field field = 0; field < FIELDS; field++) {
        /* Few packets are longer, and the kernel is asked about none that is much longer. */
        unsigned int last =
            field == FIELD_LENGTH && dice_chance(dice, 80) ? 240 : field_rows[field].last;
        unsigned int count = 1 + dice_below(dice, 3);
        if (field_rows[field].kind != KIND_NUMBERS || dice_chance(dice, family_of(field) ? 60 : 88))
            continue;
        if (family_of(field) && (!maker->family || strcmp(maker->family, family_of(field)) != 0))
            continue;
        if (field_rows[field].needs == NEEDS_TCP && (!maker->tcp_only || !maker->asks_transport))
            continue;
        fprintf(maker->text, "%s = ", field_rows[field].name);
        for (unsigned int i = 0; i < count; i++) {
            const unsigned int usual[] = {0, 1, last / 4, last / 4 + 1, last - 1, last};
            unsigned int first = dice_chance(dice, 70) ? usual[dice_below(dice, ARRAY_SIZE(usual))]
                                                       : dice_below(dice, last + 1);

            fprintf(maker->text, "%s%u", i ? ", " : "", first);
            if (dice_chance(dice, 60))
                fprintf(maker->text, "-%u", first + dice_below(dice, last - first + 1));
        }
        fputc('\n', maker->text);
    }
}

static void put_fragments(struct maker *maker)
{
    static const char *const kinds[] = {"no",        "first",        "first, no", "any",
                                        "yes",       "yes",          "later",     "later",
                                        "no, later", "later, first", "no, yes"};
    unsigned int allowed = maker->asks_transport ? 4 : ARRAY_SIZE(kinds);

    if (dice_chance(maker->dice, maker->asks_transport ? 6 : 20))
        fprintf(maker->text, "fragment = %s\n", kinds[dice_below(maker->dice, allowed)]);
}

static const char *either(struct dice *dice)
{
    return dice_chance(dice, 50) ? "accept" : "drop";
}

static const char *random_action(struct dice *dice)
{
    static const char *const rejects[] = {"reject", "reject with port-unreachable",
                                          "reject with admin-prohibited"};

    return dice_chance(dice, 15) ? rejects[dice_below(dice, ARRAY_SIZE(rejects))] : either(dice);
}

static void put_family(struct maker *maker)
{
    static const char *const families[] = {"ipv4", "ipv6", "ipv6, ipv4", "any"};

    if (!dice_chance(maker->dice, 12))
        return;
    maker->family = families[dice_below(maker->dice, ARRAY_SIZE(families))];
    fprintf(maker->text, "family = %s\n", maker->family);
}

/* "per source/24", or nothing: then it is for the rule as a whole. */
static void put_limit_key(struct maker *maker)
{
    struct dice *dice = maker->dice;
    unsigned int said = dice_below(dice, 3);

    if (dice_chance(dice, 25))
        return;
    fputs(dice_chance(dice, 60) ? " per source" : " per destination", maker->text);
    if (said > 0)
        fprintf(maker->text, "/%u", 1 + dice_below(dice, 32));
    if (said > 1)
        fprintf(maker->text, "/%u", 1 + dice_below(dice, 128));
}

/* So slow that what the kernel does meanwhile takes no time, and such that a packet or byte costs a
 * whole number of the limits' units of time. */
static void put_limit(struct maker *maker)
{
    static const unsigned int packets[] = {1, 2, 3, 5, 6, 10, 12, 20};
    struct dice *dice = maker->dice;
    bool bytes = dice_chance(dice, 25);

    if (bytes)
        fprintf(maker->text, "%u bytes/hour", 100u >> dice_below(dice, 3));
    else
        fprintf(maker->text, "%u%s/hour", packets[dice_below(dice, ARRAY_SIZE(packets))],
                maker->tcp_only && dice_chance(dice, 30) ? " new" : "");
    put_limit_key(maker);
    fprintf(maker->text, " burst %u", bytes ? 40 + dice_below(dice, 900) : 1 + dice_below(dice, 9));
}

static void put_limits(struct maker *maker)
{
    unsigned int count = dice_chance(maker->dice, 70) ? 1 : 1 + dice_below(maker->dice, 4);

    fputs("limit = ", maker->text);
    for (unsigned int i = 0; i < count; i++) {
        fputs(i ? ", " : "", maker->text);
        put_limit(maker);
    }
    fputc('\n', maker->text);
}

/* Nobody listens where random packets go: it changes nothing. */
static void put_protect(struct maker *maker)
{
    fputs("protect = syn-cookies", maker->text);
    if (dice_chance(maker->dice, 50))
        fprintf(maker->text, " over %u/second", 1 + dice_below(maker->dice, 3));
    fputc('\n', maker->text);
}

static void put_zones(struct maker *maker, const char *key)
{
    static const char *const zones[] = {"wan", "lan", "dmz", "lan, wan", "any but wan", "any"};

    if (dice_chance(&maker->zones, 60))
        fprintf(maker->text, "%s = %s\n", key, zones[dice_below(&maker->zones, ARRAY_SIZE(zones))]);
}

static void put_direction(struct maker *maker, unsigned int direction)
{
    static const char *const directions[] = {"in", "out", "both"};
    bool forward = maker->zoned && direction == 2 && dice_chance(&maker->zones, 70);

    fprintf(maker->text, "direction = %s\n", forward ? "forward" : directions[direction]);
    if (forward) {
        put_zones(maker, "arrives");
        put_zones(maker, "leaves");
    } else if (maker->zoned && dice_chance(&maker->zones, 50)) {
        put_zones(maker, "on");
    }
}

static void put_rule(struct maker *maker, unsigned int number)
{
    const char *action = random_action(maker->dice);

    unsigned int direction = dice_below(maker->dice, 3);

    fprintf(maker->text, "[rule r%u]\n", number);
    put_direction(maker, direction);
    fprintf(maker->text, "action = %s\n", action);
    maker->tcp_only = maker->asks_transport = false;
    maker->family = NULL;
    put_family(maker);
    put_protocols(maker);
    put_fragments(maker);
    put_ends(maker);
    put_numbers(maker);
    if (!strcmp(action, "accept") && dice_chance(maker->dice, 30))
        put_limits(maker);
    if (!strcmp(action, "accept") && maker->tcp_only && !direction && dice_chance(maker->dice, 50))
        put_protect(maker);
}

static void put_switches(struct maker *maker)
{
    static const char *const switches[] = {"arp",          "neighbour-discovery", "igmp",
                                           "link-control", "other-ethertypes",    "ping",
                                           "dhcp-client"};

    fprintf(maker->text, "[policy]\nname = random\nmode = %s\ninbound = %s\noutbound = %s\n",
            dice_chance(maker->dice, 10) ? "audit" : "enforce",
            dice_chance(maker->dice, 25) ? "accept" : "drop", either(maker->dice));
    if (dice_chance(maker->dice, 30))
        fputs("log = drops\n", maker->text);
    if (dice_chance(maker->dice, 30)) {
        fputs("exempt = ", maker->text);
        put_items(maker);
    }
    fprintf(maker->text, "[baseline]\nmartians = %s\ntcp-flags = %s\n", either(maker->dice),
            either(maker->dice));
    if (dice_chance(maker->dice, 20))
        fputs("tcp-state = socket\n", maker->text);
    for (size_t i = 0; i < ARRAY_SIZE(switches); i++)
        if (dice_chance(maker->dice, 50))
            fprintf(maker->text, "%s = %s\n", switches[i], either(maker->dice));
    /* Only without both does nftables see fragments. */
    if (dice_chance(maker->dice, 15))
        fputs("fragments = drop\nicmp-errors = drop\n", maker->text);
    else if (dice_chance(maker->dice, 15))
        fputs("fragments = drop\n", maker->text);
    else if (dice_chance(maker->dice, 50))
        fprintf(maker->text, "icmp-errors = %s\n", either(maker->dice));
}

static void put_sets(struct maker *maker)
{
    unsigned int count = dice_below(maker->dice, 7);

    fputs("[sets]\n", maker->text);
    while (maker->sets < count) {
        fprintf(maker->text, "set%u = ", maker->sets);
        put_items(maker);
        maker->sets++;
    }
}

static char *make(struct dice *dice, bool blocks)
{
    static char *text; /* gcc thinks a local one dangles once the stream is closed */
    static size_t size;
    struct maker maker = {.dice = dice,
                          .text = open_memstream(&text, &size),
                          .blocks = blocks,
                          .zones = {.state = ~dice->state}};
    unsigned int rules = dice_chance(dice, 10) ? 60 : 1 + dice_below(dice, 14);

    if (!maker.text)
        abort();
    for (int i = 0; i < BASES; i++) {
        static const unsigned int ports[] = {0, 53, 255, 256, 443, 5060, 50000, 65535};
        maker.bases[0][i] = random_base(dice, FAMILY_IPV4);
        maker.bases[1][i] = random_base(dice, FAMILY_IPV6);
        maker.ports[i] = dice_chance(dice, 60) ? ports[dice_below(dice, ARRAY_SIZE(ports))]
                                               : dice_below(dice, 65536);
    }
    maker.zoned = dice_chance(&maker.zones, 25);
    put_switches(&maker);
    if (maker.zoned)
        fputs("[interfaces]\nwan = wan0, ppp*\nlan = lan0\ndmz = dmz0\n", maker.text);
    put_sets(&maker);
    for (unsigned int i = 0; i < rules; i++)
        put_rule(&maker, i);
    if (fclose(maker.text))
        abort();
    return TAKE_PTR(text);
}

char *random_policy(struct dice *dice)
{
    return make(dice, false);
}

char *random_blocks(struct dice *dice)
{
    return make(dice, true);
}

void trials_run(const struct effort *effort,
                void (*trial)(const char *policy, struct dice *dice, unsigned int packets))
{
    printf("EDGEXDP_SEED=%llu EDGEXDP_POLICIES=%u EDGEXDP_PACKETS=%u\n",
           (unsigned long long)effort->seed, effort->policies, effort->packets);
    for (unsigned int i = 0; i < effort->policies; i++) {
        struct dice dice = {.state = effort->seed + i};
        char *policy = random_policy(&dice);

        trial(policy, &dice, effort->packets);
        free(policy);
    }
}
