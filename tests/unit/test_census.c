/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who sends what, from samples: compared with counting everything. */
#include "check.h"

#include <math.h>

#include "../../loader/base/memory.h"
#include "../../loader/policy/address.h"
#include "../../loader/policy/piece.h"
#include "../../loader/policy/protocols.h"
#include "../../loader/top/census.h"
#include "../../loader/top/words.h"
#include "../shared/dice.h"

#define SYN 2
#define ACK 16

static const struct roster nobody;

/* A packet from SOURCE that some rule accepts; the rest is for the caller. */
static struct packet_sample sample_from(const char *source, u8 protocol, u16 port)
{
    struct packet_sample sample = {
        .stands_for = 1,
        .segments = 1,
        .frame_bytes = 100,
        .protocol = protocol,
        .source_port = 40000,
        .destination_port = port,
        .outcome = {.kind = OUTCOME_RULE, .verdict = VERDICT_ACCEPT},
    };
    enum family family;
    struct fault fault;
    u128 address;

    assert_int_equal(address_read(piece_of(source), &family, &address, &fault), 0);
    sample.family = (u8)family;
    address_to_bytes(family, address, sample.source);
    return sample;
}

static void make(struct census *census)
{
    assert_int_equal(census_init(census, 42), 0);
    census->seconds = 1;
}

/* The rows of FIELD as text: "VALUE PACKETS BYTES OPENED DROPPED; " for each. */
static const char *table(const struct census *census, enum census_field field)
{
    static char text[4096];
    struct census_row rows[64];
    size_t count = census_rows(census, DIRECTION_IN, field, rows, ARRAY_SIZE(rows)), length = 0;
    char words[TOP_WORDS_BYTES];

    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        length += (size_t)snprintf(text + length, sizeof(text) - length, "%s %.0f %.0f %.0f %.0f; ",
                                   top_words(field, &rows[i].key, &nobody, words),
                                   rows[i].figures.packets, rows[i].figures.bytes,
                                   rows[i].figures.opened, rows[i].figures.dropped);
    return text;
}

static void add(struct census *census, struct packet_sample sample, int times)
{
    while (times--)
        census_add(census, &sample, ROSTER_UNKNOWN);
}

static void each_field(void **state)
{
    struct packet_sample syn = sample_from("203.0.113.7", PROTOCOL_TCP, 443), segment = syn;
    struct packet_sample query = sample_from("2001:db8::7", PROTOCOL_UDP, 53);
    struct packet_sample ping = sample_from("203.0.113.8", PROTOCOL_ICMP, 8 << 8);
    struct packet_sample limited = syn, fragment = query,
                         arp = {.stands_for = 1, .segments = 1, .frame_bytes = 60};
    struct census census;

    (void)state;
    make(&census);
    syn.tcp_flags = SYN;
    syn.stands_for = 4;
    segment.tcp_flags = ACK;
    segment.segments = 3;
    segment.frame_bytes = 4000;
    query.outcome = (struct outcome){.kind = OUTCOME_REASON, .reason = REASON_DEFAULT};
    fragment.fragment = 1;
    arp.outcome =
        (struct outcome){.kind = OUTCOME_REASON, .reason = REASON_ARP, .verdict = VERDICT_ACCEPT};
    add(&census, syn, 10);
    add(&census, segment, 2);
    add(&census, query, 5);
    add(&census, ping, 4);
    add(&census, fragment, 3);
    add(&census, arp, 1);
    limited.outcome = (struct outcome){.kind = OUTCOME_LIMITED, .verdict = VERDICT_DROP};
    assert_string_equal(table(&census, BY_KIND),
                        "tcp syn 40 4000 40 0; tcp 6 8000 0 0; udp 5 500 0 5; icmp 4 400 0 0; "
                        "udp, later fragment 3 300 0 0; not IP 1 60 0 0; ");
    assert_string_equal(
        table(&census, BY_SOURCE),
        "203.0.113.7 46 12000 40 0; 2001:db8::7 8 800 0 5; 203.0.113.8 4 400 0 0; ");
    assert_string_equal(table(&census, BY_PORT),
                        "tcp 443 46 12000 40 0; udp 53 5 500 0 5; icmp echo-request 4 400 0 0; ");
    assert_string_equal(table(&census, BY_SOURCE_PORT),
                        "tcp 40000 46 12000 40 0; udp 40000 5 500 0 5; ");
    assert_string_equal(table(&census, BY_TCP_FLAGS), "syn 40 4000 40 0; ack 6 8000 0 0; ");
    assert_string_equal(
        table(&census, BY_RULE),
        "(of a policy that is gone) 53 12700 40 0; default 5 500 0 5; arp 1 60 0 0; ");
    add(&census, limited, 60);
    assert_non_null(strstr(table(&census, BY_RULE), "gone) (limited) 60 6000 0 60; "));
    assert_string_equal(table(&census, BY_NETWORK), "");
    census_clear(&census);
}

/* Directions do not mix. */
static void directions(void **state)
{
    struct packet_sample in = sample_from("203.0.113.7", PROTOCOL_UDP, 53), out = in;
    struct census_row row;
    struct census census;

    (void)state;
    make(&census);
    out.direction = DIRECTION_OUT;
    add(&census, in, 2);
    add(&census, out, 3);
    assert_int_equal(census_rows(&census, DIRECTION_IN, BY_SOURCE, &row, 1), 1);
    assert_true(row.figures.packets == 2 && row.figures.admitted == 2);
    assert_int_equal(census_rows(&census, DIRECTION_OUT, BY_SOURCE, &row, 1), 1);
    assert_true(row.figures.packets == 3 && row.figures.admitted == 0);
    census_clear(&census);
}

