/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verifier walks few instructions of a policy's programs. It takes no more than a million, and
 * needs some 2 us for each: that is what attach and reload wait for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "../../loader/base/memory.h"
#include "../../loader/kernel/guard.h"
#include "sandbox.h"
#include "seated.h"

/* Instructions: the kernel takes a million. Compilers differ by as much as policies do. */
#define AT_MOST 500000u

static const char simple[] = "[policy]\nname = simple\n[rules]\nweb = accept in tcp > :443\n";

/* As many fields of their own as are asked without a call. */
static const char some[] =
    "[policy]\nname = some\n[rules]\n"
    "web = accept in tcp > :443  tcp-flags syn+!ack\n"
    "dns = accept in udp > :53  length 40-512\n"
    "ask = accept in udp > [2001:db8::/32]:5000  ttl 2-255  limit 20/second per source\n";

static const char everything[] =
    "[policy]\nname = everything\ninbound = drop\noutbound = drop\nlog = drops\n"
    "[baseline]\ntcp-state = socket, conntrack\n"
    "[rules]\n"
    "web    = accept in tcp > :443  limit 20 new/second per source then ban 5m, 100/second\n"
    "dns    = accept in udp > :53  length 40-512  limit 100 kbit/second per source/24/56 then ban "
    "10m\n"
    "rest   = accept in udp > :5000  ttl 2-255  dscp ef  fragment first, no\n"
    "flow   = accept in ipv6 udp > :6000  flow-label-high 1 flow-label-low 1\n"
    "whole  = accept in udp > :6001  ip-flags 0-1\n"
    "flags  = accept in tcp > :6002  tcp-flags syn+!urg  tcp-reserved 0\n"
    "ident  = reject in tcp > :113\n"
    "out6   = accept out tcp > [2001:db8::/32]:25\n"
    "pass   = accept forward udp > :7000\n"
    "mail   = reject out tcp > :25\n";

/* The instructions that were walked in the program of DIRECTION that is in force. */
static u32 walked(const struct guard *guard, enum direction direction)
{
    int seats = guard->maps[direction == DIRECTION_IN ? PIN_SEATS_IN : PIN_SEATS_OUT];
    struct bpf_prog_info info = {0};
    u32 bytes = sizeof(info), seat = 0, id;

    while (seat < SEATS && !seat_is_live(guard, seat))
        seat++;
    assert_int_equal(bpf_map_lookup_elem(seats, &seat, &id), 0);
    int program = bpf_prog_get_fd_by_id(id);
    assert_true(program >= 0);
    assert_int_equal(bpf_obj_get_info_by_fd(program, &info, &bytes), 0);
    close_descriptor(&program);
    return info.verified_insns;
}

static void check_walked(const char *text, void (*open)(struct seated *, const char *))
{
    struct seated seated;

    open(&seated, text);
    u32 in = walked(seated.guard, DIRECTION_IN), out = walked(seated.guard, DIRECTION_OUT);
    seated_close(&seated); /* first, because who opens another waits for it */
    printf("%u and %u instructions\n", in, out);
    assert_in_range(in, 1, AT_MOST);
    assert_in_range(out, 1, AT_MOST);
}

static void of_a_simple_policy(void **state)
{
    (void)state;
    check_walked(simple, seated_open);
}

static void of_one_with_some_keys(void **state)
{
    (void)state;
    check_walked(some, seated_open);
}

static void of_one_that_uses_everything(void **state)
{
    (void)state;
    check_walked(everything, seated_open);
}

static void without_a_link_layer(void **state)
{
    (void)state;
    if (!sandbox_make_bare())
        skip();
    check_walked(everything, seated_open_bare);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_a_simple_policy),
        cmocka_unit_test(of_one_with_some_keys),
        cmocka_unit_test(of_one_that_uses_everything),
        cmocka_unit_test(without_a_link_layer),
    };

    sandbox_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
