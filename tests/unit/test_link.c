/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Link layers: the Ethernet frame that each is turned into, cut and whole. */
#include "check.h"

#include <pcap/dlt.h>

#include "../../loader/replay/link.h"

static u8 buffer[LINK_FRAME_BYTES];

struct made {
    enum heading heading;
    struct captured frame;
};

/* The first KEPT of the LENGTH bytes of DATA, captured with the link layer DLT. */
static struct made make(int dlt, const void *data, u32 length, u32 kept)
{
    struct captured packet = {.data = data, .bytes = kept, .length = length};
    const struct link_type *link = link_find(dlt);
    struct made made;

    assert_non_null(link);
    memset(buffer, 0xee, sizeof(buffer));
    made.heading = link_frame(link, &packet, false, buffer, &made.frame);
    return made;
}

static void assert_frame(const struct made *made, enum heading heading, const char *bytes,
                         u32 length, u32 kept)
{
    assert_int_equal(made->heading, heading);
    assert_int_equal(made->frame.length, length);
    assert_int_equal(made->frame.bytes, kept);
    assert_memory_equal(made->frame.data, bytes, kept);
}

#define ETHER4(source) "\0\0\0\0\0\0" source "\x08\x00"
#define ETHER6(source) "\0\0\0\0\0\0" source "\x86\xdd"
#define NOBODY         "\0\0\0\0\0\0"

static void ethernet_stays(void **state)
{
    (void)state;
    static const char frame[] = "abcdefghijkl\x08\x00payload";
    struct made made = make(DLT_EN10MB, frame, 60, 21);

    assert_frame(&made, HEADING_UNKNOWN, frame, 60, 21);
    assert_ptr_equal(made.frame.data, frame);
    assert_false(link_tells_heading(link_find(DLT_EN10MB)));
}

static void raw_says_its_version(void **state)
{
    (void)state;
    struct made made = make(DLT_RAW, "\x45rest", 5, 5);
    assert_frame(&made, HEADING_UNKNOWN, ETHER4(NOBODY) "\x45rest", 19, 19);
    made = make(DLT_RAW, "\x60rest", 105, 5);
    assert_frame(&made, HEADING_UNKNOWN, ETHER6(NOBODY) "\x60rest", 119, 19);
    made = make(DLT_RAW, "\x50rest", 5, 5);
    assert_frame(&made, HEADING_UNKNOWN, ETHER4(NOBODY) "\x50rest", 19, 19);
    made = make(DLT_IPV4, "\x60rest", 5, 5);
    assert_frame(&made, HEADING_UNKNOWN, ETHER4(NOBODY) "\x60rest", 19, 19);
    made = make(DLT_IPV6, "\x45rest", 5, 5);
    assert_frame(&made, HEADING_UNKNOWN, ETHER6(NOBODY) "\x45rest", 19, 19);
    made = make(DLT_RAW, "", 0, 0);
    assert_frame(&made, HEADING_UNKNOWN, ETHER4(NOBODY), 14, 14);
}

static void loopback_has_a_family_before_it(void **state)
{
    (void)state;
    struct made made = make(DLT_NULL, "\x1e\0\0\0\x60rest", 9, 9);
    assert_frame(&made, HEADING_UNKNOWN, ETHER6(NOBODY) "\x60rest", 19, 19);
    made = make(DLT_LOOP, "\0\0\0\x02\x45rest", 9, 9);
    assert_frame(&made, HEADING_UNKNOWN, ETHER4(NOBODY) "\x45rest", 19, 19);
}

/* Type of packet (4: outgoing), type of hardware, length of the address, address, protocol. */
#define COOKED(type, length)                                                                       \
    "\0" type "\0\x01\0" length "SOURCE\0\0"                                                       \
    "\x08\x00"                                                                                     \
    "\x45rest"