static void add_many(struct census *census, const char *format, int count, int times)
{
    char source[64];

    for (int i = 0; i < count; i++) {
        snprintf(source, sizeof(source), format, i);
        add(census, sample_from(source, PROTOCOL_UDP, 53), times);
    }
}

/* Many of one network are merged to the widest one of which none dominates. */
static void networks(void **state)
{
    static const struct {
        const char *format;
        int count, times;
        const char *expected;
    } cases[] = {
        {"203.0.113.%d", 200, 10, "203.0.113.0/24 2000 200000 0 0; "},
        {"203.0.%d.1", 100, 10, "203.0.0.0/16 1000 100000 0 0; "},
        {"203.%d.113.1", 100, 10, ""},
        {"203.0.113.%d", 3, 100, ""},
        {"2001:db8:1:2::%x", 100, 10, "2001:db8:1:2::/64 1000 100000 0 0; "},
        {"2001:db8:1:%x::1", 100, 10, "2001:db8:1::/48 1000 100000 0 0; "},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct census census;
        make(&census);
        add_many(&census, cases[i].format, cases[i].count, cases[i].times);
        assert_string_equal(table(&census, BY_NETWORK), cases[i].expected);
        census_clear(&census);
    }
}

/* One source among its quiet neighbours makes no network, and two networks stay two. */
static void networks_with_others(void **state)
{
    struct census_row rows[4];
    struct census census;

    (void)state;
    make(&census);
    add_many(&census, "198.51.100.%d", 50, 1);
    add(&census, sample_from("198.51.100.7", PROTOCOL_UDP, 53), 500);
    add_many(&census, "203.0.113.%d", 50, 10);
    add_many(&census, "203.0.114.%d", 40, 10);
    assert_string_equal(table(&census, BY_NETWORK),
                        "203.0.113.0/24 500 50000 0 0; 203.0.114.0/24 400 40000 0 0; ");
    assert_int_equal(census_rows(&census, DIRECTION_IN, BY_NETWORK, rows, 4), 2);
    assert_int_equal(rows[0].members, 50);
    assert_int_equal(census_rows(&census, DIRECTION_IN, BY_NETWORK, rows, 1), 1);
    census_clear(&census);
}

#define SOURCES 1000000
#define PACKETS 4000000
#define EVERY   8

static u32 source_of(u32 rank)
{
    return rank * 2654435761u; /* odd, so that each rank has another */
}

/* A million sources, of which number N sends in proportion to N^-1.2; one of eight packets is
 * sampled. The first ten are the true ones in order, and none is wrong by more than 5 %. */
static void skewed(void **state)
{
    float *sums = malloc(SOURCES * sizeof(*sums));
    u32 exact[SOURCES > 11 ? 11 : SOURCES] = {0}, skip = 1;
    struct packet_sample sample = sample_from("192.0.2.1", PROTOCOL_TCP, 443);
    struct census_row rows[10];
    struct dice dice = {5};
    struct census census;
    double sum = 0;

    (void)state;
    assert_non_null(sums);
    make(&census);
    sample.stands_for = EVERY;
    for (u32 rank = 0; rank < SOURCES; rank++)
        sums[rank] = (float)(sum += pow(rank + 1, -1.2));
    for (int i = 0; i < PACKETS; i++) {
        float place = (float)(sum * (double)(dice_roll(&dice) >> 11) / (double)(1ull << 53));
        u32 low = 0, high = SOURCES - 1;
        while (low < high) {
            u32 middle = (low + high) / 2;
            if (sums[middle] < place)
                low = middle + 1;
            else
                high = middle;
        }
        if (low < ARRAY_SIZE(exact))
            exact[low]++;
        if (--skip)
            continue;
        skip = 1 + dice_below(&dice, 2 * EVERY - 1);
        u32 source = source_of(low);
        memcpy(sample.source, &source, sizeof(source));
        census_add(&census, &sample, ROSTER_UNKNOWN);
    }
    assert_int_equal(census_rows(&census, DIRECTION_IN, BY_SOURCE, rows, 10), 10);
    for (u32 rank = 0; rank < 10; rank++) {
        u32 source = source_of(rank);
        assert_memory_equal(rows[rank].key.address, &source, sizeof(source));
        double ratio = rows[rank].figures.packets / exact[rank];
        if (ratio < 0.95 || ratio > 1.05)
            fail_msg("rank %u: %.0f instead of %u", rank + 1, rows[rank].figures.packets,
                     exact[rank]);
    }
    census_clear(&census);
    free(sums);
}

static void rates(void **state)
{
    struct census census;

    (void)state;
    assert_int_equal(census_init(&census, 1), 0);
    assert_true(census_rate(&census) == 0);
    add(&census, sample_from("203.0.113.7", PROTOCOL_UDP, 53), 100);
    census.seconds = 4;
    assert_true(census_rate(&census) == 0.25);
    census.lost = 300; /* as many again, three times: they were like those that were seen */
    assert_true(census_rate(&census) == 1);
    census_age(&census, 0.5);
    assert_true(census.seconds == 2 && census_rate(&census) == 2);
    assert_string_equal(table(&census, BY_SOURCE), "203.0.113.7 50 5000 0 0; ");
    census_clear(&census);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_field), cmocka_unit_test(directions),
        cmocka_unit_test(networks),   cmocka_unit_test(networks_with_others),
        cmocka_unit_test(skewed),     cmocka_unit_test(rates),
    };

    return cmocka_run_group_tests_name("census", tests, NULL, NULL);
}
