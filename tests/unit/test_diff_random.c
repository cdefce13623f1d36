/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Differences of policies, compared with a plain reading of both: a packet is judged differently if
 * and only if exactly one tuple holds it. EDGEXDP_SEED, EDGEXDP_POLICIES and EDGEXDP_PACKETS make
 * it another test, or a longer one.
 */
#include "check.h"

#include "../../loader/policy/address.h"
#include "../../loader/policy/limit.h"
#include "../../loader/policy/match.h"
#include "../../loader/policy/protect.h"
#include "../shared/brute_inside.h"
#include "../shared/edits.h"
#include "../shared/random.h"
#include "../shared/random_inside.h"
#include "compared.h"

/* The result of a plain reading: REASON, RULE, or neither, which is the default. */
struct plain {
    const char *reason;
    const struct rule *rule;
    enum verdict verdict;
    enum refusal refusal;
    const struct rule *limits; /* the rule whose limits hold for it, or NULL */
    bool tracks;               /* of a later fragment: the first decides */
};

static struct plain judge_plainly(const struct policy *policy, enum direction direction,
                                  const struct brute_packet *packet)
{
    struct plain plain = {.verdict = VERDICT_DROP};

    if (!policy->baseline.martians && is_martian(packet)) {
        plain.reason = "martian";
        return plain;
    }
    if (!policy->baseline.tcp_flags && has_bad_flags(packet)) {
        plain.reason = "tcp-flags";
        return plain;
    }
    if (!packet->later_fragment)
        plain.reason = accepted_by_baseline(&policy->baseline, direction, packet);
    plain.verdict = VERDICT_ACCEPT;
    if (!plain.reason)
        plain.rule = first_rule(policy, direction, packet, &plain.verdict);
    if (packet->later_fragment && !plain.rule) {
        plain.reason = "fragment";
        plain.verdict = VERDICT_DROP;
        plain.tracks = policy->baseline.fragments;
    }
    if (plain.rule && limits_hold(policy, plain.rule, direction, packet))
        plain.limits = plain.rule;
    if (plain.rule && plain.rule->refusal != REFUSAL_NONE)
        plain.refusal = plain.rule->refusal != REFUSAL_DEFAULT ? plain.rule->refusal
                        : packet->protocol == 6                ? REFUSAL_TCP_RESET
                                                               : REFUSAL_ADMIN_PROHIBITED;
    return plain;
}

/* Writes the packet to the wire and reads it back. */
static void packet_of(const struct exchange *exchange, struct wire *wire,
                      struct brute_packet *packet)
{
    char text[WIRE_TEXT];

    wire_read(exchange_print(exchange, text), wire);
    if (brute_decode(wire->bytes, wire->length, packet))
        fail_msg("%s is no packet", text);
}

/* The judge must say the same of packets that only rules can let through. */
static void check_judge(struct court *court, const struct wire *wire,
                        const struct brute_packet *packet, const struct plain *plain)
{
    if (!opens(packet) && (wire->direction == DIRECTION_OUT || packet->protocol != 17))
        return;
    court_forget(court);
    struct outcome outcome = court_outcome(court, wire, 1);
    /* The first packet of somebody is beyond a limit only if it is too long for its burst. */
    if (!plain->limits || outcome.kind != OUTCOME_LIMITED)
        assert_int_equal(outcome.verdict, plain->verdict);
}

static bool protects(const struct plain *plain)
{
    return plain->rule && rule_protects(plain->rule);
}

static bool says(const struct diff_said *said, const struct plain *plain)
{
    return said->verdict == plain->verdict && said->refusal == plain->refusal &&
           said->limited == !!plain->limits && said->shielded == protects(plain) &&
           said->tracks == plain->tracks && said->rule == plain->rule &&
           !said->baseline == !plain->reason &&
           (!plain->reason || !strcmp(said->baseline, plain->reason));
}

/* Counts of packets: a case that never occurs is not tested. */
static unsigned int differing, alike;

