/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cost of compiling, counted in steps, which are the same on every machine. */
#include "check.h"

#include "../../loader/compile/cover.h"
#include "../../loader/compile/image.h"
#include "../../loader/compile/lint.h"
#include "../../loader/diff/diff.h"
#include "../../loader/policy/flags.h"
#include "../../loader/policy/match.h"
#include "../shared/dice.h"

typedef void text_writer(FILE *stream, unsigned int size);

static struct policy *policy_of(text_writer *write, unsigned int size, struct diag *diag)
{
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);

    assert_non_null(stream);
    fputs(HEAD, stream);
    write(stream, size);
    fclose(stream);
    struct policy *policy = good_policy(text, diag);
    free(text);
    return policy;
}

/* How many steps the policy takes; with one step less it is refused. */
static u64 steps_of(text_writer *write, unsigned int size)
{
    struct diag *diag = diag_new();
    struct policy *policy = policy_of(write, size, diag);
    u64 low = 0, high = BOUNDS_DEFAULT.steps;

    while (low < high) {
        struct bounds bounds = BOUNDS_DEFAULT;
        struct image *image = NULL;

        bounds.steps = low + (high - low) / 2;
        if (policy_compile(policy, &bounds, &image, diag))
            low = bounds.steps + 1;
        else
            high = bounds.steps;
        image_free(image);
    }
    assert_int_not_equal(high, BOUNDS_DEFAULT.steps);
    policy_free(policy);
    diag_free(diag);
    return high;
}

/* Twice as many rules take at most TIMES as many steps. */
static void assert_grows(text_writer *write, unsigned int size, u64 times)
{
    u64 once = steps_of(write, size), twice = steps_of(write, 2 * size);

    if (twice > times * once)
        fail_msg("%u rules take %llu steps, %u take %llu", size, (unsigned long long)once, 2 * size,
                 (unsigned long long)twice);
}

static void write_range(FILE *stream, const char *key, unsigned int first, unsigned int last)
{
    fprintf(stream, "%s = 10.%u.%u.%u-10.%u.%u.%u\n", key, first >> 16, first >> 8 & 255,
            first & 255, last >> 16, last >> 8 & 255, last & 255);
}

/* Ranges that all overlap each other, in `from` and in `to`. */
static void write_nested(FILE *stream, unsigned int count)
{
    for (unsigned int i = 0; i < count; i++) {
        unsigned int to = i * 7919 % count;
        fprintf(stream, "[rule r%u]\ndirection = in\naction = accept\nprotocol = tcp\nport = 80\n",
                i);
        write_range(stream, "from", i, count + i);
        write_range(stream, "to", to, count + to);
    }
}

/* One long set in many rules, next to addresses inside and outside it. */
static void write_one_set(FILE *stream, unsigned int count)
{
    fputs("[sets]\nlong =\n", stream);
    for (unsigned int i = 0; i < 5000; i++)
        fprintf(stream, " 10.%u.%u.0/30,\n", i >> 8, i & 255);
    for (unsigned int i = 0; i < count; i++)
        fprintf(stream,
                "[rule a%u]\ndirection = in\naction = accept\nprotocol = tcp\nport = %u\nfrom = "
                "long\n[rule b%u]\ndirection = in\naction = drop\nprotocol = tcp\nport = "
                "1000-2000\nfrom = 10.%u.%u.0/24\n",
                i, i + 1, i, i % 20, i / 20);
}

/* An access list: nested prefixes of many lengths, ports and ranges of ports. */
static void write_prefixes(FILE *stream, unsigned int count)
{
    static const unsigned int lengths[] = {9, 12, 16, 16, 20, 24, 24, 28, 32};
    struct dice dice = {.state = 3};

    for (unsigned int i = 0; i < count; i++) {
        fprintf(stream, "[rule r%u]\ndirection = in\nprotocol = tcp\naction = %s\n", i,
                dice_chance(&dice, 50) ? "accept" : "drop");
        for (int end = 0; end < 2; end++) {
            unsigned int length = lengths[dice_below(&dice, sizeof(lengths) / sizeof(*lengths))];
            unsigned int low = dice_below(&dice, 1 << 24) >> (32 - length) << (32 - length);
            write_range(stream, end ? "to" : "from", low, low | ((1u << (32 - length)) - 1));
        }
        fprintf(stream, "port = %u-%u\n", 1 + dice_below(&dice, 30000),
                30000 + dice_below(&dice, 30000));
    }
}

