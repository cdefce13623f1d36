/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits on trial, packet by packet, beside an exact count of each source, and beside a policy that
 * has the limit. */
#include "check.h"

#include "../../loader/policy/limit.h"
#include "../../loader/replay/trial.h"
#include "../shared/dice.h"
#include "../shared/wire.h"

#define SOURCES 6u
#define PACKETS 60000u
#define POLICY                                                                                     \
    HEAD "[rules]\nask = accept out tcp > :9\n"                                                    \
         "web = accept in tcp > :443  %s\nold = drop in tcp > :23\nany = accept in udp >\n"

static const struct {
    const char *text;
    u64 rate, burst; /* a second */
    bool per_source, bytes, new_only;
} limits[] = {
    {"7/second per source burst 3", 7, 3, .per_source = true},
    {"50/second per source", 50, 50, .per_source = true},
    {"900/second per source burst 1", 900, 1, .per_source = true},
    {"300/second", 300, 300, .per_source = false},
    {"20 new/second per source", 20, 20, .per_source = true, .new_only = true},
    {"9000 bytes/second per source burst 2000", 9000, 2000, .per_source = true, .bytes = true},
};
#define LIMITS (sizeof(limits) / sizeof(limits[0]))

/* A packet of the traffic: in the mean one each millisecond, from some source more than from
 * others. */
struct sent {
    u64 time_ns;
    u8 source;
    bool opens;
    const struct wire *wire;
    u64 ip_bytes;
};

static struct wire wires[SOURCES][2];
static struct sent traffic[PACKETS];

static int send_all(void **state)
{
    static const char *const sources[SOURCES] = {
        "ip4 203.0.113.1 > 198.51.100.10",  "ip4 203.0.113.2 > 198.51.100.10",
        "ip4 203.0.114.1 > 198.51.100.10",  "ip6 2001:db8:1::1 > 2001:db8::10",
        "ip6 2001:db8:2::1 > 2001:db8::10", "ip6 2001:db8:3::1 > 2001:db8::10"};
    struct dice dice = {.state = 5};
    u64 now_ns = 1700000000 * SECOND_NS;
    char text[WIRE_TEXT];

    (void)state;
    for (u32 i = 0; i < SOURCES; i++)
        for (int opens = 0; opens < 2; opens++) {
            snprintf(text, sizeof(text), "in %s | tcp 40000 > 443 %s | data %u", sources[i],
                     opens ? "syn" : "ack", opens ? 0 : 100 * i);
            wire_read(text, &wires[i][opens]);
        }
    for (u32 i = 0; i < PACKETS; i++) {
        u8 source = (u8)(dice_below(&dice, SOURCES) * dice_below(&dice, SOURCES) / SOURCES);
        bool opens = dice_chance(&dice, 30);
        now_ns += dice_below(&dice, 2000000);
        traffic[i] = (struct sent){now_ns, source, opens, &wires[source][opens],
                                   wires[source][opens].length - 14};
    }
    return 0;
}

/* GCRA as the standard says it, in 2^-16 ns: exact but for the division. */
struct bucket {
    u64 seen_ns;
    unsigned __int128 ahead;
};

static bool passes(struct bucket *bucket, u64 rate, u64 burst, u64 count, u64 now_ns)
{
    unsigned __int128 cost = ((unsigned __int128)SECOND_NS << 16) / rate;
    unsigned __int128 gone = (unsigned __int128)(now_ns - bucket->seen_ns) << 16;

    bucket->ahead = bucket->ahead > gone ? bucket->ahead - gone : 0;
    bucket->seen_ns = now_ns;
    if (bucket->ahead + cost * count > cost * burst)
        return false;
    bucket->ahead += cost * count;
    return true;
}

struct bench {
    struct diag *diag;
    struct policy *policy;
    struct image *image;
    struct native *native;
};

