/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What looks like scanning, and what does not. */
#include "sightings.h"

/* A packet for each number from FIRST to LAST, which stands in FORM in place of its %d. */
static void see_each(struct collection *collection, const char *form, int first, int last)
{
    char text[120];

    for (int number = first; number <= last; number++) {
        snprintf(text, sizeof(text), form, number);
        see(collection, text);
    }
}

static void many_ports_are_a_scan(void **state)
{
    (void)state;
    struct collection *collection = collection_new();

    see_each(collection, "in tcp 203.0.113.66:40000 > 198.51.100.10:%d syn", 1, SCAN_PORTS);
    see_each(collection, "in tcp 203.0.113.7:40000 > 198.51.100.10:%d syn", 1, SCAN_PORTS - 1);
    see_each(collection, "in udp 203.0.113.67:40000 > 198.51.100.10:%d", 101, 120);
    assert_said(collection, MERGE_SERVICE,
                ";   203.0.113.66 in tcp: 8 ports, 1 destination; 8 packets, 800 bytes\n", true);
    assert_said(collection, MERGE_SERVICE,
                ";   203.0.113.67 in udp: 20 ports, 1 destination; 20 packets, 2000 bytes\n", true);
    assert_said(collection, MERGE_SERVICE, "accept in tcp 203.0.113.7 > 198.51.100.10:7\n", true);
    assert_said(collection, MERGE_EXACT, "accept in tcp 203.0.113.66", false);
    assert_said(collection, MERGE_SERVICE, "accept in udp", false);
    collection_clear(collection);
}

/* Scanners repeat themselves, and reset what answers; who works there goes on. */
static void who_works_is_no_scanner(void **state)
{
    (void)state;
    struct collection *collection = collection_new();

    for (int again = 0; again < 5; again++)
        see_each(collection, "in tcp 203.0.113.66:40000 > 198.51.100.10:%d syn", 1, 20);
    see_each(collection, "out tcp 198.51.100.10:%d > 203.0.113.66:40000 syn-ack", 1, 20);
    see_each(collection, "in tcp 203.0.113.66:40000 > 198.51.100.10:%d rst", 1, 20);
    see_each(collection, "in tcp 203.0.113.7:40000 > 198.51.100.10:%d syn", 1, 20);
    for (int segment = 0; segment < 4; segment++)
        see_each(collection, "in tcp 203.0.113.7:40000 > 198.51.100.10:%d ack", 1, 20);
    assert_said(collection, MERGE_SERVICE, "203.0.113.66 in tcp: 20 ports", true);
    assert_said(collection, MERGE_SERVICE, "203.0.113.7 in tcp:", false);
    assert_said(collection, MERGE_SERVICE, "accept in tcp 203.0.113.7 > 198.51.100.10:20\n", true);
    collection_clear(collection);
}

static void many_destinations_are_a_scan(void **state)
{
    (void)state;
    struct collection *collection = collection_new();

    see_each(collection, "in tcp 203.0.113.66:40000 > 198.51.100.%d:22 syn", 1, 8);
    see_each(collection, "in icmp 203.0.113.67 > 198.51.100.%d echo-request", 1, 20);
    see_each(collection, "in tcp 203.0.113.7:40000 > 198.51.100.%d:22 syn", 1, 7);
    assert_said(collection, MERGE_SERVICE, "203.0.113.66 in tcp: 1 port, 8 destinations", true);
    assert_said(collection, MERGE_SERVICE, "203.0.113.67 in icmp: 20 destinations", true);
    assert_said(collection, MERGE_SERVICE,
                "accept in tcp 203.0.113.7 > 198.51.100.1-198.51.100.7:22\n", true);
    collection_clear(collection);
}

/* A host that goes out to many others is a client; one that tries very many is not. */
static void clients_go_to_many(void **state)
{
    (void)state;
    struct collection *collection = collection_new();

    see_each(collection, "out udp 198.51.100.10:40000 > 192.0.2.%d:53", 1, 63);
    see_each(collection, "out tcp 198.51.100.11:40000 > 192.0.2.%d:445 syn", 1, 64);
    see_each(collection, "out tcp 198.51.100.12:40000 > 192.0.2.9:%d syn", 1, 64);
    assert_said(collection, MERGE_NETWORK, "accept out udp 198.51.100.10 > 192.0.2.0/24:53\n",
                true);
    assert_said(collection, MERGE_SERVICE, "198.51.100.11 out tcp: 1 port, 64 destinations", true);
    assert_said(collection, MERGE_SERVICE, "198.51.100.12 out tcp: 64 ports, 1 destination", true);
    collection_clear(collection);
}

static void resets_alone_are_no_answer(void **state)
{
    (void)state;
    struct collection *collection = collection_new();

    see(collection, "in tcp 203.0.113.7:40000 > 198.51.100.10:8080 syn");
    see(collection, "out tcp 198.51.100.10:8080 > 203.0.113.7:40000 rst");
    assert_said(collection, MERGE_SERVICE, "[rules]", false);
    assert_said(collection, MERGE_SERVICE,
                ";   1 packet, 100 bytes to where nobody listens: a reset was the answer\n", true);
    collection_clear(collection);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_ports_are_a_scan),        cmocka_unit_test(who_works_is_no_scanner),
        cmocka_unit_test(many_destinations_are_a_scan), cmocka_unit_test(clients_go_to_many),
        cmocka_unit_test(resets_alone_are_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
