/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A packet costs the same with a thousand rules as with ten. This guards only against gross
 * regressions: walking over the rules would cost ten times as much or more. tools/bench measures.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "../../loader/base/memory.h"
#include "../../loader/judge/frame_build.h"
#include "../../loader/policy/notation.h"
#include "sandbox.h"
#include "seated.h"

#define FEW     10
#define MANY    1000
#define PACKETS 256
#define ROUNDS  31
#define AT_MOST 2.5 /* times as much; 1.2 is what it should be on a machine of its own */

/* Rules that each drop UDP from a prefix to ten ports of their own. */
static char *rules(unsigned int count)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    assert_non_null(file);
    fprintf(file, "[policy]\nname = rules-%u\n", count);
    for (unsigned int i = 0; i < count; i++)
        fprintf(file,
                "[rule %u-of-%u]\ndirection = in\nprotocol = udp\nfrom = 10.0.%u.%u/30\n"
                "port = %u-%u\naction = drop\n",
                i, count, i / 64, i % 64 * 4, 10000 + i * 10, 10009 + i * 10);
    fclose(file);
    return text;
}

/* Frame I of many: it matches RULE of rules(). */
static size_t frame(unsigned int rule, unsigned int i, u8 bytes[FRAME_BUILD_BYTES])
{
    struct packet_notation packet;
    struct fault fault;
    char text[128];

    snprintf(text, sizeof(text), "in udp 10.0.%u.%u:%u > 198.51.100.10:%u", rule / 64,
             rule % 64 * 4 + i % 4, 1024 + i, 10000 + rule * 10 + i % 10);
    assert_int_equal(notation_parse(text, &packet, &fault), 0);
    return frame_build(&packet, bytes);
}

/* The least that each packet has cost, in ns. It includes what the test run itself costs, about as
 * much again; repeating one packet would avoid that, but would wait for RCU each time. */
struct costs {
    u32 least[PACKETS];
};

static double mean(const struct costs *costs)
{
    double sum = 0;
    for (unsigned int i = 0; i < PACKETS; i++)
        sum += costs->least[i];
    return sum / PACKETS;
}

/* Measures PACKETS different packets once: of the last of COUNT rules, or of all of them. */
static void measure(const struct seated *seated, unsigned int count, bool spread,
                    struct costs *costs)
{
    u8 bytes[FRAME_BUILD_BYTES];

    for (unsigned int i = 0; i < PACKETS; i++) {
        size_t length = frame(spread ? i * 787 % count : count - 1, i, bytes);
        LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = bytes, .data_size_in = (u32)length);
        assert_int_equal(bpf_prog_test_run_opts(seated_root(seated, DIRECTION_IN), &options), 0);
        assert_int_equal(options.retval, XDP_DROP);
        if (options.duration < costs->least[i])
            costs->least[i] = options.duration;
    }
}

/* Everything that was measured was dropped by rules, each of MATCHED equally often; the rules of
 * the previous policy are there as well. */
static void check_counted(const struct seated *seated, unsigned int matched)
{
    u32 slot = REASON_SLOT(REASON_DEFAULT, DIRECTION_IN, VERDICT_DROP);
    const struct tables_header *tables = guard_tables(seated->guard);
    struct counters counters;
    unsigned int rules_found = 0;
    u64 packets = 0;

    seated_counters(seated, &counters);
    for (u32 i = 0; i < tables->rules_count; i++) {
        const struct rule_counter *counter = &counters.rules[tables_rules(tables)[i].number];
        rules_found += counter->packets > 0;
        packets += counter->packets;
    }
    assert_int_equal(counters.reasons[slot].packets, 0);
    assert_int_equal(rules_found, matched);
    assert_int_equal(packets, PACKETS * ROUNDS);
    counters_clear(&counters);
}

static void turn(const struct seated *seated)
{
    struct why why = {""};
    assert_int_equal(guard_rollback(seated->guard, &why), 0);
}

/* Alternately, because a machine's speed drifts. */
static void compare_sizes(bool spread)
{
    CLEANUP_FREE char *many = rules(MANY), *few = rules(FEW);
    struct costs costs_many, costs_few;
    struct seated seated;

    memset(&costs_many, 0xff, sizeof(costs_many));
    memset(&costs_few, 0xff, sizeof(costs_few));
    seated_open(&seated, many); /* first, so that the tables have room for this many rules */
    seated_reseat(&seated, few);
    for (int round = 0; round < ROUNDS; round++) {
        measure(&seated, FEW, spread, &costs_few);
        turn(&seated);
        measure(&seated, MANY, spread, &costs_many);
        if (round < ROUNDS - 1)
            turn(&seated);
    }
    check_counted(&seated, spread ? PACKETS : 1);
    seated_close(&seated);
    double times = mean(&costs_many) / mean(&costs_few);
    printf("%u rules cost %.2f times what %u cost (%.0f and %.0f ns)\n", MANY, times, FEW,
           mean(&costs_many), mean(&costs_few));
    assert_true(times <= AT_MOST);
}

static void test_last_rule(void **state)
{
    (void)state;
    compare_sizes(false);
}

static void test_different_rules(void **state)
{
    (void)state;
    compare_sizes(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_last_rule),
        cmocka_unit_test(test_different_rules),
    };

    sandbox_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
