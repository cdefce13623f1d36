/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables by which packets are judged, compared with the same tables as diff compares and export
 * writes them. (tests/shared/brute_rules.c shows that they are the right ones.) */
#include <edgexdp/martian.h>

#include "check.h"

#include "../../loader/base/labels.h"
#include "../../loader/base/memory.h"
#include "../../loader/diff/joint.h"
#include "../../loader/policy/address.h"
#include "../../loader/policy/baseline.h"
#include "../../loader/policy/match.h"

static const u8 hops[] = {0, 1, 64, 254, 255};
static const u16 ports[] = {0, 1, 66, 67, 68, 69, 545, 546, 547, 548, 0x8200, 0x8500, 65535};
static const u8 icmp[] = {1, 58};

static bool range_holds(struct number_range range, u16 number)
{
    return range.first <= number && number <= range.last;
}

static bool rows_hold(const struct baseline_rows *table, enum direction direction,
                      const struct packet *packet)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct baseline_row *row = &table->rows[i];
        if (row->direction[direction] && row->family == packet->family &&
            row->protocol == packet->protocol &&
            (!row->hop_limit || row->hop_limit == packet->hop_limit) &&
            range_holds(row->source_ports, packet->source_port) &&
            range_holds(row->ports, packet->destination_port))
            return true;
    }
    return false;
}

static struct joint joint;

/* Does the rule that diff has for EXTRA match PACKET, whichever way it goes? */
static bool extra_holds(enum extra extra, const struct packet *packet)
{
    const struct match *matches = joint.rules[joint.extras + extra].matches;
    const struct {
        enum field field;
        u16 value;
    } values[] = {{FIELD_PROTOCOL, packet->protocol},
                  {FIELD_SOURCE_PORT, packet->source_port},
                  {FIELD_PORT, packet->destination_port},
                  {FIELD_ICMP_TYPE, packet->destination_port},
                  {FIELD_TTL, packet->hop_limit}};

    for (size_t i = 0; i < ARRAY_SIZE(values); i++)
        if (field_is_of(values[i].field, packet->family, packet->protocol) &&
            !match_holds(&matches[values[i].field], packet->family, values[i].value))
            return false;
    return true;
}

static bool extras_hold(enum reason reason, enum direction direction, const struct packet *packet)
{
    for (enum extra extra = 0; extra < EXTRA_UNSPECIFIED; extra++)
        if (!strcmp(extra_name(extra), reason_names[reason]) &&
            joint.rules[joint.extras + extra].direction[direction] && extra_holds(extra, packet))
            return true;
    return false;
}

/* The reason for which PACKET is accepted when KEY alone is on. */
static enum reason judged(const struct baseline_key *key, enum direction direction,
                          const struct packet *packet)
{
    const struct tables_switches on = {
        .neighbour_discovery = key->reason == REASON_NEIGHBOUR_DISCOVERY,
        .igmp = key->reason == REASON_IGMP,
        .dhcp_client = key->reason == REASON_DHCP_CLIENT,
        .ping = key->reason == REASON_PING,
    };
    return baseline_reason(&on, direction, packet);
}

static void check_packet(const struct packet *packet)
{
    for (enum direction direction = DIRECTION_IN; direction < DIRECTIONS; direction++) {
        for (size_t i = 0; i < BASELINE_KEY_COUNT; i++) {
            const struct baseline_key *key = &baseline_keys[i];
            bool accepted = rows_hold(&key->accepted, direction, packet);
            if (judged(key, direction, packet) != (accepted ? key->reason : REASONS))
                fail_msg("%s: family %u, protocol %u, hops %u, ports %u > %u: the table says %s",
                         reason_names[key->reason], packet->family, packet->protocol,
                         packet->hop_limit, packet->source_port, packet->destination_port,
                         accepted ? "accept" : "nothing");
            assert_int_equal(extras_hold(key->reason, direction, packet), accepted);
        }
    }
    assert_int_equal(extra_holds(EXTRA_UNSPECIFIED, packet) || extra_holds(EXTRA_IGMP, packet),
                     rows_hold(&martian_exempt[packet->family - 1], DIRECTION_IN, packet));
    assert_int_equal(martian_exempts(packet),
                     rows_hold(&martian_exempt[packet->family - 1], DIRECTION_IN, packet));
}

