/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of packet cases, judged by the programs in the kernel and in user space alike.
 * EDGEXDP_POLICIES makes it a shorter test, of so many of its policies; EDGEXDP_SEED says which.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../shared/cases.h"
#include "../shared/effort.h"
#include "sandbox.h"
#include "seated.h"

#define NOW_S 1000

struct trial {
    struct seated seated;
    const char *policy; /* the seated one */
    struct effort effort;
    unsigned int policies; /* in the table */
    u64 turn;              /* of a policy to be seated */
    bool is_seated;        /* or not chosen */
    unsigned int waited_s; /* in this case */
    bool too_young;        /* the kernel, for that */
    bool is_bare;          /* judges by an interface without a link layer */
    bool was_other;        /* there was a packet in this case that is not IP there */
    unsigned int cases, asked, failures;
};

static void forget(void *context)
{
    struct trial *trial = context;

    trial->waited_s = 0;
    trial->too_young = false;
    trial->was_other = false;
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

static bool is_ip(const struct wire *wire)
{
    return wire->length >= 14 &&
           (!memcmp(wire->bytes + 12, "\x08\x00", 2) || !memcmp(wire->bytes + 12, "\x86\xdd", 2));
}

/* Without a link layer, a tag, ARP and everything else but IP is just another protocol; packets
 * that follow in the same case may depend on it. Returns NULL where nothing is expected. */
static const char *expected_of(struct trial *trial, const struct wire *wire, const char *expected)
{
    if (!trial->is_bare)
        return expected;
    if (is_ip(wire))
        return trial->was_other ? NULL : expected;
    trial->was_other = true;
    return trial->seated.court.image->header->switches.other_ethertypes
               ? "accept reason other-ethertype"
               : "drop reason other-ethertype";
}

static void judge(const struct wire *wire, const char *text, const char *expected, void *context)
{
    struct trial *trial = context;
    char native[SAID_BYTES], kernel[SAID_BYTES];
    bool asks = !trial->too_young && seated_can_ask(&trial->seated, wire);
    const char *of_kernel = expected ? expected_of(trial, wire, expected) : NULL;

    court_native(&trial->seated.court, wire, NOW_S + trial->waited_s, native);
    if (asks)
        seated_ask(&trial->seated, wire, kernel);
    if (!expected)
        return;
    trial->cases++;
    trial->asked += asks;
    if (!strcmp(native, expected) && (!asks || !of_kernel || !strcmp(kernel, of_kernel)))
        return;
    trial->failures++;
    print_error("%s\n    expected     %s\n    native_judge %s\n    kernel       %s\n", text,
                expected, native, asks ? kernel : "(not asked)");
}

static void count_policy(const struct case_group *group, void *context)
{
    struct trial *trial = context;

    trial->policies += trial->policy != group->policy;
    trial->policy = group->policy;
}

/* As many as were asked for, spread over the table: the chosen turns are those with which the whole
 * number of POLICIES / all grows. */
static bool is_chosen(struct trial *trial)
{
    u64 share = trial->effort.policies, all = trial->policies, turn = trial->turn++;

    return (turn + 1) * share / all > turn * share / all;
}

static void stand(struct trial *trial)
{
    if (trial->is_seated)
        seated_close(&trial->seated);
    trial->is_seated = false;
}

/* Loading programs takes longer than asking them everything. */
static void seat(struct trial *trial, const char *policy)
{
    stand(trial);
    trial->policy = policy;
    trial->is_seated = is_chosen(trial);
    if (!trial->is_seated)
        return;
    if (trial->is_bare)
        seated_open_bare(&trial->seated, policy);
    else
        seated_open(&trial->seated, policy);
}

static void judge_group(const struct case_group *group, void *context)
{
    struct trial *trial = context;
    struct case_judge judges = {forget, wait, ban, stranger, judge, trial};

    if (trial->policy != group->policy)
        seat(trial, group->policy);
    for (size_t i = 0; trial->is_seated && i < group->count; i++)
        case_play(&group->cases[i], &judges);
}

static void judge_all(struct trial *trial)
{
    cases_each(count_policy, trial);
    trial->policy = NULL;
    trial->effort = effort_read(trial->policies, 0);
    trial->turn = trial->effort.seed;
    cases_each(judge_group, trial);
    stand(trial);
    print_message("%u cases, %u of them asked of the kernel\n", trial->cases, trial->asked);
    assert_int_equal(trial->failures, 0);
}

static void judges_every_case(void **state)
{
    struct trial trial = {0};

    (void)state;
    judge_all(&trial);
}

/* By tc in both directions. The test run leaves the Ethernet header in front of the packet. */
static void judges_every_case_without_a_link_layer(void **state)
{
    struct trial trial = {.is_bare = true};

    (void)state;
    if (!sandbox_make_bare())
        skip();
    judge_all(&trial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_every_case),
        cmocka_unit_test(judges_every_case_without_a_link_layer),
    };

    sandbox_enter();
    return cmocka_run_group_tests_name("cases", tests, NULL, NULL);
}
