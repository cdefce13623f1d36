/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "attached.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../loader/kernel/bpffs.h"
#include "../kernel/sandbox.h"

#define PATIENCE_MS 10000
#define ROUNDS      100000000 /* of polling a counter that must move at once */

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "attached: %s\n", what);
    exit(1);
}

static int open_seen(void)
{
    char folder[PATH_BYTES], path[PATH_BYTES];
    int map;

    bpffs_interface_path(INSIDE, false, folder);
    bpffs_join(folder, "seen", path);
    map = bpf_obj_get(path);
    if (map < 0)
        give_up(path);
    return map;
}

void attached_open(struct attached *attached, const char *text)
{
    struct why note = {""}, why = {""};

    *attached = (struct attached){0};
    seated_open(&attached->seated, text);
    if (new_guard_attach(attached->seated.made, &note, &why))
        give_up(why.text);
    cable_open(&attached->cable);
    attached->seen = open_seen();
}

void attached_close(struct attached *attached)
{
    struct why why = {""};

    close(attached->seen);
    cable_close(&attached->cable);
    if (guard_detach(attached->seated.guard, &why))
        give_up(why.text);
    seated_close(&attached->seated);
}

static u64 count_seen(const struct attached *attached, enum direction direction)
{
    struct seen cpus[libbpf_num_possible_cpus()];
    u32 key = direction;
    u64 sum = 0;

    if (bpf_map_lookup_elem(attached->seen, &key, cpus))
        give_up("cannot read `seen`");
    for (int cpu = 0; cpu < libbpf_num_possible_cpus(); cpu++)
        sum += cpus[cpu].packets;
    return sum;
}

static bool is_tagged(const struct wire *wire)
{
    return !memcmp(wire->bytes + 12, "\x81\x00", 2) || !memcmp(wire->bytes + 12, "\x88\xa8", 2);
}

static bool receive(struct attached *attached, const struct wire *wire)
{
    u8 bytes[WIRE_BYTES];
    size_t length = cable_receive(&attached->cable, wire->direction, bytes, sizeof(bytes));

    if (!length)
        return false;
    /* The kernel removes a frame's tag. */
    if (!is_tagged(wire) && (length != wire->length || memcmp(bytes, wire->bytes, length) != 0))
        give_up("another frame arrived than the one that was sent");
    return true;
}

/* We run on one CPU: once the program on the way in has seen a frame, the frame has gone its whole
 * way. */
static bool passes_in(struct attached *attached, const struct wire *wire)
{
    cable_send(&attached->cable, wire);
    for (unsigned int round = 0; round < ROUNDS; round++)
        if (count_seen(attached, DIRECTION_IN) == attached->sent[DIRECTION_IN])
            return receive(attached, wire);
    give_up("no program has seen the frame");
}

/* A ruleset cannot ask who opened a TCP connection, and for forwarded packets nobody can. What a
 * raw socket sends is not forwarded, so the attached program is run directly on such a frame. */
static bool is_asked_for_its_opener(const struct wire *wire)
{
    struct brute_packet packet;

    return !brute_decode(wire->bytes, wire->length, &packet) && packet.is_tcp;
}

bool attached_can_judge(const struct attached *attached, const struct wire *wire)
{
    return wire->direction == DIRECTION_IN || !is_asked_for_its_opener(wire) ||
           seated_can_ask(&attached->seated, wire);
}

static bool passes_forwarded(const struct attached *attached, const struct wire *wire)
{
    struct __sk_buff forwarded = {.ingress_ifindex = if_nametoindex(INSIDE)};
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = wire->bytes,
                .data_size_in = (u32)wire->length, .ctx_in = &forwarded,
                .ctx_size_in = sizeof(forwarded), .repeat = 1);

    if (bpf_prog_test_run_opts(seated_root(&attached->seated, DIRECTION_OUT), &options))
        give_up("cannot run the program on the way out");
    return options.retval != TC_ACT_SHOT;
}

static bool passes_out(struct attached *attached, const struct wire *wire)
{
    struct pollfd waits = {.fd = attached->cable.sockets[DIRECTION_IN], .events = POLLIN};

    if (is_asked_for_its_opener(wire))
        return passes_forwarded(attached, wire);
    if (!cable_send(&attached->cable, wire))
        return false;
    poll(&waits, 1, PATIENCE_MS);
    if (!receive(attached, wire))
        give_up("a frame that was accepted on the way out did not arrive");
    return true;
}

bool attached_passes(struct attached *attached, const struct wire *wire)
{
    attached->sent[wire->direction]++;
    return wire->direction == DIRECTION_IN ? passes_in(attached, wire) : passes_out(attached, wire);
}

/* Replies to packets that a rule accepts go in the other direction. */
static void add_rules(const struct attached *attached, const struct counters *counters,
                      u64 judged[DIRECTIONS])
{
    size_t capacity;
    const struct rule_entry *rules = guard_rules(attached->seated.guard, &capacity);

    for (size_t i = 0; i < counters->rule_count; i++) {
        judged[rules[i].direction] +=
            counters->rules[i].packets + counters->rules[i].limited_packets;
        judged[!rules[i].direction] += counters->rules[i].reply_packets;
    }
}

bool attached_is_conserved(const struct attached *attached)
{
    struct counters counters;
    u64 judged[DIRECTIONS] = {0};
    bool good = true;

    seated_counters(&attached->seated, &counters);
    add_rules(attached, &counters, judged);
    for (enum direction direction = DIRECTION_IN; direction < DIRECTIONS; direction++) {
        for (u32 reason = 0; reason < REASONS; reason++)
            for (u32 verdict = VERDICT_DROP; verdict <= VERDICT_ACCEPT; verdict++)
                judged[direction] +=
                    counters.reasons[REASON_SLOT(reason, direction, verdict)].packets;
        if (judged[direction] == attached->sent[direction] &&
            counters.seen[direction].packets == attached->sent[direction])
            continue;
        good = false;
        fprintf(stderr, "%s: sent %llu, seen %llu, judged %llu\n", direction ? "out" : "in",
                (unsigned long long)attached->sent[direction],
                (unsigned long long)counters.seen[direction].packets,
                (unsigned long long)judged[direction]);
    }
    counters_clear(&counters);
    return good;
}