static void judges_as_the_table_says(void **state)
{
    (void)state;
    struct packet packet = {0};

    for (packet.family = FAMILY_IPV4; packet.family <= FAMILY_IPV6; packet.family++) {
        for (u32 protocol = 0; protocol < 256; protocol++) {
            packet.protocol = (u8)protocol;
            for (size_t n = 0; n < sizeof(hops) * ARRAY_SIZE(ports) * ARRAY_SIZE(ports); n++) {
                packet.hop_limit = hops[n % sizeof(hops)];
                packet.source_port = ports[n / sizeof(hops) % ARRAY_SIZE(ports)];
                packet.destination_port = ports[n / sizeof(hops) / ARRAY_SIZE(ports)];
                check_packet(&packet);
            }
        }
    }
}

static void judges_every_type_of_icmp(void **state)
{
    (void)state;
    struct packet packet = {0};

    for (packet.family = FAMILY_IPV4; packet.family <= FAMILY_IPV6; packet.family++) {
        for (u32 n = 0; n < ARRAY_SIZE(icmp) * sizeof(hops) * 65536; n++) {
            packet.protocol = icmp[n & 1];
            packet.destination_port = (u16)(n >> 1);
            packet.hop_limit = hops[n >> 17];
            check_packet(&packet);
        }
    }
}

/* The mirror image has its ports exchanged; among ICMP types only echo and timestamp have a
 * mirror. */
static void answers_who_may_ask_from_nowhere(void **state)
{
    (void)state;
    struct packet packet = {.source = {.bytes = {192, 0, 2, 1}}}, asked = {0};

    for (packet.family = FAMILY_IPV4; packet.family <= FAMILY_IPV6; packet.family++) {
        for (u32 n = 0; n < 256 * ARRAY_SIZE(ports); n++) {
            packet.protocol = (u8)n;
            packet.destination_port = ports[n / 256];
            asked.family = packet.family;
            asked.protocol = packet.protocol;
            asked.source_port = packet.destination_port;
            bool exempt = !icmp_is(packet.family, packet.protocol) &&
                          rows_hold(&martian_exempt[packet.family - 1], DIRECTION_IN, &asked);
            assert_int_equal(martian_mirror(&packet), !exempt);
        }
    }
}

static bool is_martian(enum family family, u128 address)
{
    for (size_t i = 0; i < MARTIAN_PREFIXES; i++)
        if (martian_prefixes[family - 1][i].first <= address &&
            address <= martian_prefixes[family - 1][i].last)
            return true;
    return false;
}

static void check_source(enum family family, u128 address)
{
    struct packet packet = {
        .family = (u8)family, .protocol = 6, .destination = {.bytes = {0x20, 0x01, 0x0d, 0xb8}}};
    char text[ADDRESS_TEXT_BYTES];

    if (family == FAMILY_IPV4)
        address = (u32)address;
    address_to_bytes(family, address, packet.source.bytes);
    if (martian_packet(&packet) != is_martian(family, address))
        fail_msg("the table does not say so of %s", address_print(family, address, text));
}

static void knows_the_borders_of_every_martian(void **state)
{
    (void)state;
    u128 random = 1;

    for (enum family family = FAMILY_IPV4; family <= FAMILY_IPV6; family++) {
        for (size_t i = 0; i < MARTIAN_PREFIXES; i++) {
            const struct address_range *range = &martian_prefixes[family - 1][i];
            for (u32 near = 0; near < 3; near++) {
                check_source(family, range->first + near - 1);
                check_source(family, range->last + near - 1);
            }
        }
        for (u32 n = 0; n < 100000; n++) {
            random = random * 0x9e3779b97f4a7c15ull + 12345;
            check_source(family, random >> (n % 64));
        }
    }
}

static void leaves_the_unspecified_address_out(void **state)
{
    (void)state;
    struct address_range ranges[MARTIAN_PREFIXES];

    assert_int_equal(baseline_martian_ranges(FAMILY_IPV4, ranges), MARTIAN_PREFIXES);
    assert_true(ranges[0].first == 1 && ranges[0].last == 0xffffff);
    assert_int_equal(baseline_martian_ranges(FAMILY_IPV6, ranges), MARTIAN_PREFIXES - 1);
    assert_true(ranges[0].first == 1 && ranges[0].last == 1);
}

static int join(void **state)
{
    struct diag *diag = diag_new();
    struct policy *policy = good_policy(HEAD, diag);

    *state = policy;
    assert_int_equal(joint_build(policy, policy, &joint, diag), 0);
    diag_free(diag);
    return 0;
}

static int part(void **state)
{
    joint_clear(&joint);
    policy_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_as_the_table_says),
        cmocka_unit_test(judges_every_type_of_icmp),
        cmocka_unit_test(answers_who_may_ask_from_nowhere),
        cmocka_unit_test(knows_the_borders_of_every_martian),
        cmocka_unit_test(leaves_the_unspecified_address_out),
    };
    return cmocka_run_group_tests(tests, join, part);
}
