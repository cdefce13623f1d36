/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random policies and packets: the programs in the kernel must say what the judge in user space
 * says, which tests/unit holds against the contract. EDGEXDP_SEED, EDGEXDP_POLICIES and
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

#include "../shared/effort.h"
#include "../shared/random.h"
#include "sandbox.h"
#include "seated.h"

/* The kernel has its own clock: here no time passes, and there less than any flow lasts. */
#define NOW_S 1000

/* So few that the kernel finds room for all the flows that they make. */
#define PACKETS_BETWEEN 1000

/* Returns how many packets the kernel was asked. */
static unsigned int judge_traffic(struct seated *seated, struct dice *dice, unsigned int packets)
{
    unsigned int asked = 0;
    struct traffic traffic = {.dice = dice, .policy = seated->court.policy};
    char text[TRAFFIC_TEXT], native[SAID_BYTES], kernel[SAID_BYTES];
    struct wire wire;

    for (unsigned int i = 0; i < packets; i++) {
        if (i % PACKETS_BETWEEN == 0)
            seated_forget(seated);
        traffic_next(&traffic, text);
        wire_read(text, &wire);
        if (!seated_can_ask(&wire))
            continue;
        court_native(&seated->court, &wire, NOW_S, native);
        seated_ask(seated, &wire, kernel);
        asked++;
        if (strcmp(native, kernel) != 0)
            fail_msg("packet %u\n    %s\nof the policy\n\n%s\n"
                     "native_judge says \"%s\", the kernel says \"%s\"",
                     i, text, seated->court.text, native, kernel);
    }
    return asked;
}

static void kernel_and_user_space_agree(void **state)
{
    struct effort effort = effort_read(200, 5200);
    unsigned int asked = 0;

    (void)state;
    print_message("EDGEXDP_SEED=%llu EDGEXDP_POLICIES=%u EDGEXDP_PACKETS=%u\n",
                  (unsigned long long)effort.seed, effort.policies, effort.packets);
    for (unsigned int i = 0; i < effort.policies; i++) {
        struct dice dice = {.state = effort.seed + i};
        char *text = random_policy(&dice);
        struct seated seated;

        seated_open(&seated, text);
        asked += judge_traffic(&seated, &dice, effort.packets);
        seated_close(&seated);
        free(text);
    }
    print_message("%u packets, judged alike\n", asked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernel_and_user_space_agree),
    };

    sandbox_enter();
    return cmocka_run_group_tests_name("differential", tests, NULL, NULL);
}
