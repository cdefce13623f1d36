/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows by their bytes: the examples of RFC 8955 (section 4.3) and RFC 8956 (sections 3.8 and 4).
 */
#include "check.h"

#include "../../loader/base/memory.h"
#include "../../loader/flowspec/pattern.h"

/* Makes a flow of HEX, which begins with its length, as in the RFCs. The caller frees it. */
static struct nlri *flow(enum family family, const char *hex)
{
    struct nlri *nlri = calloc(1, sizeof(*nlri) + strlen(hex));
    unsigned int byte, length = 0, at = 0;

    assert_non_null(nlri);
    assert_int_equal(sscanf(hex, "%2x", &length), 1);
    for (hex += 2; *hex; hex += 3, at++) {
        assert_int_equal(sscanf(hex, " %2x", &byte), 1);
        nlri->bytes[at] = (u8)byte;
    }
    assert_int_equal(at, length);
    nlri->family = family;
    nlri->length = (u16)length;
    assert_null(nlri_fault(nlri));
    return nlri;
}

static void assert_patterns(enum family family, const char *hex, const char *first,
                            const char *second)
{
    struct nlri *nlri = flow(family, hex);
    struct patterns patterns = {0};
    const char *refusal = "";

    assert_int_equal(flow_patterns(nlri, &patterns, &refusal), 0);
    assert_string_equal(patterns.list[0], first);
    assert_int_equal(patterns.count, second ? 2 : 1);
    if (second)
        assert_string_equal(patterns.list[1], second);
    patterns_clear(&patterns);
    free(nlri);
}

/* Such a flow is valid, and no packet matches it. */
static void assert_nothing(enum family family, const char *hex)
{
    struct nlri *nlri = flow(family, hex);
    struct patterns patterns = {0};
    const char *refusal = "";
    char name[RULE_NAME_BYTES];

    assert_int_equal(flow_patterns(nlri, &patterns, &refusal), 0);
    assert_int_equal(patterns.count, 0);
    assert_int_equal(strncmp(flow_name(nlri, &patterns, name), "nothing-", 8), 0);
    free(nlri);
}

static void assert_refused(enum family family, const char *hex, const char *reason)
{
    struct nlri *nlri = flow(family, hex);
    struct patterns patterns = {0};
    const char *refusal = "";

    assert_int_equal(flow_patterns(nlri, &patterns, &refusal), -ENOTSUP);
    assert_string_equal(refusal, reason);
    free(nlri);
}

static void the_rfcs_examples_are_read(void **state)
{
    (void)state;
    assert_patterns(FAMILY_IPV4, "0b 01 18 c0 00 02 03 81 06 04 81 19",
                    "in ipv4 tcp > 192.0.2.0/24:25", "in ipv4 tcp :25 > 192.0.2.0/24");
    assert_patterns(FAMILY_IPV4, "09 01 20 c0 00 02 01 0c 80 05",
                    "in ipv4 > 192.0.2.1 ip-flags 1, 2, 3",
                    "in ipv4 > 192.0.2.1 fragment later ip-flags 2, 3");
    assert_patterns(FAMILY_IPV4, "12 01 18 c0 00 02 02 18 cb 00 71 04 03 89 45 8b 91 1f 90",
                    "in ipv4 tcp, udp 203.0.113.0/24 > 192.0.2.0/24:137-139, 8080",
                    "in ipv4 tcp, udp 203.0.113.0/24:137-139, 8080 > 192.0.2.0/24");
}

static void lists_are_ors_of_ands(void **state)
{
    (void)state;
    /* > 10 and < 20, or = 15, or >= 65535 */
    assert_patterns(FAMILY_IPV4, "0d 01 08 0a 05 02 0a 44 14 01 0f 93 ff ff",
                    "in ipv4 tcp, udp > 10.0.0.0/8:11-19, 65535", NULL);
    /* not 80: less or greater */
    assert_patterns(FAMILY_IPV4, "03 06 86 50", "in ipv4 tcp, udp :0-79, 81-65535 >", NULL);
    /* always true: but only of TCP and UDP, and of no later fragment */
    assert_patterns(FAMILY_IPV4, "03 06 87 00", "in ipv4 tcp, udp >", NULL);
    assert_nothing(FAMILY_IPV4, "03 06 80 00");
    /* the AND of a first term means nothing */
    assert_patterns(FAMILY_IPV4, "03 03 c1 11", "in ipv4 udp > fragment no, first, later", NULL);
}