static void fail_about(struct compared *compared, enum direction direction,
                       const struct brute_packet *packet, unsigned int holding,
                       const struct plain plain[SIDES])
{
    CLEANUP_FREE char *text = difference_text(&compared->difference);
    char source[ADDRESS_TEXT_BYTES], destination[ADDRESS_TEXT_BYTES];

    fprintf(stderr,
            "%s protocol %u %s:%u > %s:%u type %u/%u hops %u fragment %u: %u "
            "tuples\n%s\nof\n%s\nand\n%s",
            direction == DIRECTION_IN ? "in" : "out", packet->protocol,
            address_print(packet->family, packet->source, source), packet->source_port,
            address_print(packet->family, packet->destination, destination),
            packet->destination_port, packet->icmp_type, packet->icmp_code, packet->hop_limit,
            brute_number(packet, FIELD_FRAGMENT), holding, text, compared->courts[SIDE_OLD].text,
            compared->courts[SIDE_NEW].text);
    for (int side = 0; side < SIDES; side++)
        print_error("%s: %s\n", side ? "new" : "old",
                    plain[side].reason ? plain[side].reason
                    : plain[side].rule ? plain[side].rule->name
                                       : "default");
    fail();
}

static bool differ(const struct plain *before, const struct plain *after)
{
    const struct rule *a = before->limits, *b = after->limits;
    const struct protect none = {0}, *old = before->rule ? &before->rule->protect : &none,
                         *now = after->rule ? &after->rule->protect : &none;

    return before->verdict != after->verdict || before->refusal != after->refusal ||
           before->tracks != after->tracks || !a != !b || (a && !rule_limits_are_same(a, b)) ||
           !protect_is_same(old, now);
}

static void compare_packet(struct compared *compared, const struct wire *wire,
                           const struct brute_packet *packet)
{
    enum direction direction = wire->direction;
    struct difference *difference = &compared->difference;
    const struct diff_tuple *found = NULL;
    unsigned int holding = 0;
    struct plain plain[SIDES];

    for (int side = 0; side < SIDES; side++) {
        plain[side] = judge_plainly(compared->courts[side].policy, direction, packet);
        check_judge(&compared->courts[side], wire, packet, &plain[side]);
    }
    if ((is_martian(packet) && joint_ignores_martians(&difference->joint)) ||
        (has_bad_flags(packet) && joint_ignores_bad_flags(&difference->joint)))
        return;
    if (plain[SIDE_OLD].reason && plain[SIDE_NEW].reason)
        return; /* both accept it, or both leave it to `fragments` */
    for (size_t i = 0; i < difference->count; i++) {
        if (!tuple_holds(&difference->tuples[i], direction, packet))
            continue;
        found = &difference->tuples[i];
        holding++;
    }
    if (holding != differ(&plain[SIDE_OLD], &plain[SIDE_NEW]) ||
        (found && !(says(&found->said[SIDE_OLD], &plain[SIDE_OLD]) &&
                    says(&found->said[SIDE_NEW], &plain[SIDE_NEW]))))
        fail_about(compared, direction, packet, holding, plain);
    differing += holding;
    alike += !holding;
}

/* No IPv6 packet has such a protocol: these are extension headers. */
static bool is_looked_through(unsigned int protocol)
{
    return protocol == 0 || protocol == 43 || protocol == 44 || protocol == 60;
}

/* Aims a packet at a tuple, so that even small differences are hit. */
static void packet_in_tuple(const struct diff_tuple *tuple, const struct traffic *traffic,
                            struct exchange *exchange)
{
    struct dice *dice = traffic->dice;
    int family = tuple->family[0] ? 0 : 1;
    const struct diff_end *ends[] = {&tuple->source, &tuple->destination};
    u128 *addresses[] = {&exchange->source, &exchange->destination};

