/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conjunctions of TCP's flags, and the combinations that [baseline] drops. */
#include "check.h"

#include <edgexdp/tcp_flags.h>

#include "../../loader/base/memory.h"
#include "../../loader/policy/baseline.h"
#include "../../loader/policy/flags.h"
#include "../../loader/policy/foreign.h"
#include "../../loader/policy/match.h"
#include "../shared/dice.h"

#define COMBINATIONS 256

static void list_clear(struct number_ranges *set)
{
    free(set->ranges);
}

static struct conjunction read_one(const char *text)
{
    struct conjunction made;
    struct fault fault;

    if (conjunction_read(piece_of(text), &made, &fault))
        fail_msg("%s: %s", text, fault.text);
    return made;
}

/* Reads conjunctions separated by commas. */
static struct number_ranges read_set(const char *text)
{
    struct number_list list = {0};
    struct number_ranges set;

    for (struct piece rest = piece_of(text); rest.length;) {
        size_t comma = piece_find(rest, ',');
        struct conjunction one;
        struct fault fault;

        assert_int_equal(conjunction_read(piece_trim(piece_part(rest, 0, comma)), &one, &fault), 0);
        assert_int_equal(conjunction_add(one, &list), 0);
        rest = comma < rest.length ? piece_part(rest, comma + 1, rest.length)
                                   : piece_part(rest, comma, 0);
    }
    number_list_finish(&list, &set);
    return set;
}

static void assert_conjunction(const char *text, u8 set, u8 clear, const char *written)
{
    struct conjunction made = read_one(text);
    char again[CONJUNCTION_BYTES];

    assert_int_equal(made.set, set);
    assert_int_equal(made.clear, clear);
    assert_string_equal(conjunction_print(made, again), written);
}

static void reads_and_writes(void **state)
{
    (void)state;
    assert_conjunction("syn", TCP_SYN, 0, "syn");
    assert_conjunction("syn+!ack", TCP_SYN, TCP_ACK, "syn+!ack");
    assert_conjunction("!ACK + Syn", TCP_SYN, TCP_ACK, "syn+!ack");
    assert_conjunction("! rst+!rst", 0, TCP_RST, "!rst");
    assert_conjunction("cwr+ece+urg+psh+rst+fin+ack+syn", 0xff, 0,
                       "syn+ack+fin+rst+psh+urg+ece+cwr");
    assert_conjunction("!cwr+!ece+!urg+!psh+!rst+!fin+!ack+!syn", 0, 0xff,
                       "!syn+!ack+!fin+!rst+!psh+!urg+!ece+!cwr");
}

/* Writes what the fewest conjunctions say. */
static void assert_written(const char *text, const char *expected)
{
    CLEANUP(list_clear) struct number_ranges set = read_set(text);
    struct conjunction list[CONJUNCTIONS_MAX];
    size_t count = flags_conjunctions(&set, list);
    char written[512] = "", one[CONJUNCTION_BYTES];

    for (size_t i = 0; i < count; i++) {
        strcat(written, i ? ", " : "");
        strcat(written, conjunction_print(list[i], one));
    }
    assert_string_equal(written, expected);
}

static void writes_what_people_would(void **state)
{
    (void)state;
    assert_written("syn+!ack", "syn+!ack");
    assert_written("syn+fin, !syn+!ack+!rst", "syn+fin, !syn+!ack+!rst");
    assert_written("!syn+!ack+!rst, syn+fin, fin+syn+urg", "syn+fin, !syn+!ack+!rst");
    assert_written("syn+ack, syn+!ack", "syn");
    assert_written("syn, ack, syn+ack+fin", "syn, ack");
    assert_written("syn, !syn", "any");
    assert_written("syn+ack+fin, syn+ack+!fin+rst, syn+ack+!fin+!rst, !syn", "ack, !syn");
    assert_written("", "");
}

static void assert_holds(const struct number_ranges *set, const struct conjunction *list,
                         size_t count)
{
    for (unsigned int flags = 0; flags < COMBINATIONS; flags++) {
        bool holds = false;

        for (size_t i = 0; i < count; i++)
            holds |= conjunction_holds(list[i], flags);
        assert_int_equal(holds, numbers_hold(set, flags));
    }
}

/* Any set comes back exactly, in about as many conjunctions as it was made of. */
static void keeps_the_set(void **state)
{
    struct dice dice = {.state = 7};

    (void)state;
    for (int round = 0; round < 300; round++) {
        CLEANUP(list_clear) struct number_ranges set;
        struct conjunction list[CONJUNCTIONS_MAX];
        struct number_list made = {0};
        unsigned int count = dice_below(&dice, 7);

        for (unsigned int i = 0; i < count; i++) {
            u8 said = (u8)dice_roll(&dice) | (u8)dice_roll(&dice), set_bits = (u8)dice_roll(&dice);
            struct conjunction one = {said & set_bits, said & (u8)~set_bits};
            assert_int_equal(conjunction_add(one, &made), 0);
        }
        number_list_finish(&made, &set);
        size_t found = flags_conjunctions(&set, list);
        assert_true(found <= count + 1); /* the search is greedy */
        assert_holds(&set, list, found);
    }
}