/* Rules with a port and numbers of their own, and one way or another that flags must be. */
static void write_keys(FILE *stream, unsigned int count)
{
    struct dice dice = {.state = 3};

    for (unsigned int i = 0; i < count; i++) {
        fprintf(stream, "[rule r%u]\ndirection = in\nprotocol = tcp\naction = %s\nport = %u\n", i,
                dice_chance(&dice, 50) ? "accept" : "drop", 1 + dice_below(&dice, 60000));
        fprintf(stream, "tcp-flags = %s+!%s, %s\n", flag_names[dice_below(&dice, 4)],
                flag_names[4 + dice_below(&dice, 4)], flag_names[dice_below(&dice, FLAG_COUNT)]);
        for (enum field field = 0; field < FIELDS; field++) {
            unsigned int middle = field_rows[field].last / 2;
            if (field_rows[field].kind == KIND_NUMBERS && field_rows[field].needs == NEEDS_NOTHING)
                fprintf(stream, "%s = %u-%u\n", field_rows[field].name, dice_below(&dice, middle),
                        middle + dice_below(&dice, middle));
        }
    }
}

/* Ten thousand of them take few of the 100 million steps that a policy may take. */
static void rules_with_keys_of_their_own_are_cheap(void **state)
{
    struct diag *diag = diag_new();
    struct policy *policy = policy_of(write_keys, 10000, diag);
    struct bounds bounds = BOUNDS_DEFAULT;
    struct image *image = NULL;

    (void)state;
    bounds.steps = 6000000;
    assert_int_equal(policy_compile(policy, &bounds, &image, diag), 0);
    assert_int_equal(policy_lint(policy, image, diag), 0);
    image_free(image);
    policy_free(policy);
    diag_free(diag);
    assert_grows(write_keys, 1000, 3);
}

static void grows_with_the_square_at_most(void **state)
{
    (void)state;
    assert_grows(write_nested, 150, 5);
    assert_grows(write_one_set, 100, 5);
    assert_grows(write_prefixes, 400, 5);
}

/* Random boxes, each over a third of everything: a policy that nobody would write. */
static void write_boxes(FILE *stream, unsigned int count)
{
    struct dice dice = {.state = count};

    for (unsigned int i = 0; i < count; i++) {
        fprintf(stream, "[rule r%u]\ndirection = in\nprotocol = tcp\naction = accept\n", i);
        for (int end = 0; end < 2; end++) {
            unsigned int first = dice_below(&dice, 1 << 23);
            write_range(stream, end ? "to" : "from", first, first + dice_below(&dice, 1 << 23));
        }
        for (int end = 0; end < 2; end++) {
            unsigned int first = dice_below(&dice, 30000);
            fprintf(stream, "%s = %u-%u\n", end ? "port" : "source-port", first,
                    first + dice_below(&dice, 30000));
        }
    }
}

/* With few STEPS or little memory, the message names rules, their place and a set. */
static void assert_refused(struct bounds bounds, const char *words)
{
    struct diag *diag = diag_new();
    struct policy *policy = policy_of(write_boxes, 60, diag);
    struct image *image = NULL;

    assert_int_equal(policy_compile(policy, &bounds, &image, diag), -E2BIG);
    assert_null(image);
    assert_int_equal(diag_count(diag, SEVERITY_ERROR), 1);
    char *said = printed(diag);
    if (!strstr(said, words) || !strstr(said, ". The rules r") ||
        strncmp(said, "test.ini:", 9) != 0)
        fail_msg("%s", said);
    free(said);
    policy_free(policy);
    diag_free(diag);
}

static void names_what_costs_most(void **state)
{
    struct bounds bounds = BOUNDS_DEFAULT;

    (void)state;
    bounds.steps = 20000;
    assert_refused(bounds, "the inbound rules for IPv4 overlap in too many ways");
    bounds = BOUNDS_DEFAULT;
    bounds.work_bytes = 100000;
    assert_refused(bounds, "the inbound rules for IPv4 overlap in too many ways");
    bounds = BOUNDS_DEFAULT;
    bounds.bytes = 300 << 10;
    assert_refused(bounds, "the inbound rules for IPv4 overlap in too many ways");
}

static void write_addresses(FILE *stream, unsigned int count)
{
    fputs("[sets]\nlong = 192.0.2.1, 192.0.2.3, 192.0.2.5\n"
          "[rule long]\ndirection = in\naction = drop\nfrom = long\n",
          stream);
    for (unsigned int i = 0; i < count; i++) {
        fprintf(stream, "[rule r%u]\ndirection = in\naction = accept\n", i);
        write_range(stream, "from", 2 * i, 2 * i);
    }
}

