/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random policies and packets: what the tables and the judge say must be what a plain reading of
 * the contract says. EDGEXDP_SEED, EDGEXDP_POLICIES and EDGEXDP_PACKETS make it another test, or a
 * longer one.
 */
#include "check.h"

#include "../shared/court.h"
#include "../shared/effort.h"
#include "../shared/random.h"

/* Flows are exact to a second: no steps shorter than two. */
static u64 later(struct dice *dice, u64 now_s)
{
    if (dice_chance(dice, 90))
        return now_s;
    if (dice_chance(dice, 95))
        return now_s + 2 + dice_below(dice, 100);
    return now_s + 2 + dice_below(dice, 8000);
}

static void judge_traffic(struct court *court, struct dice *dice, unsigned int packets)
{
    struct traffic traffic = {.dice = dice, .policy = court->policy};
    char text[TRAFFIC_TEXT], native[SAID_BYTES];
    struct wire wire;
    u64 now_s = 100000;

    for (unsigned int i = 0; i < packets; i++) {
        now_s = later(dice, now_s);
        traffic_next(&traffic, text);
        wire_read(text, &wire);
        struct outcome outcome = court_outcome(court, &wire, now_s);
        court_say(court, &outcome, native);
        if (outcome.kind == OUTCOME_RULE)
            assert_true(court->image->entries[outcome.rule].reachable);
        struct said said = court_brute(court, &wire, now_s);
        if (!said_matches(&said, native))
            fail_msg("packet %u at %llu s\n    %s\nof the policy\n\n%s\n"
                     "the contract says \"%s\"%s%s%s; native_judge says \"%s\"",
                     i, (unsigned long long)now_s, text, court->text, said.text,
                     said.also[0] ? " or \"" : "", said.also, said.also[0] ? "\"" : "", native);
    }
}

static void judges_as_the_contract_says(void **state)
{
    struct effort effort = effort_read(200, 2000);

    (void)state;
    print_message("EDGEXDP_SEED=%llu EDGEXDP_POLICIES=%u EDGEXDP_PACKETS=%u\n",
                  (unsigned long long)effort.seed, effort.policies, effort.packets);
    for (unsigned int i = 0; i < effort.policies; i++) {
        struct dice dice = {.state = effort.seed + i};
        char *text = random_policy(&dice);
        struct court court;

        court_open(&court, text);
        judge_traffic(&court, &dice, effort.packets);
        court_close(&court);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_as_the_contract_says),
    };

    return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
