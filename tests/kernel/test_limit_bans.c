/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Limits that ban, in random policies: the programs in the kernel hold back, ban and spare the same
 * senders as the judge in user space. Not by TCP, where it matters who has a socket: nobody has one
 * here. EDGEXDP_SEED, EDGEXDP_POLICIES and EDGEXDP_PACKETS make it another test, or a longer one.
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
#include "../shared/dice.h"
#include "../shared/effort.h"
#include "sandbox.h"
#include "seated.h"

#define NOW_S 1000 /* hardly any time passes in the kernel, and no limit gives anything back */
#define RULES 3
#define PORT  5000

/* In each family some that share a prefix, and some that share a longer one. */
static const char *const senders[2][6] = {
    {"203.0.113.7", "203.0.113.8", "203.0.113.200", "203.0.114.7", "198.18.0.1", "192.0.2.1"},
    {"2001:db8:1::7", "2001:db8:1::8", "2001:db8:1:1::7", "2001:db8:2::7", "2001:db8:3::1",
     "2001:db8:4::1"}};
static const char *const selves[2] = {"198.51.100.10", "2001:db8::10"};

static unsigned int limited, banned;

static const char *sender(struct dice *dice, int family)
{
    return senders[family][dice_below(dice, ARRAY_SIZE(senders[family]))];
}

/* Such as "2/hour per source/24/64 burst 3 then ban 1h". */
static void put_limit(FILE *text, struct dice *dice)
{
    bool bytes = dice_chance(dice, 25);

    fprintf(text, bytes ? "%u00 bytes/hour per source" : "%u/hour per source",
            1 + dice_below(dice, 3));
    if (dice_chance(dice, 50))
        fputs(dice_chance(dice, 50) ? "/24/64" : "/32/56", text);
    fprintf(text, " burst %u", bytes ? 100 + dice_below(dice, 300) : 2 + dice_below(dice, 6));
    if (dice_chance(dice, 70))
        fputs(" then ban 1h", text);
}

/* For the caller to free. */
static char *random_bans(struct dice *dice)
{
    char *made = NULL;
    size_t size;
    FILE *text = open_memstream(&made, &size);

    assert_non_null(text);
    fputs("[policy]\nname = bans\n", text);
    if (dice_chance(dice, 50))
        fprintf(text, "exempt = %s\n", sender(dice, (int)dice_below(dice, 2)));
    fputs("outbound = accept\n[rules]\n", text);
    for (unsigned int i = 0; i < RULES; i++) {
        fprintf(text, "r%u = accept in udp > :%u  limit ", i, PORT + i);
        put_limit(text, dice);
        if (dice_chance(dice, 40)) {
            fputs(", ", text);
            put_limit(text, dice);
        }
        fputc('\n', text);
    }
    fclose(text);
    return made;
}

static void next(struct dice *dice, char text[WIRE_TEXT])
{
    int family = (int)dice_below(dice, 2);
    bool out = dice_chance(dice, 10);
    const char *far = sender(dice, family), *near = selves[family];

    snprintf(text, WIRE_TEXT, "%s ip%d %s > %s | udp 40000 > %u | data %u", out ? "out" : "in",
             family ? 6 : 4, out ? near : far, out ? far : near, PORT + dice_below(dice, RULES + 1),
             dice_below(dice, 60));
}

static void judge_traffic(const char *policy, struct dice *dice, unsigned int packets)
{
    char text[WIRE_TEXT], native[SAID_BYTES], kernel[SAID_BYTES];
    struct seated seated;
    struct wire wire;

    seated_open(&seated, policy);
    for (unsigned int i = 0; i < packets; i++) {
        next(dice, text);
        wire_read(text, &wire);
        struct outcome outcome = court_outcome(&seated.court, &wire, NOW_S);
        limited += outcome.kind == OUTCOME_LIMITED;
        banned += outcome.kind == OUTCOME_REASON && outcome.reason == REASON_BANNED;
        court_say(&seated.court, &outcome, native);
        seated_ask(&seated, &wire, kernel);
        if (strcmp(native, kernel) != 0)
            fail_msg("packet %u, %s: native_judge says \"%s\", the kernel says \"%s\", by\n%s", i,
                     text, native, kernel, policy);
    }
    seated_close(&seated);
}

static void kernel_and_user_space_ban_alike(void **state)
{
    struct effort effort = effort_read(20, 500);

    (void)state;
    for (unsigned int i = 0; i < effort.policies; i++) {
        struct dice dice = {effort.seed + i};
        CLEANUP_FREE char *policy = random_bans(&dice);
        judge_traffic(policy, &dice, effort.packets);
    }
    print_message("%u packets were over a limit, and %u came from the banned\n", limited, banned);
    assert_true(limited > effort.policies && banned > effort.policies);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernel_and_user_space_ban_alike),
    };

    sandbox_enter();
    return cmocka_run_group_tests_name("limit_bans", tests, NULL, NULL);
}