/* A policy whose rule has the limit called OWN, or none. */
static void bench_open(struct bench *bench, const char *own)
{
    char text[1024];

    snprintf(text, sizeof(text), POLICY, own);
    bench->diag = diag_new();
    bench->policy = good_policy(text, bench->diag);
    assert_int_equal(policy_compile(bench->policy, &BOUNDS_DEFAULT, &bench->image, bench->diag), 0);
}

static void bench_close(struct bench *bench)
{
    native_free(bench->native);
    image_free(bench->image);
    policy_free(bench->policy);
    diag_free(bench->diag);
}

static void start(struct bench *bench, struct trials *trials, const char *own)
{
    struct fault fault;
    struct why why;
    u32 unfit;

    bench_open(bench, own);
    for (u32 i = 0; i < LIMITS; i++)
        assert_int_equal(
            limit_read(piece_of(limits[i].text), &trials->list[trials->count++].limit, &fault), 0);
    assert_int_equal(trials_choose(trials, bench->policy, "web", &unfit, &why), 0);
    assert_int_equal(trials_prepare(trials, bench->policy, &bench->image, bench->diag), 0);
    bench->native = native_new(bench->image->header);
    assert_non_null(bench->native);
    assert_int_equal(trials_begin(trials, bench->image, bench->native), 0);
}

static struct outcome judge(const struct bench *bench, const struct sent *sent)
{
    return native_judge(bench->native, DIRECTION_IN, sent->wire->bytes, sent->wire->length,
                        sent->time_ns);
}

/* Who passes by limit number AT differs by at most a packet from an exact count, or by what the
 * rounding of times (to a microsecond) makes of it; and never is more than burst and rate allow. */
static void assert_close(size_t at, u32 source, u64 passed, u64 exact, double seconds)
{
    double most = (double)limits[at].burst + (double)limits[at].rate * seconds;
    double slack = (limits[at].bytes ? 1500 : 2) + (double)exact / 500;

    if ((double)passed > most + 1 || (double)passed > (double)exact + slack ||
        (double)passed < (double)exact - slack)
        fail_msg("%s, source %u: %llu passed, of %llu; at most %f", limits[at].text, source, passed,
                 exact, most);
}

/* Whatever limits the rule has itself. */
static void agrees_with_an_exact_count(void **state)
{
    static struct bucket buckets[LIMITS][SOURCES];
    static u64 passed[LIMITS][SOURCES], exact[LIMITS][SOURCES];
    struct bench bench = {0};
    struct trials trials = {0};

    (void)state;
    start(&bench, &trials, "limit 1/hour per source");
    for (u32 p = 0; p < PACKETS; p++) {
        const struct sent *sent = &traffic[p];
        const struct native_asked *asked;

        assert_int_equal(judge(&bench, sent).kind, OUTCOME_RULE);
        assert_int_equal(native_asked(bench.native, &asked), LIMITS);
        for (size_t i = 0; i < LIMITS; i++) {
            u32 who = limits[i].per_source ? sent->source : 0;
            u64 count = limits[i].bytes ? sent->ip_bytes : 1;
            assert_int_equal(asked[i].family == FAMILY_NONE, !limits[i].per_source);
            if (limits[i].new_only && !sent->opens) {
                assert_false(asked[i].refused);
                continue;
            }
            passed[i][who] += asked[i].refused ? 0 : count;
            exact[i][who] +=
                passes(&buckets[i][who], limits[i].rate, limits[i].burst, count, sent->time_ns)
                    ? count
                    : 0;
        }
    }
    double seconds = (double)(traffic[PACKETS - 1].time_ns - traffic[0].time_ns) / SECOND_NS;
    for (size_t i = 0; i < LIMITS; i++)
        for (u32 who = 0; who < (limits[i].per_source ? SOURCES : 1); who++)
            assert_close(i, who, passed[i][who], exact[i][who], seconds);
    trials_clear(&trials);
    bench_close(&bench);
}

