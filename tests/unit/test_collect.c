/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who opened what: what is a talk, and what is something else. */
#include "sightings.h"

static void assert_parts(const struct collection *collection, u64 replies, u64 continuing,
                         u64 unasked, u64 errors)
{
    assert_int_equal(collection->replies.packets, replies);
    assert_int_equal(collection->continuing.packets, continuing);
    assert_int_equal(collection->unasked.packets, unasked);
    assert_int_equal(collection->errors.packets, errors);
}

static size_t talks_count(const struct collection *collection)
{
    struct talk **list;
    size_t count;

    assert_int_equal(talks_list(collection->talks, &list, &count), 0);
    free(list);
    return count;
}

static void a_connection_is_one_talk(void **state)
{
    (void)state;
    struct collection *collection = collection_new();

    see(collection, "in tcp 203.0.113.7:40000 > 198.51.100.10:443 syn");
    see(collection, "out tcp 198.51.100.10:443 > 203.0.113.7:40000 syn-ack");
    see(collection, "in tcp 203.0.113.7:40000 > 198.51.100.10:443 ack");
    see(collection, "in tcp 203.0.113.7:40001 > 198.51.100.10:443 syn");
    assert_int_equal(talks_count(collection), 1);
    assert_parts(collection, 1, 0, 0, 0);
    assert_said(collection, MERGE_SERVICE,
                "; 3 packets, 300 bytes from 1 source; 2 SYNs, answered\n", true);
    collection_clear(collection);
}

static void tcp_without_a_beginning_is_none(void **state)
{
    (void)state;
    struct collection *collection = collection_new();

    see(collection, "in tcp 203.0.113.7:443 > 198.51.100.10:40000 syn-ack");
    see(collection, "in tcp 203.0.113.7:40000 > 198.51.100.10:443 ack");
    see(collection, "in tcp 203.0.113.7:40000 > 198.51.100.10:443 rst");
    assert_int_equal(talks_count(collection), 0);
    assert_parts(collection, 0, 3, 0, 0);
    collection_clear(collection);
}

static void who_comes_first_asks(void **state)
{
    (void)state;
    struct collection *collection = collection_new();

    see(collection, "out udp 198.51.100.10:40000 > 192.0.2.53:53");
    see(collection, "in udp 192.0.2.53:53 > 198.51.100.10:40000");
    see(collection, "in udp 192.0.2.9:5060 > 198.51.100.10:5060");
    see(collection, "out udp 198.51.100.10:5060 > 192.0.2.9:5060");
    see(collection, "in 47 192.0.2.9 > 198.51.100.10");
    see(collection, "out 47 198.51.100.10 > 192.0.2.9");
    assert_int_equal(talks_count(collection), 3);
    assert_parts(collection, 3, 0, 0, 0);
    assert_said(collection, MERGE_SERVICE, "= accept in udp 192.0.2.9 > 198.51.100.10:5060\n",
                true);
    assert_said(collection, MERGE_SERVICE, "accept out udp 198.51.100.10 > 192.0.2.53:53\n", true);
    collection_clear(collection);
}

static void answers_to_what_was_not_seen_are_none(void **state)
{
    (void)state;
    struct collection *collection = collection_new();

    see(collection, "in udp 192.0.2.53:53 > 198.51.100.10:40000");
    see(collection, "in icmp 192.0.2.53 > 198.51.100.10 echo-reply");
    assert_int_equal(talks_count(collection), 0);
    assert_parts(collection, 0, 0, 2, 0);
    see(collection, "in udp 192.0.2.53:123 > 198.51.100.10:123");
    assert_int_equal(talks_count(collection), 1);
    collection_clear(collection);
}

static void pings_and_errors(void **state)
{
    (void)state;
    struct collection *collection = collection_new();

    see(collection, "in icmp 203.0.113.7 > 198.51.100.10 echo-request");
    see(collection, "out icmp 198.51.100.10 > 203.0.113.7 echo-reply");
    see(collection, "out icmp 198.51.100.10 > 203.0.113.7 echo-request");
    see(collection, "in icmpv6 2001:db8::7 > 2001:db8::10 echo-request");
    see(collection, "out icmp 198.51.100.10 > 203.0.113.7 destination-unreachable/3");
    assert_int_equal(talks_count(collection), 3);
    assert_parts(collection, 1, 0, 0, 1);
    collection_clear(collection);
}

static void only_what_the_default_drops(void **state)
{
    (void)state;
    struct collection *collection = collection_new();
    struct sighting banned = sighting_of("in tcp 203.0.113.7:40000 > 198.51.100.10:443 syn");

    banned.outcome.reason = REASON_BANNED;
    collection_add(collection, &banned);
    banned.outcome = (struct outcome){.kind = OUTCOME_RULE};
    collection_add(collection, &banned);
    see_accepted(collection, "in tcp 203.0.113.7:40000 > 198.51.100.10:443 syn");
    assert_int_equal(talks_count(collection), 0);
    assert_int_equal(collection->dropped.packets, 0);
    collection_clear(collection);
}

/* An answer counts whatever becomes of it. */
static void an_accepted_answer_is_one(void **state)
{
    (void)state;
    struct collection *collection = collection_new();

    see(collection, "in tcp 203.0.113.7:40000 > 198.51.100.10:443 syn");
    see_accepted(collection, "out tcp 198.51.100.10:443 > 203.0.113.7:40000 syn-ack");
    assert_parts(collection, 0, 0, 0, 0);
    assert_said(collection, MERGE_SERVICE, "1 SYN, answered\n", true);
    collection_clear(collection);
}

/* Every packet is in exactly one of the sums. */
static void nothing_is_lost(void **state)
{
    (void)state;
    struct collection *collection = collection_new();
    struct findings findings;
    u64 suggested = 0;
    char text[80];

    for (int i = 0; i < 5000; i++) {
        snprintf(text, sizeof(text), "in tcp 203.0.%d.%d:40000 > 198.51.100.10:443 syn", i / 250,
                 i % 250 + 1);
        see(collection, text);
    }
    assert_int_equal(
        findings_make(collection, &(struct suggested_wish){.merge = MERGE_SERVICE}, &findings), 0);
    for (size_t i = 0; i < findings.suggestions.count; i++)
        suggested +=
            findings.suggestions.rules[i].packets + findings.suggestions.rules[i].left.packets;
    assert_int_equal(suggested, LINES * TALKS_IN_LINE);
    assert_int_equal(suggested + findings.forgotten.packets, 5000);
    assert_int_equal(findings.suggestions.rules[0].packets, MERGE_FARS_MAX);
    findings_clear(&findings);
    collection_clear(collection);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_is_one_talk),
        cmocka_unit_test(tcp_without_a_beginning_is_none),
        cmocka_unit_test(who_comes_first_asks),
        cmocka_unit_test(answers_to_what_was_not_seen_are_none),
        cmocka_unit_test(pings_and_errors),
        cmocka_unit_test(only_what_the_default_drops),
        cmocka_unit_test(an_accepted_answer_is_one),
        cmocka_unit_test(nothing_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
