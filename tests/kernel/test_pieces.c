/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames that do not lie in one piece: drivers that separate headers and data leave as much in the
 * first piece of an XDP frame as they like, or nothing. Wherever a frame is cut, it gets the same
 * verdict, is counted in the same place with the same bytes, and is reported with the same bytes.
 * The exception is padding that lies apart from the packet: it is not known without asking.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <cmocka.h>
#include <errno.h>
#include <linux/bpf.h>
#include <poll.h>

#include "../../loader/base/memory.h"
#include "../shared/cases.h"
#include "sandbox.h"
#include "seated.h"

/* Where frames are cut: nowhere, before and within every header, and in the data. */
static const u32 firsts[] = {0, 1, 13, 14, 20, 33, 34, 38, 42, 54, 62, 100, 128, 600, 1023, 1024};

/* One at a time; closed after a failure, too: otherwise the next would wait for its lock. */
static struct seated seated;
static const char *seated_policy;

static void open_seated(const char *text)
{
    if (seated_policy == text)
        return;
    if (seated_policy)
        seated_close(&seated);
    seated_policy = text;
    seated_open(&seated, text);
}

static int close_seated(void **state)
{
    (void)state;
    if (seated_policy)
        seated_close(&seated);
    seated_policy = NULL;
    return 0;
}

struct trial {
    unsigned int asked, failures;
};

/* Runs the attached program on a frame of which only the first FIRST bytes are in the first piece.
 * Returns XDP's verdict, or -errno. */
static int run(const struct wire *wire, u32 first)
{
    struct xdp_md context = {.data_end = first};
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = wire->bytes,
                .data_size_in = (u32)wire->length, .ctx_in = &context,
                .ctx_size_in = sizeof(context), .repeat = 1);
    int error = bpf_prog_test_run_opts(seated_root(&seated, DIRECTION_IN), &options);

    return error ? error : (int)options.retval;
}

/* What one packet added, as text: which counter, packets and bytes. */
static char *difference(const struct counters *before, const struct counters *after, char text[128])
{
    size_t length = 0;

    text[0] = 0;
    for (u32 slot = 0; slot < REASON_SLOTS; slot++)
        if (after->reasons[slot].packets != before->reasons[slot].packets && length < 128)
            length += (size_t)snprintf(
                text + length, 128 - length, "reason %u: +%llu, %llu bytes; ", slot,
                (unsigned long long)(after->reasons[slot].packets - before->reasons[slot].packets),
                (unsigned long long)(after->reasons[slot].bytes - before->reasons[slot].bytes));
    for (size_t i = 0; i < after->rule_count; i++) {
        const struct rule_counter *was = &before->rules[i], *is = &after->rules[i];
        u64 packets = is->packets + is->reply_packets - was->packets - was->reply_packets;
        if (packets && length < 128)
            length += (size_t)snprintf(
                text + length, 128 - length, "rule %zu: +%llu, %llu bytes; ", i,
                (unsigned long long)packets,
                (unsigned long long)(is->bytes + is->reply_bytes - was->bytes - was->reply_bytes));
    }
    return text;
}

/* The same, and what that adds to *COUNTERS, which become those of now. */
static int run_and_see(const struct wire *wire, u32 first, struct counters *counters,
                       char text[128])
{
    struct counters after;
    int verdict = run(wire, first);

    seated_counters(&seated, &after);
    difference(counters, &after, text);
    counters_clear(counters);
    *counters = after;
    return verdict;
}

static void judge(const struct wire *wire, const char *text, const char *expected, void *context)
{
    struct trial *trial = context;
    struct counters counters;
    char whole[128], cut[128];

    (void)expected;
    if (wire->direction == DIRECTION_OUT || wire->length < 14 || strstr(text, "| pad "))
        return;
    seated_counters(&seated, &counters);
    int verdict = run_and_see(wire, (u32)wire->length, &counters, whole);
    for (size_t i = 0; i < ARRAY_SIZE(firsts) && firsts[i] < wire->length; i++) {
        int got = run_and_see(wire, firsts[i], &counters, cut);
        trial->asked++;
        if (got == verdict && !strcmp(whole, cut))
            continue;
        trial->failures++;
        print_error("%s\n    in one piece: %d, %s\n    %u bytes first: %d, %s\n", text, verdict,
                    whole, firsts[i], got, cut);
    }
    counters_clear(&counters);
}

static void nothing(void *context)
{
    (void)context;
}

static void no_time(unsigned int seconds, void *context)
{
    (void)seconds;
    (void)context;
}

