/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of packet cases, judged in user space by the judge that it shares with the kernel side,
 * and by the second judge, which must follow the manual as well. tests/kernel asks the kernel the
 * same.
 */
#include "check.h"

#include "../shared/cases.h"
#include "../shared/court.h"

struct trial {
    struct court court;
    u64 now_s;
    unsigned int cases, failures;
};

static void forget(void *context)
{
    struct trial *trial = context;

    trial->now_s = 1000;
    court_forget(&trial->court);
    court_opened(&trial->court, false);
}

static void wait_for(unsigned int seconds, void *context)
{
    struct trial *trial = context;

    trial->now_s += seconds;
}

static void ban(const struct banned *banned, unsigned int seconds, void *context)
{
    struct trial *trial = context;

    court_ban(&trial->court, banned, seconds ? trial->now_s + seconds : 0);
}

static void stranger(void *context)
{
    struct trial *trial = context;

    court_opened(&trial->court, true);
}

static void judge(const struct wire *wire, const char *text, const char *expected, void *context)
{
    struct trial *trial = context;
    char native[SAID_BYTES];
    struct said said = court_brute(&trial->court, wire, trial->now_s);

    court_native(&trial->court, wire, trial->now_s, native);
    if (!expected)
        return;
    trial->cases++;
    if (!strcmp(native, expected) && said_matches(&said, expected))
        return;
    trial->failures++;
    print_error("%s\n    expected     %s\n    native_judge %s\n    brute_judge  %s\n", text,
                expected, native, said.text);
}

static void judge_group(const struct case_group *group, void *context)
{
    struct trial *trial = context;
    struct case_judge judges = {forget, wait_for, ban, stranger, judge, trial};

    court_open(&trial->court, group->policy);
    for (size_t i = 0; i < group->count; i++)
        case_play(&group->cases[i], &judges);
    court_close(&trial->court);
}

static void judges_every_case(void **state)
{
    struct trial trial = {0};

    (void)state;
    cases_each(judge_group, &trial);
    print_message("%u cases\n", trial.cases);
    assert_int_equal(trial.failures, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_every_case),
    };

    return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
