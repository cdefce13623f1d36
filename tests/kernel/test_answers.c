/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The answers to rejected packets: those that the programs in the kernel make are, byte for byte,
 * those that the same code makes in user space, and nothing else is answered. In both directions,
 * with and without a link layer. EDGEXDP_SEED, EDGEXDP_POLICIES and EDGEXDP_PACKETS make it another
 * test, or a longer one.
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
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>

#include "../../loader/base/memory.h"
#include "../../loader/judge/answer.h"
#include "../shared/random.h"
#include "sandbox.h"
#include "seated.h"

#define NOW_S 1000
#define ROOM  4096
#define EVERYTHING                                                                                 \
    "[policy]\nname = answers\n[baseline]\nmartians = accept\ntcp-flags = accept\n"                \
    "icmp-errors = drop\nneighbour-discovery = drop\n[rules]\n"

/* Every packet that the rules are asked about is rejected. */
static const char *const policies[] = {
    EVERYTHING "all = reject both any\n",
    EVERYTHING "all = reject with port-unreachable both any\n",
    EVERYTHING "all = reject with admin-prohibited both any\n",
    EVERYTHING "tcp = reject with tcp-reset both tcp\nrest = reject both any\n",
};

static bool has_bare; /* can there be an interface without a link layer? */

static struct {
    unsigned int resets, errors, silent;
} sums;

struct reaction {
    u8 bytes[ROOM];
    size_t length; /* 0: none */
};

static bool has_tag(const struct wire *wire)
{
    return !memcmp(wire->bytes + 12, "\x81\x00", 2) || !memcmp(wire->bytes + 12, "\x88\xa8", 2);
}

/* Can the kernel be asked for the answer to WIRE, and has it room? */
static bool can_ask(const struct seated *seated, const struct wire *wire)
{
    return seated_can_ask(seated, wire) && wire->length + ANSWER_ADDED <= ROOM &&
           !(seated->is_bare && has_tag(wire));
}

/* What a program does with WIRE. */
static void ask_kernel(struct seated *seated, const struct wire *wire, struct reaction *answer)
{
    bool xdp = wire->direction == DIRECTION_IN && !seated->is_bare;
    u8 *bytes = answer->bytes;
    size_t skip = seated->is_bare ? ETH_HLEN : 0;

    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = wire->bytes, .repeat = 1,
                .data_size_in = (u32)wire->length, .data_out = bytes, .data_size_out = ROOM);
    seated_may_answer(seated);
    assert_int_equal(bpf_prog_test_run_opts(seated_root(seated, wire->direction), &options), 0);
    answer->length = 0;
    if (options.retval == (xdp ? XDP_TX : TC_ACT_REDIRECT)) {
        answer->length = options.data_size_out - skip;
        memmove(bytes, bytes + skip, answer->length);
    }
}

/* What the code of user space makes. On the way out, tc finds no room for the headers of an error
 * behind a tag in the frame. (That of an ordinary VLAN interface is not in the frame yet.) */
static bool ask_native(struct seated *seated, const struct wire *wire, struct reaction *answer)
{
    struct outcome outcome = court_outcome(&seated->court, wire, NOW_S);
    size_t skip = seated->is_bare ? ETH_HLEN : 0;
    struct native_question question;

    answer->length = 0;
    if (outcome_refusal(&outcome) == REFUSAL_NONE ||
        !native_ask(wire->bytes, wire->length, false, &question))
        return false;
    enum refusal refusal = refusal_of(outcome_refusal(&outcome), question.protocol);
    bool is_reset = refusal == REFUSAL_TCP_RESET;
    if (wire->direction == DIRECTION_OUT && has_tag(wire) && !is_reset)
        return false;
    size_t length = answer_make(wire->bytes, wire->length, refusal, answer->bytes);
    if (!length)
        return false;
    answer->length = length - skip;
    memmove(answer->bytes, answer->bytes + skip, answer->length);
    return is_reset;
}

static void compare(struct seated *seated, const struct wire *wire, const char *text)
{
    static struct reaction kernel, native;

    ask_kernel(seated, wire, &kernel);
    bool is_reset = ask_native(seated, wire, &native);
    if (kernel.length != native.length || memcmp(kernel.bytes, native.bytes, kernel.length) != 0)
        fail_msg("%s%s: the kernel answers with %zu bytes, user space with %zu, or with others",
                 text, seated->is_bare ? ", bare" : "", kernel.length, native.length);
    if (!native.length)
        sums.silent++;
    else if (is_reset)
        sums.resets++;
    else
        sums.errors++;
}

static void answer_traffic(const char *text, struct dice *dice, unsigned int packets)
{
    struct traffic traffic = {.dice = dice};
    struct seated seated;
    struct court aimed;
    struct wire wire;

    court_open(&aimed, text);
    traffic.policy = aimed.policy;
    if (!has_bare || dice_below(dice, 3))
        seated_open(&seated, policies[dice_below(dice, ARRAY_SIZE(policies))]);
    else
        seated_open_bare(&seated, policies[dice_below(dice, ARRAY_SIZE(policies))]);
    for (unsigned int i = 0; i < packets; i++) {
        traffic_next(&traffic, &wire);
        if (can_ask(&seated, &wire))
            compare(&seated, &wire, traffic.text);
    }
    seated_close(&seated);
    court_close(&aimed);
}

#define POLICIES 20

static void kernel_and_user_space_answer_alike(void **state)
{
    struct effort effort = effort_read(POLICIES, 2000);

    (void)state;
    trials_run(&effort, answer_traffic);
    print_message("%u resets, %u errors, %u without an answer\n", sums.resets, sums.errors,
                  sums.silent);
    if (effort.policies >= POLICIES) /* a few may happen to cause no resets */
        assert_true(sums.resets > effort.policies && sums.errors > effort.policies &&
                    sums.silent > effort.policies);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernel_and_user_space_answer_alike),
    };

    sandbox_enter();
    has_bare = sandbox_make_bare();
    return cmocka_run_group_tests_name("answers", tests, NULL, NULL);
}