static void names_kinds_that_are_too_many(void **state)
{
    struct diag *diag = diag_new();
    struct policy *policy = policy_of(write_addresses, 65536, diag);
    struct image *image = NULL;

    (void)state;
    assert_int_equal(policy_compile(policy, &BOUNDS_DEFAULT, &image, diag), -E2BIG);
    assert_printed(diag,
                   "error: the policy distinguishes more than 65536 kinds of IPv4 addresses, by "
                   "65538 sets and lists (the longest is long (3 ranges)): use fewer or broader "
                   "ones\n");
    policy_free(policy);
    diag_free(diag);
}

/* The list of differences between two policies that have nothing in common is bounded. */
static void compares_within_bounds(void **state)
{
    struct diag *diag = diag_new();
    struct policy *before = policy_of(write_boxes, 300, diag);
    struct policy *after = policy_of(write_boxes, 301, diag);
    struct difference difference;

    (void)state;
    assert_int_equal(diff_policies(before, after, &difference, diag), -E2BIG);
    difference_clear(&difference);
    char *said = printed(diag);
    assert_non_null(strstr(said, "error: the policies differ in too many ways"));
    free(said);
    policy_free(before);
    policy_free(after);
    diag_free(diag);
}

static void write_long_sets(FILE *stream, unsigned int count)
{
    fputs("[rule all]\ndirection = in\naction = drop\nfrom = 10.0.0.0/8, 2001:db8::/32\n"
          "[rule long]\ndirection = in\naction = drop\nfrom =\n",
          stream);
    for (unsigned int i = 0; i < count; i++)
        fprintf(stream, " 10.%u.%u.%u,\n", i >> 15, i >> 7 & 255, i << 1 & 255);
    fputs(" 10.255.255.255\n[rule beyond]\ndirection = in\naction = drop\nfrom = long, 11.0.0.0\n"
          "[sets]\nlong =\n",
          stream);
    for (unsigned int i = 0; i < count; i++)
        fprintf(stream, " 10.%u.%u.%u,\n", i >> 15, i >> 7 & 255, i << 1 & 255);
}

/* Does one rule hide another? That is not worth walking a long list. */
static void compares_long_sets_with_short_ones(void **state)
{
    struct diag *diag = diag_new();
    struct policy *policy = policy_of(write_long_sets, 100000, diag);
    const struct rule *rules = policy->rules;
    u64 steps = 100;

    (void)state;
    assert_true(rule_covers(&rules[0], &rules[1], &steps));
    assert_false(rule_covers(&rules[1], &rules[0], &steps));
    assert_false(rule_covers(&rules[0], &rules[2], &steps));
    assert_true(rule_covers(&rules[2], &rules[2], &steps));
    assert_true(steps > 80);
    steps = 100;
    assert_false(rule_covers(&rules[1], &rules[2], &steps));
    assert_int_equal(steps, 0); /* would take more steps: no answer */
    policy_free(policy);
    diag_free(diag);
}

/* Long lists of numbers are not free either: !fin holds every other one of 256 combinations. */
static void compares_long_lists_of_numbers(void **state)
{
    struct diag *diag = diag_new();
    struct policy *policy = good_policy(HEAD "[rules]\nr0 = drop in tcp > tcp-flags !fin\n"
                                             "r1 = drop in tcp > :22 tcp-flags !fin, rst\n"
                                             "r2 = drop in tcp > :23 tcp-flags !fin\n",
                                        diag);
    const struct rule *rules = policy->rules;
    u64 steps = 1000;

    (void)state;
    assert_true(rule_covers(&rules[0], &rules[2], &steps));
    assert_true(steps <= 1000 - 2 * 128);
    assert_false(rule_covers(&rules[0], &rules[1], &steps));
    steps = 100;
    assert_false(rule_covers(&rules[0], &rules[2], &steps));
    assert_int_equal(steps, 0);
    policy_free(policy);
    diag_free(diag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_with_keys_of_their_own_are_cheap),
        cmocka_unit_test(grows_with_the_square_at_most),
        cmocka_unit_test(names_what_costs_most),
        cmocka_unit_test(names_kinds_that_are_too_many),
        cmocka_unit_test(compares_within_bounds),
        cmocka_unit_test(compares_long_sets_with_short_ones),
        cmocka_unit_test(compares_long_lists_of_numbers),
    };

    return cmocka_run_group_tests_name("bounds", tests, NULL, NULL);
}