static void nobody(const struct banned *banned, unsigned int seconds, void *context)
{
    (void)banned;
    (void)seconds;
    (void)context;
}

static void judge_group(const struct case_group *group, void *context)
{
    struct case_judge judges = {nothing, no_time, nobody, nothing, judge, context};

    open_seated(group->policy);
    for (size_t i = 0; i < group->count; i++)
        case_play(&group->cases[i], &judges);
}

static void every_case_in_pieces(void **state)
{
    struct trial trial = {0};

    (void)state;
    cases_each(judge_group, &trial);
    print_message("%u frames in pieces\n", trial.asked);
    assert_true(trial.asked > 1000);
    assert_int_equal(trial.failures, 0);
}

static const char policy[] = "[policy]\nname = pieces\n"
                             "[rule ok]\ndirection = in\nprotocol = udp\nport = 5000\n"
                             "action = accept\nlog = yes\n";

static void jumbo_frames(void **state)
{
    static const u32 cuts[] = {0, 42, 128, 1023, 1024, 3000};
    struct counters counters;
    struct wire wire;
    char whole[128], cut[128];

    (void)state;
    open_seated(policy);
    seated_counters(&seated, &counters);
    wire_read("in ip4 203.0.113.7 > 198.51.100.10 | udp 40000 > 5000 | data 6000", &wire);
    assert_int_equal(run_and_see(&wire, 3500, &counters, whole), XDP_PASS);
    assert_string_equal(whole, "rule 0: +1, 6042 bytes; ");
    for (size_t i = 0; i < ARRAY_SIZE(cuts); i++) {
        assert_int_equal(run_and_see(&wire, cuts[i], &counters, cut), XDP_PASS);
        assert_string_equal(whole, cut);
    }
    counters_clear(&counters);
    /* A length that the frame does not have is invalid, wherever the frame is cut. */
    wire_read("in ip4 203.0.113.7 > 198.51.100.10 | udp 40000 > 5000 | data 6000 | cut 6000",
              &wire);
    for (size_t i = 0; i < ARRAY_SIZE(cuts); i++)
        assert_int_equal(run(&wire, cuts[i]), XDP_DROP);
}

static void hear(const struct event *event, void *heard)
{
    *(struct event *)heard = *event;
}

/* Each is reported with the beginning of the frame, wherever that lies. */
static void events(void **state)
{
    static const char *const packets[] = {
        "in ip4 203.0.113.7 > 198.51.100.10 | udp 40000 > 5000 | data 600",
        "in ip6 2001:db8::1 > 2001:db8::2 | udp 40000 > 53 | data 600",
        "in type 0x88b5 | data 600",
        "in ip4 203.0.113.7 > 198.51.100.10 ihl 4 | udp 40000 > 5000 | data 600",
    };
    struct listener *listener;
    struct event heard;
    struct wire wire;
    struct why why;

    (void)state;
    open_seated(policy);
    assert_int_equal(
        guard_listen(seated.guard, HEARS_LOGGED | HEARS_DROPPED, hear, &heard, &listener, &why), 0);
    for (size_t i = 0; i < ARRAY_SIZE(packets); i++) {
        wire_read(packets[i], &wire);
        for (size_t cut = 0; cut < ARRAY_SIZE(firsts) && firsts[cut] < wire.length; cut++) {
            memset(&heard, 0, sizeof(heard));
            run(&wire, firsts[cut]);
            assert_int_equal(listener_read(listener), 1);
            assert_int_equal(heard.frame_bytes, wire.length);
            assert_int_equal(heard.captured_bytes, EVENT_FRAME_BYTES);
            assert_memory_equal(heard.frame, wire.bytes, EVENT_FRAME_BYTES);
        }
    }
    listener_close(listener);
}

/* Before Linux 6.18 a test run leaves everything in the first piece. */
static bool kernel_cuts(void)
{
    struct wire wire;

    open_seated(policy);
    wire_read("in ip4 203.0.113.7 > 198.51.100.10 | udp 40000 > 5000 | data 600", &wire);
    int verdict = run(&wire, 300);
    close_seated(NULL);
    return verdict >= 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_case_in_pieces, close_seated),
        cmocka_unit_test_teardown(jumbo_frames, close_seated),
        cmocka_unit_test_teardown(events, close_seated),
    };

    sandbox_enter();
    if (!kernel_cuts()) {
        puts("skipped: this kernel's test runs put every frame in one piece");
        return SKIPPED;
    }
    return cmocka_run_group_tests_name("pieces", tests, NULL, NULL);
}
