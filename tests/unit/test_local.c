/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --local: which addresses are named, and which frames were sent from one of them. */
#include "check.h"

#include "../../loader/base/memory.h"
#include "../../loader/replay/local.h"
#include "../shared/wire.h"

static const char text[] = "[policy]\nname = test\n"
                           "[sets]\nserver = 198.51.100.10, 2001:db8::10\nunused = 192.0.2.1\n"
                           "[rule https]\ndirection = in\nto = server\naction = accept\n";

static struct diag *diag;
static struct policy *policy;

static int read_it(void **state)
{
    (void)state;
    diag = diag_new();
    policy = good_policy(text, diag);
    return 0;
}

static int free_it(void **state)
{
    (void)state;
    policy_free(policy);
    diag_free(diag);
    return 0;
}

/* Was the sender of FRAME, of which wire_read() reads the first KEPT bytes, one of LIST? */
static bool sent_cut(const char *list, const char *frame, u32 kept)
{
    struct why why = {0};
    struct local local = {0};
    struct wire wire;

    assert_int_equal(local_read(list, policy, NULL, &local, &why), 0);
    wire_read(frame, &wire);
    struct captured captured = {.data = wire.bytes, .length = (u32)wire.length};
    captured.bytes = kept < wire.length ? kept : (u32)wire.length;
    bool sent = local_sent(&local, &captured);
    local_clear(&local);
    return sent;
}

static bool sent(const char *list, const char *frame)
{
    return sent_cut(list, frame, UINT32_MAX);
}

#define TCP4 "in ip4 198.51.100.10 > 203.0.113.7 | tcp 443 > 40000 ack"
#define TCP6 "in ip6 2001:db8::10 > 2001:db8:9::7 | tcp 443 > 40000 ack"

static void by_address(void **state)
{
    (void)state;
    assert_true(sent("198.51.100.10", TCP4));
    assert_true(sent("192.0.2.1 , 198.51.100.10", TCP4));
    assert_false(sent("203.0.113.7", TCP4));
    assert_false(sent("2001:db8::10", TCP4));
    assert_true(sent("2001:db8::10", TCP6));
    assert_false(sent("198.51.100.10,2001:db8:9::7", TCP6));
}

static void by_prefix_range_and_set(void **state)
{
    (void)state;
    assert_true(sent("198.51.100.0/24", TCP4));
    assert_true(sent("198.51.100.1-198.51.100.20", TCP4));
    assert_false(sent("198.51.100.11-198.51.100.20,198.51.100.1-198.51.100.9", TCP4));
    assert_true(sent("2001:db8::/64", TCP6));
    assert_true(sent("server", TCP4));
    assert_true(sent("192.0.2.0/24,server", TCP6));
}

static void behind_vlan_tags(void **state)
{
    (void)state;
    const char *tagged = "in vlan | qinq | ip4 198.51.100.10 > 203.0.113.7 | tcp 443 > 40000 ack";
    assert_true(sent("server", tagged));
    assert_false(sent("203.0.113.7", tagged));
}

static void as_much_as_was_captured(void **state)
{
    (void)state;
    assert_true(sent_cut("server", TCP4, 14 + 16));
    assert_false(sent_cut("server", TCP4, 14 + 15));
    assert_true(sent_cut("server", TCP6, 14 + 24));
    assert_false(sent_cut("server", TCP6, 14 + 23));
    assert_false(sent_cut("server", TCP4, 13));
}

/* The only sender that a frame without IP has is its hardware address. */
static void by_hardware_address(void **state)
{
    (void)state;
    static const u8 lldp[] = "\x01\x80\xc2\0\0\x0e\xaa\xbb\xcc\xdd\xee\x0f\x88\xcc";
    struct captured frame = {.data = lldp, .bytes = 14, .length = 60};
    struct local local = {0};
    struct why why = {0};

    assert_int_equal(local_read("server, AA:bb:cc:dd:ee:0f", policy, NULL, &local, &why), 0);
    assert_true(local_sent(&local, &frame));
    local.hardware[0].bytes[5] = 0;
    assert_false(local_sent(&local, &frame));
    local_clear(&local);
}

static void by_the_sender_in_arp(void **state)
{
    (void)state;
    static u8 arp[42] = "\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\x02\x08\x06"
                        "\0\x01\x08\0\x06\x04\0\x01\x02\0\0\0\0\x02\xc6\x33\x64\x0a";
    struct captured frame = {.data = arp, .bytes = 42, .length = 42};
    struct local local = {0};
    struct why why = {0};

    assert_int_equal(local_read("server", policy, NULL, &local, &why), 0);
    assert_true(local_sent(&local, &frame));
    arp[19] = 3; /* an address of another length */
    assert_false(local_sent(&local, &frame));
    arp[19] = 4;
    arp[31] = 11;
    assert_false(local_sent(&local, &frame));
    local_clear(&local);
}

/* Words of the host are as good as addresses, alone and in a list. */
static void by_words_of_the_host(void **state)
{
    static const char *const good[] = {"self", "192.0.2.200, self", "eth0:networks, 192.0.2.200"};
    static const char *const bad[] = {"eth1:networks", "eth0:addresses, eth1:addresses"};
    struct host *host = host_new();
    struct fault fault;

    (void)state;
    assert_int_equal(host_read_self(host, "192.0.2.9", &fault), 0);
    assert_int_equal(host_read_networks(host, "eth0=192.0.2.9/28", &fault), 0);
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        struct why why = {0};
        struct local local = {0};
        struct wire wire;
        assert_int_equal(local_read(good[i], policy, host, &local, &why), 0);
        wire_read("out ip4 192.0.2.9 > 203.0.113.7 | udp 1 > 2", &wire);
        struct captured captured = {wire.bytes, (u32)wire.length, (u32)wire.length};
        assert_true(local_sent(&local, &captured));
        wire_read("in ip4 203.0.113.7 > 192.0.2.9 | udp 1 > 2", &wire);
        assert_false(local_sent(&local, &captured));
        local_clear(&local);
    }
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct why why = {0};
        struct local local = {0};
        assert_int_equal(local_read(bad[i], policy, host, &local, &why), -EINVAL);
        assert_non_null(strstr(why.text, "has no address here"));
        local_clear(&local);
    }
    host_free(host);
}

static void refuses_what_is_neither(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "server,",
                                      "unused",
                                      "1.2.3.300",
                                      "198.51.100.10/24",
                                      "aa:bb:cc:dd:ee:gg",
                                      "servers",
                                      "aa:bb:cc:dd:ee:ff0",
                                      NULL};
    for (int i = 0; bad[i]; i++) {
        struct local local = {0};
        struct why why = {0};
        assert_int_equal(local_read(bad[i], policy, NULL, &local, &why), -EINVAL);
        assert_non_null(strstr(why.text, "--local: "));
        local_clear(&local);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_address),           cmocka_unit_test(by_prefix_range_and_set),
        cmocka_unit_test(behind_vlan_tags),     cmocka_unit_test(as_much_as_was_captured),
        cmocka_unit_test(by_hardware_address),  cmocka_unit_test(by_the_sender_in_arp),
        cmocka_unit_test(by_words_of_the_host), cmocka_unit_test(refuses_what_is_neither),
    };
    return cmocka_run_group_tests(tests, read_it, free_it);
}
