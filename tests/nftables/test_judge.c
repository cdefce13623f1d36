/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nftables as a judge: random policies, attached to one interface and exported to a ruleset for
 * another, see the same frames one by one and let the same ones pass, except for the differences
 * that edgexdp-export(8) lists. EDGEXDP_SEED, EDGEXDP_POLICIES and EDGEXDP_PACKETS make it another
 * test, or a longer one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../loader/base/memory.h"
#include "../shared/edits.h"
#include "../shared/effort.h"
#include "../shared/random.h"
#include "bench.h"
#include "difference.h"

#define NOW_S       1000
#define DIFFERENCES 16
#define LAST        64 /* frames */
#define MANY        100000

static struct bench bench;

static struct {
    unsigned int compared, accepted, replies;
    unsigned int left_out; /* including what no raw socket can send */
    unsigned int differ[DIFFERENCES];
} sums;

/* Frames that may leave different states behind come last. */
static struct {
    char text[LAST][WIRE_TEXT];
    unsigned int count;
} last;

/* The message is longer than cmocka would print. */
static void complain(const char *text, const char *said, struct passes passes)
{
    fprintf(stderr,
            "    %s\nof the policy\n\n%s\nthe judge in user space says \"%s\"; attached, the frame "
            "%s; by the exported ruleset it %s\n",
            text, bench.attached.seated.court.text, said, passes.policy ? "passes" : "is dropped",
            passes.ruleset ? "passes" : "is dropped");
    fail();
}

static void compare(const char *text, const struct wire *wire)
{
    struct court *court = &bench.attached.seated.court;
    struct outcome outcome = court_outcome(court, wire, NOW_S);
    struct passes passes = bench_judge(&bench, wire);
    bool expected = outcome.verdict == VERDICT_ACCEPT || court->policy->mode == MODE_AUDIT;
    const struct difference *difference;
    char said[SAID_BYTES];

    court_say(court, &outcome, said);
    sums.compared++;
    sums.accepted += passes.policy;
    sums.replies += outcome.kind == OUTCOME_REPLY ||
                    (outcome.kind == OUTCOME_REASON && outcome.reason == REASON_REPLY);
    if (passes.policy != expected)
        complain(text, said, passes);
    if (passes.policy == passes.ruleset)
        return;
    difference = difference_of(wire, passes.policy, passes.ruleset);
    if (!difference)
        complain(text, said, passes);
    else
        sums.differ[difference - differences]++;
}

static void try_frame(const char *text, const struct wire *wire)
{
    const struct baseline *baseline = &bench.attached.seated.court.policy->baseline;

    if (!cable_can_send(wire) || is_left_out(wire, baseline) || !ruled_can_offer(wire) ||
        !attached_can_judge(&bench.attached, wire))
        sums.left_out++;
    else if (!differs_for_others(wire))
        compare(text, wire);
    else if (last.count < LAST)
        memcpy(last.text[last.count++], text, WIRE_TEXT);
    else
        sums.left_out++;
}

static void try_last(void)
{
    struct wire wire;

    while (last.count) {
        const char *text = last.text[--last.count];

        bench_read(text, &wire);
        compare(text, &wire);
    }
}

/* The ruleset leaves out what depends on sockets. */
static void take_tcp_state(char *policy)
{
    char *line = strstr(policy, "\ntcp-state = ");

    if (line) {
        char *end = line + 1 + strcspn(line + 1, "\n");
        memmove(line, end, strlen(end) + 1);
    }
}

static void try_policy(const char *policy, struct dice *dice, unsigned int packets)
{
    struct traffic traffic = {.dice = dice};
    unsigned int end = sums.compared + packets;

    /* Nothing can be offered here that came in elsewhere: see test_forwarded.py. */
    if (strstr(policy, "\n[interfaces]\n"))
        return;
    CLEANUP_FREE char *mute = mute_policy(policy);
    struct wire wire;

    /* nftables charges a limit before it asks the next one: see nft_limits.c and test_export.py.
     * Even single limits differ, if seldom, in frames that both judge alike without them. */
    free_policy_of_limits(mute);
    take_tcp_state(mute);
    bench_open(&bench, mute);
    traffic.policy = bench.attached.seated.court.policy;
    while (sums.compared < end) {
        traffic_next(&traffic, &wire);
        bench_finish(&wire);
        try_frame(traffic.text, &wire);
    }
    try_last();
    assert_true(bench_close(&bench));
}

/* A difference that never occurs any more is to be removed from the list. */
static void check_differences(void)
{
    for (const struct difference *d = differences; d->name; d++) {
        print_message("%8u differ: %s\n", sums.differ[d - differences], d->name);
        if (sums.compared >= MANY)
            assert_int_not_equal(sums.differ[d - differences], 0);
    }
}

static void ruleset_and_program_agree(void **state)
{
    struct effort effort = effort_read(40, 2600);

    (void)state;
    trials_run(&effort, try_policy);
    print_message("%u frames by %u policies: %u pass, %u are replies; %u left out\n", sums.compared,
                  effort.policies, sums.accepted, sums.replies, sums.left_out);
    check_differences();
}

static bool is_known(const char *item)
{
    char line[80];

    for (const struct difference *d = differences; d->name; d++) {
        snprintf(line, sizeof(line), ".It Em %s\n", d->name);
        if (!strcmp(item, line))
            return true;
    }
    for (const char *const *name = differences_in_time; *name; name++) {
        snprintf(line, sizeof(line), ".It Em %s\n", *name);
        if (!strcmp(item, line))
            return true;
    }
    return false;
}

/* The manual page has an item with the name of each, and no others. */
static void manual_lists_the_differences(void **state)
{
    size_t known = 0, listed = 0;
    bool inside = false;
    char line[256];
    FILE *page = fopen(MANUAL, "r");

    (void)state;
    assert_non_null(page);
    while (fgets(line, sizeof(line), page)) {
        if (!strncmp(line, ".Ss ", 4))
            inside = !strcmp(line, ".Ss Differences from the policy\n");
        if (!inside || strncmp(line, ".It Em ", 7) != 0)
            continue;
        if (!is_known(line))
            fail_msg("no frame shows: %s", line);
        listed++;
    }
    fclose(page);
    for (const struct difference *d = differences; d->name; d++)
        known++;
    for (const char *const *name = differences_in_time; *name; name++)
        known++;
    assert_int_equal(listed, known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(manual_lists_the_differences),
        cmocka_unit_test(ruleset_and_program_agree),
    };

    bench_enter();
    return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