static void every_field_has_its_words(void **state)
{
    (void)state;
    assert_patterns(FAMILY_IPV4, "06 07 81 03 08 85 04", "in ipv4 icmp > icmp-type 3/0-4", NULL);
    assert_patterns(FAMILY_IPV6, "03 08 86 00", "in ipv6 icmpv6 > icmp-type 0-255/1-255", NULL);
    /* SYN without ACK: the bit of SYN matches, and that of ACK does not */
    assert_patterns(FAMILY_IPV4, "05 09 01 02 c2 10", "in ipv4 tcp > tcp-flags syn+!ack", NULL);
    /* SYN and ACK both; any of FIN and RST */
    assert_patterns(FAMILY_IPV4, "03 09 81 12", "in ipv4 tcp > tcp-flags syn+ack", NULL);
    assert_patterns(FAMILY_IPV4, "03 09 80 05", "in ipv4 tcp > tcp-flags fin, rst", NULL);
    assert_patterns(FAMILY_IPV4, "06 0a 03 28 d5 00 3c",
                    "in ipv4 > fragment no, first, later length 40-60", NULL);
    assert_patterns(FAMILY_IPV4, "05 0b 01 2e 81 0a",
                    "in ipv4 > fragment no, first, later dscp 10, 46", NULL);
    assert_patterns(FAMILY_IPV4, "03 0c 80 02", "in ipv4 > fragment later", NULL);
    assert_patterns(FAMILY_IPV4, "03 0c 80 06", "in ipv4 > fragment first, later", NULL);
    assert_patterns(FAMILY_IPV4, "05 0c 02 02 c2 04", "in ipv4 > fragment no", NULL);
    /* the last fragment, and "don't fragment" alone */
    assert_patterns(FAMILY_IPV4, "03 0c 80 08", "in ipv4 > fragment later ip-flags 0, 2", NULL);
    assert_patterns(FAMILY_IPV4, "06 03 81 11 0c 80 01",
                    "in ipv4 udp > fragment no, first, later ip-flags 2, 3", NULL);
    assert_patterns(FAMILY_IPV4, "06 05 81 35 0c 80 01", "in ipv4 tcp, udp > :53 ip-flags 2, 3",
                    NULL);
    assert_patterns(FAMILY_IPV6, "03 0c 80 08", "in ipv6 > fragment later ip-flags 0", NULL);
    /* one that is not the last */
    assert_patterns(FAMILY_IPV6, "05 0c 01 02 c2 08", "in ipv6 > fragment later ip-flags 1", NULL);
    /* a reserved bit; without any; ECN-nonce or SYN, which no one list of flags says */
    assert_patterns(FAMILY_IPV4, "04 09 91 08 00",
                    "in ipv4 tcp > tcp-reserved 8, 9, 10, 11, 12, 13, 14, 15", NULL);
    assert_patterns(FAMILY_IPV6, "04 09 92 0f 00", "in ipv6 tcp > tcp-reserved 0", NULL);
    assert_patterns(FAMILY_IPV4, "04 09 90 01 02",
                    "in ipv4 tcp > tcp-flags syn tcp-reserved 0, 2, 4, 6, 8, 10, 12, 14",
                    "in ipv4 tcp > tcp-reserved 1, 3, 5, 7, 9, 11, 13, 15");
    /* IPv6 has no bit that forbids fragments: it is ignored */
    assert_patterns(FAMILY_IPV6, "03 0c 80 05", "in ipv6 > fragment first", NULL);
}