    exchange->direction = tuple->direction;
    exchange->family = FAMILY_IPV4 + (enum family)family;
    for (int i = 0; i < 2; i++) {
        const struct address_ranges *ranges =
            ends[i]->set ? &ends[i]->set->family[family] : &ends[i]->ranges;
        *addresses[i] = random_address(traffic, exchange->family);
        if (ranges->count) {
            const struct address_range *range =
                &ranges->ranges[dice_below(dice, (unsigned int)ranges->count)];
            *addresses[i] = dice_chance(dice, 50) ? range->first : range->last;
        }
    }
    if (tuple->numbers[TEST_PORT].count) {
        const struct number_range *range =
            &tuple->numbers[TEST_PORT]
                 .ranges[dice_below(dice, (unsigned int)tuple->numbers[TEST_PORT].count)];
        unsigned int number = dice_chance(dice, 50) ? range->first : range->last;
        exchange->destination_port = number;
        exchange->icmp_type = number >> 8;
        exchange->icmp_code = number & 0xff;
    }
    if (tuple->numbers[TEST_SOURCE_PORT].count)
        exchange->source_port = tuple->numbers[TEST_SOURCE_PORT].ranges[0].first;
    for (enum field field = 0; field < FIELDS; field++) {
        const struct number_ranges *numbers = &tuple->numbers[field_rows[field].test];
        if (field_is_untold(field) && numbers->count)
            exchange->numbers[field] = numbers->ranges[numbers->count - 1].last;
    }
    for (unsigned int i = 0, p = dice_below(dice, 256); i < 256; i++, p = (p + 1) % 256)
        if (tuple->protocols[p / 64] >> p % 64 & 1 && !(family && is_looked_through(p))) {
            exchange->protocol = p;
            break;
        }
}

static void compare_traffic(struct compared *compared, struct dice *dice, unsigned int packets)
{
    struct difference *difference = &compared->difference;
    struct traffic traffic[SIDES] = {{.dice = dice, .policy = difference->sides[SIDE_OLD]},
                                     {.dice = dice, .policy = difference->sides[SIDE_NEW]}};

    for (unsigned int i = 0; i < packets; i++) {
        static struct wire wire;
        struct brute_packet packet;
        struct exchange exchange;

        exchange_next(&traffic[i % SIDES], &exchange);
        if (difference->count && dice_chance(dice, 30))
            packet_in_tuple(&difference->tuples[dice_below(dice, (unsigned int)difference->count)],
                            &traffic[i % SIDES], &exchange);
        packet_of(&exchange, &wire, &packet);
        compare_packet(compared, &wire, &packet);
    }
}

static void compare_with_another(const char *policy, struct dice *dice, unsigned int packets)
{
    CLEANUP_FREE char *other =
        dice_chance(dice, 30) ? random_policy(dice) : edit_policy(policy, dice);
    struct compared compared;

    compared_open(&compared, policy, other);
    compare_traffic(&compared, dice, packets);
    compared_close(&compared);
}

static void tuples_are_the_difference(void **state)
{
    struct effort effort = effort_read(300, 300);

    (void)state;
    trials_run(&effort, compare_with_another);
    assert_true(differing > effort.policies && alike > effort.policies);
}

static void compare_with_copy(const char *policy, struct dice *dice, unsigned int packets)
{
    CLEANUP_FREE char *copy = reword_policy(policy, dice);
    struct compared compared;

    (void)packets;
    compared_open(&compared, policy, copy);
    if (compared.difference.count || compared.difference.switch_count) {
        CLEANUP_FREE char *text = difference_text(&compared.difference);
        fail_msg("%s\nof\n%s\nand\n%s", text, policy, copy);
    }
    compared_close(&compared);
}

static void other_words_are_no_difference(void **state)
{
    struct effort effort = effort_read(300, 0);

    (void)state;
    trials_run(&effort, compare_with_copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tuples_are_the_difference),
        cmocka_unit_test(other_words_are_no_difference),
    };

    return cmocka_run_group_tests_name("diff_random", tests, NULL, NULL);
}
