// SPDX-License-Identifier: GPL-2.0-or-later
/* Events in words: packets of every kind, known and unknown. */
#include "check.h"

#include "../../loader/event/event.h"
#include "../../loader/judge/frame_build.h"
#include "../../loader/policy/notation.h"

static const struct event tcp = {
    .outcome = {.kind = OUTCOME_RULE, .verdict = VERDICT_ACCEPT, .rule = 3},
    .direction = DIRECTION_IN,
    .family = FAMILY_IPV4,
    .protocol = 6,
    .tcp_flags = 0x12,
    .source = {203, 0, 113, 7},
    .destination = {198, 51, 100, 10},
    .source_port = 40000,
    .destination_port = 5061,
    .frame_bytes = 74,
};

static void test_rules(void **state)
{
    struct event event = tcp;
    char text[EVENT_TEXT_BYTES];

    (void)state;
    assert_string_equal(event_print(&event, "sip", text),
                        "accept by rule sip: in tcp 203.0.113.7:40000 > 198.51.100.10:5061 "
                        "syn-ack, 74 bytes");
    assert_null(event_reason(&event));
    event.audit = 1;
    assert_string_equal(event_print(&event, NULL, text),
                        "accept by rule of a policy that is gone: in tcp 203.0.113.7:40000 > "
                        "198.51.100.10:5061 syn-ack, 74 bytes");
}

static void test_reasons(void **state)
{
    struct event event = tcp;
    char text[EVENT_TEXT_BYTES];

    (void)state;
    event.outcome = (struct outcome){.kind = OUTCOME_REASON, .reason = REASON_FRAGMENT};
    event.direction = DIRECTION_OUT;
    event.fragment = FRAGMENT_LATER;
    event.audit = 1;
    assert_string_equal(event_print(&event, NULL, text),
                        "drop by reason fragment (audit: it passed): out tcp 203.0.113.7 > "
                        "198.51.100.10 fragment, 74 bytes");
    assert_string_equal(event_reason(&event), "fragment");
    event.fragment = FRAGMENT_FIRST;
    event.audit = 0;
    assert_string_equal(event_print(&event, NULL, text),
                        "drop by reason fragment: out tcp 203.0.113.7:40000 > 198.51.100.10:5061 "
                        "syn-ack fragment first, 74 bytes");
}

static void test_icmp(void **state)
{
    struct event event = tcp;
    char text[EVENT_TEXT_BYTES];

    (void)state;
    event.protocol = 1;
    event.source_port = 0;
    event.destination_port = 3 << 8 | 4;
    assert_string_equal(event_print(&event, "errors", text),
                        "accept by rule errors: in icmp 203.0.113.7 > 198.51.100.10 "
                        "destination-unreachable/4, 74 bytes");
}

/* What an error quotes is in its frame, if that was captured. */
static void test_errors(void **state)
{
    const char *notation = "in icmp 203.0.113.7 > 198.51.100.10 destination-unreachable/3 quoting "
                           "(out udp 198.51.100.10:40000 > 203.0.113.53:53)";
    struct packet_notation packet;
    struct event event = tcp;
    char text[EVENT_TEXT_BYTES];
    struct fault fault;

    (void)state;
    event.protocol = 1;
    event.source_port = 0;
    event.destination_port = 3 << 8 | 3;
    assert_int_equal(notation_parse(notation, &packet, &fault), 0);
    event.frame_bytes = (u32)frame_build(&packet, event.frame);
    event.captured_bytes = (u16)event.frame_bytes;
    assert_string_equal(event_print_packet(&event, text), notation);

    memmove(event.frame, event.frame + 14, event.captured_bytes -= 14);
    event.link_layer = LINK_BARE;
    assert_string_equal(event_print_packet(&event, text), notation);
    event.captured_bytes = 20 + 8 + 20 + 3; /* a byte of the ports is missing */
    assert_string_equal(event_print_packet(&event, text),
                        "in icmp 203.0.113.7 > 198.51.100.10 destination-unreachable/3");
}

static void test_frames(void **state)
{
    struct event event = {.outcome = {.kind = OUTCOME_REASON, .reason = REASON_OTHER_ETHERTYPE},
                          .captured_bytes = 14,
                          .frame_bytes = 60,
                          .frame = {[12] = 0x88, [13] = 0xcc}};
    char text[EVENT_TEXT_BYTES];

    (void)state;
    assert_string_equal(event_print(&event, NULL, text),
                        "drop by reason other-ethertype: in frame of type 0x88cc, 60 bytes");
    event.captured_bytes = 13;
    assert_string_equal(event_print(&event, NULL, text),
                        "drop by reason other-ethertype: in frame without a type, 60 bytes");
}

static void test_fields(void **state)
{
    struct event event = tcp;
    struct event_fields fields;

    (void)state;
    event_fields(&event, &fields);
    assert_string_equal(fields.protocol, "tcp");
    assert_string_equal(fields.source, "203.0.113.7");
    assert_string_equal(fields.source_port, "40000");
    assert_string_equal(fields.destination, "198.51.100.10");
    assert_string_equal(fields.destination_port, "5061");

    event.protocol = 99;
    event_fields(&event, &fields);
    assert_string_equal(fields.protocol, "99");
    assert_string_equal(fields.source_port, "");

    event.family = FAMILY_NONE;
    event_fields(&event, &fields);
    assert_string_equal(fields.protocol, "");
    assert_string_equal(fields.source, "");
}

static void test_headers_that_were_not_read(void **state)
{
    struct event event = tcp;
    struct event_fields fields;
    char text[EVENT_TEXT_BYTES], packet[NOTATION_TEXT_BYTES];

    (void)state;
    event.outcome = (struct outcome){.kind = OUTCOME_REASON, .reason = REASON_SOURCE_ROUTE};
    event_fields(&event, &fields);
    assert_string_equal(fields.source_port, "40000");
    event.source_port = event.destination_port = 0;
    event_fields(&event, &fields);
    assert_string_equal(fields.source, "203.0.113.7");
    assert_string_equal(fields.source_port, "");
    assert_null(event_print_packet(&event, packet));
    assert_string_equal(
        event_print(&event, NULL, text),
        "drop by reason source-route: in tcp 203.0.113.7 > 198.51.100.10, 74 bytes");

    event.outcome.reason = REASON_DEFAULT; /* ports were read; they are zero */
    event_fields(&event, &fields);
    assert_string_equal(fields.source_port, "0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_icmp),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_headers_that_were_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