/* The set that needs most: combinations with an odd number of flags. */
static void has_room_for_every_set(void **state)
{
    CLEANUP(list_clear) struct number_ranges set;
    struct conjunction list[CONJUNCTIONS_MAX];
    struct number_list made = {0};

    (void)state;
    for (u16 flags = 0; flags < COMBINATIONS; flags++)
        if (__builtin_popcount(flags) % 2)
            assert_int_equal(number_list_add(&made, (struct number_range){flags, flags}), 0);
    number_list_finish(&made, &set);
    assert_int_equal(flags_conjunctions(&set, list), CONJUNCTIONS_MAX);
    assert_holds(&set, list, CONJUNCTIONS_MAX);
}

static void takes_what_makes_it_shorter(void **state)
{
    struct number_range ranges[BAD_FLAG_RANGES];
    struct number_ranges bad = {ranges, baseline_bad_flags(ranges)};
    CLEANUP(list_clear)
    struct number_ranges set = read_set("syn+!ack+!fin+!rst+!urg"), expected = read_set("syn+!ack");

    (void)state;
    assert_int_equal(flags_simplify(&set, &bad), 0);
    assert_int_equal(set.count, expected.count);
    assert_memory_equal(set.ranges, expected.ranges, set.count * sizeof(*set.ranges));
}

/* In other words than the table's. */
static bool is_sent(unsigned int flags)
{
    unsigned int kinds = flags & (TCP_FIN | TCP_SYN | TCP_RST);

    if (kinds & (kinds - 1))
        return false; /* more than one */
    if (flags & TCP_ACK)
        return true;
    return kinds == TCP_RST || (kinds == TCP_SYN && !(flags & TCP_URG));
}

static void knows_what_no_host_sends(void **state)
{
    struct number_range ranges[BAD_FLAG_RANGES];
    struct number_ranges bad = {ranges, baseline_bad_flags(ranges)};

    (void)state;
    for (unsigned int flags = 0; flags < COMBINATIONS; flags++) {
        assert_int_equal(tcp_flags_are_bad((u8)flags), !is_sent(flags));
        assert_int_equal(numbers_hold(&bad, flags), !is_sent(flags));
    }
}

static void translates(void **state)
{
    static const struct {
        const char *text, *advice;
    } words[] = {
        {"SYN,ACK SYN", "write syn+!ack"},
        {"SYN,ACK,FIN,RST SYN", "write syn+!ack+!fin+!rst"},
        {"ALL NONE", "write !syn+!ack+!fin+!rst+!psh+!urg"},
        {"ALL FIN,PSH,URG", "write fin+psh+urg+!syn+!ack+!rst"},
        {"S/SA", "write syn+!ack"},
        {"SA/SAFR", "write syn+ack+!fin+!rst"},
        {"/SFRA", "write !syn+!ack+!fin+!rst"},
        {"syn / syn,ack", "write syn+!ack"},
        {"& (syn|ack) == syn", "write syn+!ack"},
        {"& (fin | syn) == (fin | syn)", "write syn+fin"},
        {"& (syn | rst | ack) == 0x0", "write !syn+!ack+!rst"},
        {"& syn != syn", "write any but syn"},
        {"& (syn|ack) syn", "write what is set and what is not, as in syn+!ack"},
        {"S/A", "write what is set and what is not, as in syn+!ack"},
        {"syn|ack", "write what is set and what is not, as in syn+!ack"},
        {"syn ack", "write syn+ack, or commas between alternatives"},
        {"syn !ack", "write syn+!ack, or commas between alternatives"},
        {"{ syn, ack }", "a list stands without braces: write A, B"},
        {"syn", ""},
        {"syn+!ack", ""},
        {"syn+!ack, fin + rst", ""},
        {"syn, ack", ""},
        {"any but syn, ack", ""},
        {"any", ""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        assert_string_equal(foreign_flags(piece_of(words[i].text)).advice, words[i].advice);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_writes),
        cmocka_unit_test(writes_what_people_would),
        cmocka_unit_test(keeps_the_set),
        cmocka_unit_test(has_room_for_every_set),
        cmocka_unit_test(takes_what_makes_it_shorter),
        cmocka_unit_test(knows_what_no_host_sends),
        cmocka_unit_test(translates),
    };

    return cmocka_run_group_tests_name("flags", tests, NULL, NULL);
}
