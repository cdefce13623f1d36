/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random policies and packets: the tables and the judge must say what a plain reading of the manual
 * says. EDGEXDP_SEED, EDGEXDP_POLICIES and EDGEXDP_PACKETS make it another test, or a longer one.
 */
#include "check.h"

#include "../../loader/base/labels.h"
#include "../shared/court.h"
#include "../shared/random.h"

#define POLICIES 200

/* Stamps are exact to one second, so no step is shorter than two. */
static u64 later(struct dice *dice, u64 now_s)
{
    if (dice_chance(dice, 96))
        return now_s;
    if (dice_chance(dice, 95))
        return now_s + 2 + dice_below(dice, 100);
    return now_s + 2 + dice_below(dice, 8000);
}

/* Outcomes by reason: traffic that never meets a reason proves nothing about it. */
static unsigned int tally[REASON_SLOTS], limited;

static void count(const struct outcome *outcome, enum direction direction)
{
    if (outcome->kind == OUTCOME_REASON)
        tally[REASON_SLOT(outcome->reason, direction, outcome->verdict)]++;
    limited += outcome->kind == OUTCOME_LIMITED;
}

static void check_tally(void)
{
    assert_true(limited > POLICIES);
    for (u32 slot = 0; slot < REASON_SLOTS; slot++) {
        enum reason reason = slot / (DIRECTIONS * VERDICTS);
        bool accept = slot % VERDICTS;
        bool never = reason == REASON_UNGUARDED || reason == REASON_SYN_COOKIE ||
                     (reason == REASON_NO_CONNECTION && slot / VERDICTS % DIRECTIONS);
        bool drops = reason <= REASON_VLAN_DEPTH ||
                     (reason >= REASON_BANNED && reason <= REASON_TCP_FLAGS) ||
                     reason == REASON_NO_CONNECTION;
        bool accepts = reason >= REASON_NEIGHBOUR_DISCOVERY && reason <= REASON_REPLY;

        if ((tally[slot] > 0) != !(never || (drops && accept) || (accepts && !accept)))
            fail_msg("%s %s: %u packets", accept ? "accept" : "drop", reason_names[reason],
                     tally[slot]);
    }
}

static void compare(struct court *court, const struct traffic *traffic, const struct wire *wire,
                    u64 now_s)
{
    struct outcome outcome = court_outcome(court, wire, now_s);
    struct said said = court_brute(court, wire, now_s);
    char native[SAID_BYTES];

    court_say(court, &outcome, native);
    count(&outcome, wire->direction);
    if (outcome.kind == OUTCOME_RULE)
        assert_true(court->image->entries[outcome.rule].reachable);
    if (said_matches(&said, native) &&
        (!outcome_is_block(&outcome) || outcome.rule == court_blocked_by(court)))
        return;
    print_error(
        "at %llu s\n    %s\nthe manual says \"%s\"%s%s%s, native_judge says \"%s\", by\n%s\n",
        (unsigned long long)now_s, traffic->text, said.text, said.also[0] ? " or \"" : "",
        said.also, said.also[0] ? "\"" : "", native, court->text);
    fail();
}

/* Rules of another policy become blocks, and traffic is aimed at those as well. */
static void block(struct court *court, struct traffic *aimed, u64 now_s)
{
    char *text = random_blocks(aimed->dice);

    court_block(court, text, now_s + dice_below(aimed->dice, 2000));
    *aimed = (struct traffic){.dice = aimed->dice, .policy = court->blocks};
    free(text);
}

static void judge_traffic(const char *policy, struct dice *dice, unsigned int packets)
{
    struct court court;
    struct banned banned;
    struct traffic aimed = {.dice = dice};
    struct wire wire;
    u64 now_s = 100000;

    court_open(&court, policy);
    struct traffic traffic = {.dice = dice, .policy = court.policy};
    for (unsigned int i = 0; i < packets; i++) {
        now_s = later(dice, now_s);
        if (i > packets / 2 && dice_below(dice, 250) == 0)
            block(&court, &aimed, now_s);
        struct traffic *chosen = aimed.policy && dice_chance(dice, 50) ? &aimed : &traffic;
        traffic_next(chosen, &wire);
        if (dice_below(dice, 250) == 0 && random_ban(dice, &wire, &banned))
            court_ban(&court, &banned, dice_chance(dice, 20) ? 0 : now_s + dice_below(dice, 200));
        court_opened(&court, dice_chance(dice, 20));
        compare(&court, chosen, &wire, now_s);
    }
    court_close(&court);
}

static void judges_as_the_contract_says(void **state)
{
    struct effort effort = effort_read(POLICIES, 2000);

    (void)state;
    trials_run(&effort, judge_traffic);
    if (effort.policies >= POLICIES)
        check_tally();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_as_the_contract_says),
    };

    return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