/* Packet by packet. */
static void agrees_with_a_policy_that_has_the_limit(void **state)
{
    struct bench bench = {0}, having[LIMITS] = {{0}};
    struct trials trials = {0};
    char own[128];

    (void)state;
    start(&bench, &trials, "");
    for (size_t i = 0; i < LIMITS; i++) {
        snprintf(own, sizeof(own), "limit %s", limits[i].text);
        bench_open(&having[i], own);
        having[i].native = native_new(having[i].image->header);
    }
    for (u32 p = 0; p < PACKETS; p++) {
        const struct native_asked *asked, *of_it;
        judge(&bench, &traffic[p]);
        native_asked(bench.native, &asked);
        for (size_t i = 0; i < LIMITS; i++) {
            bool refused = judge(&having[i], &traffic[p]).kind == OUTCOME_LIMITED;
            assert_int_equal(asked[i].refused, refused);
            assert_int_equal(native_asked(having[i].native, &of_it), 1);
            assert_int_equal(of_it->refused, refused);
            assert_memory_equal(of_it->who, asked[i].who, sizeof(of_it->who));
        }
    }
    for (size_t i = 0; i < LIMITS; i++)
        bench_close(&having[i]);
    trials_clear(&trials);
    bench_close(&bench);
}

static void assert_chosen(const char *rule, const char *text, u32 expected_unfit,
                          const char *expected)
{
    struct bench bench = {0};
    struct trials trials = {.count = 1};
    struct why why = {0};
    struct fault fault;
    u32 unfit;

    bench_open(&bench, "");
    assert_int_equal(limit_read(piece_of(text), &trials.list[0].limit, &fault), 0);
    int error = trials_choose(&trials, bench.policy, rule, &unfit, &why);
    assert_int_equal(error, *expected ? -EINVAL : 0);
    assert_string_equal(why.text, expected);
    assert_int_equal(unfit, expected_unfit);
    bench_close(&bench);
}

static void chooses_a_rule(void **state)
{
    (void)state;
    assert_chosen("web", "5 new/second", TRIALS_MAX, "");
    assert_chosen(
        "wbe", "5/second", TRIALS_MAX,
        "--rule: test.ini has no rule \"wbe\" (did you mean \"web\"?): name the rule that "
        "the limit is for");
    assert_chosen("old", "5/second", TRIALS_MAX,
                  "--rule: rule old drops what it matches, and only what is accepted can be "
                  "limited: name a rule that accepts");
    assert_chosen("any", "5 new/second", 0,
                  "only TCP has new connections: write protocol = tcp, or count packets");
}

static void assert_spread(const char *text, const char *expected)
{
    struct trials trials = {.count = 1};
    char all[TRIALS_MAX * LIMIT_TEXT_BYTES] = "", one[LIMIT_TEXT_BYTES];
    struct fault fault;

    assert_int_equal(limit_read(piece_of(text), &trials.list[0].limit, &fault), 0);
    trials_spread(&trials);
    for (u32 i = 0; i < trials.count; i++) {
        strcat(all, i ? ", " : "");
        strcat(all, limit_print(&trials.list[i].limit, one));
    }
    assert_string_equal(all, expected);
}

static void spreads_around_what_was_given(void **state)
{
    (void)state;
    assert_spread("100/second per source", "25/second per source, 50/second per source, "
                                           "100/second per source, 200/second per source, "
                                           "400/second per source");
    assert_spread("50/minute burst 9", "13/minute burst 9, 25/minute burst 9, 50/minute burst 9, "
                                       "100/minute burst 9, 200/minute burst 9");
    assert_spread("1 new/second", "15 new/minute, 30 new/minute, 1 new/second, 2 new/second, "
                                  "4 new/second");
    assert_spread("2/hour", "1/hour, 2/hour, 4/hour, 8/hour");
    assert_spread("1000000000/second", "250000000/second, 500000000/second, 1000000000/second");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(agrees_with_an_exact_count),
                                       cmocka_unit_test(agrees_with_a_policy_that_has_the_limit),
                                       cmocka_unit_test(chooses_a_rule),
                                       cmocka_unit_test(spreads_around_what_was_given)};

    return cmocka_run_group_tests(tests, send_all, NULL);
}