/* The example of RFC 8956, section 3.1, and one that begins within a byte. */
static void prefixes_have_offsets(void **state)
{
    (void)state;
    assert_patterns(FAMILY_IPV6, "08 01 68 40 12 34 56 78 9a",
                    "in ipv6 > [::1234:5678:9a00:0/64-104] fragment no, first, later", NULL);
    assert_patterns(FAMILY_IPV6, "08 02 68 41 24 68 ac f1 34",
                    "in ipv6 [::1234:5678:9a00:0/65-104] > fragment no, first, later", NULL);
    assert_patterns(FAMILY_IPV6, "0b 01 50 40 12 34 03 81 11 05 81 35",
                    "in ipv6 udp > [::1234:0:0:0/64-80]:53", NULL);
}

static void flow_labels_are_ranges_of_both_halves(void **state)
{
    (void)state;
#define LABELS "in ipv6 > fragment no, first, later "
    assert_patterns(FAMILY_IPV6, "04 0d 91 04 d2", LABELS "flow-label-high 0 flow-label-low 1234",
                    NULL);
    assert_patterns(FAMILY_IPV6, "06 0d a1 00 05 ab cd",
                    LABELS "flow-label-high 5 flow-label-low 43981", NULL);
    assert_patterns(FAMILY_IPV6, "0b 0d 23 00 01 00 00 e5 00 0f ff ff",
                    LABELS "flow-label-high 1-15", NULL);
    /* from 0xffff up to below 0x10003 */
    assert_patterns(FAMILY_IPV6, "09 0d 13 ff ff e4 00 01 00 03",
                    LABELS "flow-label-high 0 flow-label-low 65535",
                    LABELS "flow-label-high 1 flow-label-low 0-2");
    assert_patterns(FAMILY_IPV6, "03 0d 83 00", "in ipv6 > fragment no, first, later", NULL);
#undef LABELS
}

/* Every odd label up to 129. */
static void too_many_values_are_refused(void **state)
{
    CLEANUP_FREE char *hex = NULL;
    size_t length;
    FILE *out = open_memstream(&hex, &length);

    (void)state;
    fputs("83 0d", out);
    for (unsigned int label = 1; label <= 129; label += 2)
        fprintf(out, " %02x %02x", label < 129 ? 0x01 : 0x81, label);
    fclose(out);
    assert_refused(FAMILY_IPV6, hex, "it has too many values");
}

static void families_have_their_own_icmp(void **state)
{
    (void)state;
    assert_patterns(FAMILY_IPV4, "05 03 01 01 81 3a",
                    "in ipv4 icmp, 58 > fragment no, first, later", NULL);
    assert_patterns(FAMILY_IPV6, "05 03 01 01 81 3a",
                    "in ipv6 1, icmpv6 > fragment no, first, later", NULL);
    assert_nothing(FAMILY_IPV6, "06 03 81 01 07 81 08");
    /* last fragments of IPv6, none of which has a port; reserved bits of what is not TCP */
    assert_patterns(FAMILY_IPV6, "06 05 81 35 0c 82 08", "in ipv6 tcp, udp > :53", NULL);
    assert_nothing(FAMILY_IPV6, "06 05 81 35 0c 80 08");
    assert_nothing(FAMILY_IPV4, "07 03 81 11 09 91 02 00");
    /* a later fragment has no ports */
    assert_nothing(FAMILY_IPV4, "06 05 81 35 0c 81 02");
}

/* A is asked before B, and not the other way round. */
static void assert_before(enum family family, const char *a, const char *b)
{
    struct nlri *first = flow(family, a), *second = flow(family, b);

    assert_true(nlri_compare(first, second) < 0);
    assert_true(nlri_compare(second, first) > 0);
    assert_int_equal(nlri_compare(first, first), 0);
    free(first);
    free(second);
}

