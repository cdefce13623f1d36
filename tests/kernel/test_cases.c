/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of packets, judged by the programs in the kernel and in user space alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../shared/cases.h"
#include "sandbox.h"
#include "seated.h"

#define NOW_S 1000

struct trial {
    struct seated seated;
    const char *policy;    /* the one that is seated */
    unsigned int waited_s; /* in this case */
    bool too_young;        /* the kernel, for that */
    unsigned int cases, asked, failures;
};

static void forget(void *context)
{
    struct trial *trial = context;

    trial->waited_s = 0;
    trial->too_young = false;
    seated_forget(&trial->seated);
    seated_opened(&trial->seated, false);
}

static void wait(unsigned int seconds, void *context)
{
    struct trial *trial = context;

    trial->waited_s += seconds;
    trial->too_young |= !seated_wait(&trial->seated, seconds);
}

static void ban(const struct banned *banned, unsigned int seconds, void *context)
{
    struct trial *trial = context;
    unsigned int now_s = NOW_S + trial->waited_s;

    court_ban(&trial->seated.court, banned, seconds ? now_s + seconds : 0);
    seated_ban(&trial->seated, banned, seconds);
}

static void stranger(void *context)
{
    struct trial *trial = context;

    seated_opened(&trial->seated, true);
}

static void judge(const struct wire *wire, const char *text, const char *expected, void *context)
{
    struct trial *trial = context;
    char native[SAID_BYTES], kernel[SAID_BYTES];
    bool asks = !trial->too_young && seated_can_ask(wire);

    court_native(&trial->seated.court, wire, NOW_S + trial->waited_s, native);
    if (asks)
        seated_ask(&trial->seated, wire, kernel);
    if (!expected)
        return;
    trial->cases++;
    trial->asked += asks;
    if (!strcmp(native, expected) && (!asks || !strcmp(kernel, expected)))
        return;
    trial->failures++;
    print_error("%s\n    expected     %s\n    native_judge %s\n    kernel       %s\n", text,
                expected, native, asks ? kernel : "(not asked)");
}

static void judge_group(const struct case_group *group, void *context)
{
    struct trial *trial = context;
    struct case_judge judges = {forget, wait, ban, stranger, judge, trial};

    /* To load programs takes longer than to ask them everything. */
    if (trial->policy != group->policy) {
        if (trial->policy)
            seated_close(&trial->seated);
        seated_open(&trial->seated, group->policy);
        trial->policy = group->policy;
    }
    for (size_t i = 0; i < group->count; i++)
        case_play(&group->cases[i], &judges);
}

static void judges_every_case(void **state)
{
    struct trial trial = {0};

    (void)state;
    cases_each(judge_group, &trial);
    seated_close(&trial.seated);
    print_message("%u cases, %u of them asked of the kernel\n", trial.cases, trial.asked);
    assert_int_equal(trial.failures, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_every_case),
    };

    sandbox_enter();
    return cmocka_run_group_tests_name("cases", tests, NULL, NULL);
}