static void cooked_tells_the_way(void **state)
{
    (void)state;
    struct made made = make(DLT_LINUX_SLL, COOKED("\0", "\x06"), 21, 21);
    assert_frame(&made, HEADING_IN, ETHER4("SOURCE") "\x45rest", 19, 19);
    made = make(DLT_LINUX_SLL, COOKED("\x03", "\x06"), 21, 21);
    assert_frame(&made, HEADING_IN, ETHER4("SOURCE") "\x45rest", 19, 19);
    made = make(DLT_LINUX_SLL, COOKED("\x04", "\x06"), 1016, 21);
    assert_frame(&made, HEADING_OUT, ETHER4("SOURCE") "\x45rest", 1014, 19);
    made = make(DLT_LINUX_SLL, COOKED("\x04", "\0"), 21, 21);
    assert_frame(&made, HEADING_OUT, ETHER4(NOBODY) "\x45rest", 19, 19);
    assert_true(link_tells_heading(link_find(DLT_LINUX_SLL)));
}

#define COOKED2(type)                                                                              \
    "\x86\xdd\0\0\0\0\0\x02\0\x01" type "\x06SOURCE\0\0"                                           \
    "\x60rest"

static void cooked2_too(void **state)
{
    (void)state;
    struct made made = make(DLT_LINUX_SLL2, COOKED2("\x01"), 25, 25);
    assert_frame(&made, HEADING_IN, ETHER6("SOURCE") "\x60rest", 19, 19);
    made = make(DLT_LINUX_SLL2, COOKED2("\x04"), 25, 22);
    assert_frame(&made, HEADING_OUT, ETHER6("SOURCE") "\x60r", 19, 16);
    assert_true(link_tells_heading(link_find(DLT_LINUX_SLL2)));
}

/* Address and control may be left out, and so may the first byte of a protocol below 256. */
static void ppp_is_compressed_or_not(void **state)
{
    (void)state;
    struct made made = make(DLT_PPP, "\xff\x03\x00\x21\x45rest", 9, 9);
    assert_frame(&made, HEADING_UNKNOWN, ETHER4(NOBODY) "\x45rest", 19, 19);
    made = make(DLT_PPP, "\x00\x57\x60rest", 107, 7);
    assert_frame(&made, HEADING_UNKNOWN, ETHER6(NOBODY) "\x60rest", 119, 19);
    made = make(DLT_PPP_SERIAL, "\x21\x45rest", 6, 6);
    assert_frame(&made, HEADING_UNKNOWN, ETHER4(NOBODY) "\x45rest", 19, 19);
    made = make(DLT_PPP, "\xff\x03\x57\x60rest", 8, 8);
    assert_frame(&made, HEADING_UNKNOWN, ETHER6(NOBODY) "\x60rest", 19, 19);
    made = make(DLT_PPP, "\xff\x03\xc0\x21rest", 8, 8); /* LCP */
    assert_frame(&made, HEADING_UNKNOWN, NOBODY NOBODY "\x88\x0brest", 18, 18);
    made = make(DLT_PPP_ETHER, "\x11\0\0\x01\0\x07\x00\x21\x45rest", 13, 13);
    assert_frame(&made, HEADING_UNKNOWN, ETHER4(NOBODY) "\x45rest", 19, 19);
    made = make(DLT_PPP_WITH_DIRECTION, "\0\xff\x03\x00\x21\x45rest", 10, 10);
    assert_frame(&made, HEADING_IN, ETHER4(NOBODY) "\x45rest", 19, 19);
    made = make(DLT_PPP_WITH_DIRECTION, "\x01\x57\x60rest", 7, 7);
    assert_frame(&made, HEADING_OUT, ETHER6(NOBODY) "\x60rest", 19, 19);
    assert_true(link_tells_heading(link_find(DLT_PPP_WITH_DIRECTION)));
    assert_false(link_tells_heading(link_find(DLT_PPP)));
}

/* An NFLOG attribute, in host byte order. */
static u32 attribute(u8 *at, u16 type, const void *value, u16 bytes)
{
    u16 length = (u16)(4 + bytes);

    memset(at, 0, (length + 3u) & ~3u);
    memcpy(at, &length, 2);
    memcpy(at + 2, &type, 2);
    memcpy(at + 4, value, bytes);
    return (length + 3u) & ~3u;
}

