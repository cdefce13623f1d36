/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random policies and packets: the programs in the kernel must say what the judge in user space
 * says; tests/unit compares that judge with the manual. EDGEXDP_SEED, EDGEXDP_POLICIES and
 * EDGEXDP_PACKETS make it another test, or a longer one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../shared/random.h"
#include "sandbox.h"
#include "seated.h"

/* No time passes here; the kernel has its own clock, on which less passes than any flow lasts, and
 * less than any limit of these policies takes to let one more packet or byte pass. */
#define NOW_S 1000

#define POLICIES 200

/* Few enough that the kernel has room for all the flows that they make. */
#define PACKETS_BETWEEN 1000

static unsigned int limited; /* packets */
static unsigned int blocked; /* sets of blocks */

static void compare(struct seated *seated, const struct traffic *traffic, const struct wire *wire)
{
    char native[SAID_BYTES], kernel[SAID_BYTES];

    struct outcome outcome = court_outcome(&seated->court, wire, NOW_S);

    limited += outcome.kind == OUTCOME_LIMITED;
    court_say(&seated->court, &outcome, native);
    seated_ask(seated, wire, kernel);
    if (!strcmp(native, kernel) && (!outcome_is_block(&outcome) || seated->block == outcome.rule))
        return;
    print_error("%s\nnative_judge says \"%s\", the kernel says \"%s\", by\n%s\n", traffic->text,
                native, kernel, seated->court.text);
    fail();
}

static void ban(struct seated *seated, struct dice *dice, const struct wire *wire)
{
    struct banned banned;

    if (!random_ban(dice, wire, &banned))
        return;
    court_ban(&seated->court, &banned, 0);
    seated_ban(seated, &banned, 0);
}

/* Rules of another policy become blocks, and traffic is aimed at those as well. Half of them have
 * ended, or none. */
static void block(struct seated *seated, struct traffic *aimed)
{
    char *text = random_blocks(aimed->dice);
    enum block_origin origin = dice_below(aimed->dice, BLOCK_ORIGINS);

    seated_block(seated, origin, text, dice_chance(aimed->dice, 50) ? NOW_S : NOW_S + 1, NOW_S);
    *aimed = (struct traffic){.dice = aimed->dice, .policy = seated->court.blocks};
    blocked++;
    free(text);
}

static void judge_traffic(const char *policy, struct dice *dice, unsigned int packets)
{
    struct seated seated;
    struct wire wire;

    seated_open(&seated, policy);
    struct traffic traffic = {.dice = dice, .policy = seated.court.policy};
    struct traffic aimed = {.dice = dice};
    for (unsigned int asked = 0; asked < packets;) {
        struct traffic *chosen = seated.court.blocks && dice_chance(dice, 50) ? &aimed : &traffic;
        traffic_next(chosen, &wire);
        if (!seated_can_ask(&seated, &wire))
            continue;
        if (asked++ % PACKETS_BETWEEN == 0)
            seated_forget(&seated);
        if (asked % PACKETS_BETWEEN == PACKETS_BETWEEN / 2)
            block(&seated, &aimed);
        if (dice_below(dice, 250) == 0)
            ban(&seated, dice, &wire);
        seated_opened(&seated, dice_chance(dice, 20));
        compare(&seated, chosen, &wire);
    }
    seated_close(&seated);
}

static void kernel_and_user_space_agree(void **state)
{
    struct effort effort = effort_read(POLICIES, 5000);

    (void)state;
    trials_run(&effort, judge_traffic);
    print_message("%u packets were beyond a limit\n", limited);
    if (effort.policies >= POLICIES)
        assert_true(limited > effort.policies);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernel_and_user_space_agree),
    };

    sandbox_enter();
    return cmocka_run_group_tests_name("differential", tests, NULL, NULL);
}
