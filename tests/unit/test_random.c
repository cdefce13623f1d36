/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random policies and packets: what the tables and the judge say must be what a plain reading of
 * the contract says. EDGEXDP_SEED, EDGEXDP_POLICIES and EDGEXDP_PACKETS make it another test, or a
 * longer one.
 */
#include "check.h"

#include "../../loader/compile/image.h"
#include "../../loader/judge/native.h"
#include "../shared/brute.h"
#include "../shared/effort.h"
#include "../shared/random.h"
#include "../shared/wire.h"

/* One policy and both judges of it. */
struct court {
    char *text;
    struct diag *diag;
    struct policy *policy;
    struct image *image;
    struct native *native;
    struct brute *brute;
};

static void court_open(struct court *court, struct dice *dice)
{
    court->diag = diag_new();
    court->text = random_policy(dice);
    court->policy = good_policy(court->text, court->diag);
    if (policy_compile(court->policy, NULL, &LIMITS_DEFAULT, &court->image, court->diag)) {
        diag_print(court->diag, stderr);
        fail_msg("%s\ndoes not compile", court->text);
    }
    court->native = native_new(court->image->header);
    court->brute = brute_new(court->policy);
    assert_non_null(court->native);
    assert_non_null(court->brute);
}

static void court_close(struct court *court)
{
    native_free(court->native);
    brute_free(court->brute);
    image_free(court->image);
    policy_free(court->policy);
    diag_free(court->diag);
    free(court->text);
}

static char *native_says(const struct court *court, const struct wire *wire, u64 now_s,
                         char text[SAID_BYTES])
{
    /* Exactly as long as the frame: a sanitizer sees who reads beyond its end. */
    u8 *bytes = malloc(wire->length);
    struct outcome outcome;
    const char *rule = "";

    assert_non_null(bytes);
    memcpy(bytes, wire->bytes, wire->length);
    outcome = native_judge(court->native, wire->direction, bytes, wire->length, now_s * SECOND_NS);
    free(bytes);
    if (outcome.kind != OUTCOME_REASON) {
        assert_true(outcome.rule < court->image->entry_count);
        rule = court->policy->rules[court->image->entries[outcome.rule].rule].name;
    }
    return said_outcome(&outcome, rule, text);
}

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
        native_says(court, &wire, now_s, native);
        struct said said =
            brute_judge(court->brute, wire.direction, wire.bytes, wire.length, now_s);
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
        struct court court = {0};

        court_open(&court, &dice);
        judge_traffic(&court, &dice, effort.packets);
        court_close(&court);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_as_the_contract_says),
    };

    return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