/* What Netfilter logs at HOOK: a prefix of odd length, protocol and hook, the packet. */
static u32 logged(u8 *data, const char *protocol, u8 hook, const char *packet)
{
    u8 header[4] = {(u8)protocol[0], (u8)protocol[1], hook, 0};
    u32 length = 4;

    memcpy(data, "\x02\0\0\x01", 4);
    length += attribute(data + length, 10, "log", 3);
    length += attribute(data + length, 1, header, sizeof(header));
    return length + attribute(data + length, 9, packet, 5) - 3; /* without the last padding */
}

static void nflog_tells_where(void **state)
{
    static const struct {
        u8 hook;
        enum heading heading;
    } hooks[] = {
        {0, HEADING_IN}, {1, HEADING_IN}, {2, HEADING_UNKNOWN}, {3, HEADING_OUT}, {4, HEADING_OUT}};
    u8 data[64];
    u32 length;
    struct made made;

    (void)state;
    for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
        length = logged(data, "\x08\0", hooks[i].hook, "\x45rest");
        made = make(DLT_NFLOG, data, length, length);
        assert_frame(&made, hooks[i].heading, ETHER4(NOBODY) "\x45rest", 19, 19);
    }
    length = logged(data, "\x86\xdd", 1, "\x60rest");
    made = make(DLT_NFLOG, data, length + 100, length);
    assert_frame(&made, HEADING_IN, ETHER6(NOBODY) "\x60rest", 119, 19);
    made = make(DLT_NFLOG, data, length, length - 1);
    assert_frame(&made, HEADING_IN, ETHER6(NOBODY) "\x60res", 19, 18);
    assert_true(link_tells_heading(link_find(DLT_NFLOG)));
    /* Cut at every place before the packet; then an attribute with a wrong length. */
    for (u32 kept = 0; kept < length - 5; kept++) {
        made = make(DLT_NFLOG, data, length, kept);
        assert_int_equal(made.frame.bytes, 0);
    }
    memset(data + 4, 0, 2);
    made = make(DLT_NFLOG, data, length, length);
    assert_int_equal(made.frame.bytes, 0);
}

/* Only the length of such a packet is known. */
static void a_cut_header_leaves_nothing(void **state)
{
    (void)state;
    struct made made = make(DLT_LINUX_SLL, COOKED("\x04", "\x06"), 100, 15);
    assert_frame(&made, HEADING_UNKNOWN, "", 98, 0);
    made = make(DLT_LINUX_SLL2, "", 20, 0);
    assert_frame(&made, HEADING_UNKNOWN, "", 14, 0);
    made = make(DLT_LINUX_SLL2, "", 3, 3);
    assert_frame(&made, HEADING_UNKNOWN, "", 0, 0);
}

static void long_ones_are_cut(void **state)
{
    (void)state;
    static u8 data[LINK_FRAME_BYTES + 100] = {0x45};
    struct made made = make(DLT_RAW, data, sizeof(data), sizeof(data));

    assert_int_equal(made.frame.bytes, LINK_FRAME_BYTES);
    assert_int_equal(made.frame.length, sizeof(data) + 14);
}

static void others_are_unknown(void **state)
{
    (void)state;
    assert_null(link_find(DLT_IEEE802_11_RADIO));
    assert_null(link_find(-1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ethernet_stays),
        cmocka_unit_test(raw_says_its_version),
        cmocka_unit_test(loopback_has_a_family_before_it),
        cmocka_unit_test(cooked_tells_the_way),
        cmocka_unit_test(cooked2_too),
        cmocka_unit_test(ppp_is_compressed_or_not),
        cmocka_unit_test(nflog_tells_where),
        cmocka_unit_test(a_cut_header_leaves_nothing),
        cmocka_unit_test(long_ones_are_cut),
        cmocka_unit_test(others_are_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
