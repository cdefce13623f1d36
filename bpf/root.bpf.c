// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The root programs: two of them are attached to an interface, one for each direction. They hold no
 * policy: they count packets, read which seat is in force, and call the program in that seat.
 */
#include <linux/pkt_cls.h>

#include "maps.h"

/* One word for both directions: a swap is one store. */
struct seat_word seat SEC(".data.seat") = {.active = NO_SEAT, .fallback = NO_SEAT};

/* clsact filters outlive their pins, so there an empty seat lets packets pass. Otherwise a host
 * whose state somebody deleted by hand would be cut off for good. */
const volatile bool pass_when_unseated = false;

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, SEATS);
    __uint(key_size, sizeof(u32));
    __uint(value_size, sizeof(u32));
} seats_in SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, SEATS);
    __uint(key_size, sizeof(u32));
    __uint(value_size, sizeof(u32));
} seats_out SEC(".maps");

/* The two maps below are for people and for the loader: no program reads them. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1); /* (loader) */
    __uint(map_flags, BPF_F_MMAPABLE);
    __type(key, u32);
    __type(value, struct rule_entry);
} rules SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __uint(map_flags, BPF_F_MMAPABLE);
    __type(key, u32);
    __type(value, struct interface_state);
} interface SEC(".maps");

INLINE u32 whose_turn(void)
{
    const volatile struct seat_word *word = &seat;
    u32 turn = word->active;
    u64 confirm_by_ns = word->confirm_by_ns;
    if (confirm_by_ns && bpf_ktime_get_coarse_ns() > confirm_by_ns)
        turn = word->fallback;
    return turn;
}

INLINE void count_seen(u32 direction, u64 packets)
{
    struct seen *count = bpf_map_lookup_elem(&seen, &direction);
    if (count)
        count->packets += packets;
}

INLINE void count_unseated(u32 direction, u64 packets)
{
    struct seen *count = bpf_map_lookup_elem(&seen, &direction);
    if (count)
        count->unseated_packets += packets;
}

/* Constant indices become direct jumps. */
#define CALL_SEAT(context, seats, turn)                                                            \
    do {                                                                                           \
        if ((turn) == 0)                                                                           \
            bpf_tail_call_static(context, &(seats), 0);                                            \
        else if ((turn) == 1)                                                                      \
            bpf_tail_call_static(context, &(seats), 1);                                            \
        else                                                                                       \
            bpf_tail_call_static(context, &(seats), 2);                                            \
    } while (0)

SEC("xdp.frags")
int root_in(struct xdp_md *context)
{
    count_seen(DIRECTION_IN, 1);
    u32 turn = whose_turn();
    CALL_SEAT(context, seats_in, turn);
    count_unseated(DIRECTION_IN, 1);
    return XDP_DROP;
}

/* A macro, because a tail call from a function returns to that function's caller. */
#define ROOT_TC(context, direction, seats)                                                         \
    do {                                                                                           \
        u32 segments = (context)->gso_segs;                                                        \
        segments = segments ? segments : 1;                                                        \
        count_seen(direction, segments);                                                           \
        u32 turn = whose_turn();                                                                   \
        CALL_SEAT(context, seats, turn);                                                           \
        count_unseated(direction, segments);                                                       \
    } while (0)

SEC("tc")
int root_out(struct __sk_buff *context)
{
    ROOT_TC(context, DIRECTION_OUT, seats_out);
    return pass_when_unseated ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}

/* Used instead of root_in where frames have no link layer. */
SEC("tc")
int root_in_tc(struct __sk_buff *context)
{
    ROOT_TC(context, DIRECTION_IN, seats_in);
    return pass_when_unseated ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}

char LICENSE[] SEC("license") = "GPL";