static void the_rfcs_order_holds(void **state)
{
    (void)state;
    /* the lower address, but the longer prefix if one holds the other */
    assert_before(FAMILY_IPV4, "05 01 18 c0 00 01", "05 01 18 c0 00 02");
    assert_before(FAMILY_IPV4, "06 01 20 c0 00 02 01", "05 01 18 c0 00 02");
    assert_before(FAMILY_IPV4, "05 01 18 0a 00 00", "06 01 20 c0 00 02 01");
    /* the lower type; and who asks for more */
    assert_before(FAMILY_IPV4, "05 01 18 c0 00 02", "05 02 18 c0 00 02");
    assert_before(FAMILY_IPV4, "08 01 18 c0 00 02 03 81 06", "05 01 18 c0 00 02");
    /* lists by their bytes, and the longer one if one begins the other */
    assert_before(FAMILY_IPV4, "03 04 81 19", "03 04 81 50");
    assert_before(FAMILY_IPV4, "05 04 01 50 81 19", "03 04 81 19");
    assert_before(FAMILY_IPV4, "03 04 81 19", "04 04 91 00 19");
    /* IPv6: the lower offset, whatever the bits */
    assert_before(FAMILY_IPV6, "07 01 20 00 ff 01 0d b8", "05 01 20 10 0d b8");
    assert_before(FAMILY_IPV6, "08 01 28 00 20 01 0d b8 00", "07 01 20 00 20 01 0d b8");
}

static void offsets_are_read(void **state)
{
    /* ::1234:5678:9a00:0/64-104 and ::1234:5678:9a00:0/65-104, from RFC 8956 */
    static const struct {
        const char *hex;
        u8 offset;
    } examples[] = {{"08 02 68 40 12 34 56 78 9a", 0x40}, {"08 02 68 41 24 68 ac f1 34", 0x41}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct nlri *nlri = flow(FAMILY_IPV6, examples[i].hex);
        struct component component = nlri_find(nlri, COMPONENT_SOURCE);
        struct flow_prefix prefix = component_prefix(&component, FAMILY_IPV6);
        struct nlri_draft draft = {.family = FAMILY_IPV6};

        assert_int_equal(prefix.length, 0x68);
        assert_int_equal(prefix.offset, examples[i].offset);
        assert_true(prefix.bits == (u128)0x123456789a000000);
        assert_int_equal(nlri_add_prefix(&draft, COMPONENT_SOURCE, &prefix), 0);
        assert_int_equal(draft.length, nlri->length);
        assert_memory_equal(draft.bytes, nlri->bytes, nlri->length);
        free(nlri);
    }
}

static void everybody_is_a_prefix(void **state)
{
    static const enum family families[] = {FAMILY_IPV4, FAMILY_IPV6};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct nlri_draft draft = {.family = families[i]};
        const struct flow_prefix any = {0};
        assert_int_equal(nlri_add_prefix(&draft, COMPONENT_SOURCE, &any), 0);
        struct nlri *nlri = nlri_finish(&draft);
        struct component component = nlri_find(nlri, COMPONENT_SOURCE);
        struct flow_prefix read = component_prefix(&component, families[i]);
        assert_null(nlri_fault(nlri));
        assert_true(!read.length && !read.offset && !read.bits);
        free(nlri);
    }
}

static void names_are_the_same_everywhere(void **state)
{
    struct nlri *nlri = flow(FAMILY_IPV4, "0c 01 20 cb 00 71 05 03 81 11 05 81 35");
    struct patterns patterns = {0};
    const char *refusal;
    char name[RULE_NAME_BYTES];

    (void)state;
    assert_int_equal(flow_patterns(nlri, &patterns, &refusal), 0);
    assert_string_equal(flow_name(nlri, &patterns, name), "udp-203.0.113.5-53-d3a85f88cb085635");
    patterns_clear(&patterns);
    free(nlri);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rfcs_examples_are_read),
        cmocka_unit_test(lists_are_ors_of_ands),
        cmocka_unit_test(every_field_has_its_words),
        cmocka_unit_test(prefixes_have_offsets),
        cmocka_unit_test(flow_labels_are_ranges_of_both_halves),
        cmocka_unit_test(too_many_values_are_refused),
        cmocka_unit_test(families_have_their_own_icmp),
        cmocka_unit_test(the_rfcs_order_holds),
        cmocka_unit_test(offsets_are_read),
        cmocka_unit_test(everybody_is_a_prefix),
        cmocka_unit_test(names_are_the_same_everywhere),
    };

    return cmocka_run_group_tests_name("nlri", tests, NULL, NULL);
}
