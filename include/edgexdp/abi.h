/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel side and the loader agree on: names, numbers and the layout of everything pinned.
 * Pinned state carries EDGEXDP_SCHEMA; raise it whenever a layout or a meaning here changes.
 */
#ifndef EDGEXDP_ABI_H
#define EDGEXDP_ABI_H

#include "types.h"

#define EDGEXDP_SCHEMA  8
#define NAME_BYTES      32 /* a policy's, set's or port list's name, with its NUL */
#define RULE_NAME_BYTES 64

enum direction { DIRECTION_IN, DIRECTION_OUT, DIRECTIONS };
enum verdict { VERDICT_DROP, VERDICT_ACCEPT, VERDICTS };
enum family { FAMILY_NONE, FAMILY_IPV4, FAMILY_IPV6 };

/* What a rule that drops tells the sender. REFUSAL_DEFAULT: TCP by a reset, all else by
 * "administratively prohibited". */
enum refusal {
    REFUSAL_NONE, /* nothing: it drops, or it accepts */
    REFUSAL_DEFAULT,
    REFUSAL_TCP_RESET,
    REFUSAL_PORT_UNREACHABLE,
    REFUSAL_ADMIN_PROHIBITED,
    REFUSALS
};

/* Which part of a packet a packet is; an IPv6 fragment that is the only one is no fragment. */
enum fragment_kind { FRAGMENT_NONE, FRAGMENT_FIRST, FRAGMENT_LATER };

/* Every reason that can decide a packet without a rule of its own: identifier and public name. */
#define EDGEXDP_REASONS(X)                                                                         \
    X(MALFORMED, "malformed")                                                                      \
    X(EXTENSION_HEADERS, "extension-headers")                                                      \
    X(SOURCE_ROUTE, "source-route")                                                                \
    X(VLAN_DEPTH, "vlan-depth")                                                                    \
    X(ARP, "arp")                                                                                  \
    X(LINK_CONTROL, "link-control")                                                                \
    X(OTHER_ETHERTYPE, "other-ethertype")                                                          \
    X(BANNED, "banned")                                                                            \
    X(BLOCKED, "blocked")                                                                          \
    X(MARTIAN, "martian")                                                                          \
    X(TCP_FLAGS, "tcp-flags")                                                                      \
    X(FRAGMENT, "fragment")                                                                        \
    X(NEIGHBOUR_DISCOVERY, "neighbour-discovery")                                                  \
    X(IGMP, "igmp")                                                                                \
    X(DHCP_CLIENT, "dhcp-client")                                                                  \
    X(PING, "ping")                                                                                \
    X(REPLY, "reply")                                                                              \
    X(NO_CONNECTION, "no-connection")                                                              \
    X(SYN_COOKIE, "syn-cookie")                                                                    \
    X(DEFAULT, "default")                                                                          \
    X(UNGUARDED, "unguarded")

enum reason {
#define REASON_ENUMERATOR(identifier, name) REASON_##identifier,
    EDGEXDP_REASONS(REASON_ENUMERATOR)
#undef REASON_ENUMERATOR
        REASONS,
};

#define SECOND_NS 1000000000ull

/* The index of a reason's counter in the map `reasons`. */
#define REASON_SLOT(reason, direction, verdict)                                                    \
    (((u32)(reason)*DIRECTIONS + (u32)(direction)) * VERDICTS + (u32)(verdict))
#define REASON_SLOTS (REASONS * DIRECTIONS * VERDICTS)

/* Seats: the programs of up to three generations wait side by side; one word says which is in
 * force. */
#define SEATS   3u
#define NO_SEAT SEATS

/* `seat`: read by the root programs of both directions for every packet. Written in the order
 * fallback, confirm_by_ns, active. After confirm_by_ns (CLOCK_MONOTONIC, 0: no deadline) the
 * fallback takes effect by itself. Without a deadline, fallback is what rollback returns to. */
struct seat_word {
    u32 active;
    u32 fallback;
    u64 confirm_by_ns;
};
ASSERT_SIZE(struct seat_word, 16);

/* `seen`, per CPU, by direction: packets counted before anything is judged. `unseated`: the chosen
 * seat was empty, which happens only if somebody emptied it. `events_lost`: packets that a listener
 * asked for but was not told about, because there were too many or it read too slowly. */
struct seen {
    u64 packets;
    u64 unseated_packets;
    u64 events_lost;
};
ASSERT_SIZE(struct seen, 24);

/* How many events each rule and each reason may cause on a CPU in a span of about a second. The
 * limit keeps a flood from hiding other events. */
#define EVENTS_IN_SPAN     64
#define EVENT_SPAN_SHIFT   30 /* of ns */
#define EVENT_SPAN(now_ns) ((u16)((now_ns) >> EVENT_SPAN_SHIFT))

/* `counters`, per CPU, by rule number. */
struct rule_counter {
    u64 packets;
    u64 bytes;
    u64 last_seen_ns; /* CLOCK_MONOTONIC */
    u64 reply_packets;
    u64 reply_bytes;
    u64 limited_packets; /* dropped by a limit of the rule; not in `packets` */
    u64 limited_bytes;
    u32 last_seen_tick; /* jiffies of last_seen_ns: the clock is read once a tick */
    u16 event_span;     /* the last span in which it caused events, see EVENT_SPAN() */
    u16 events;         /* how many it caused in that span */
};
ASSERT_SIZE(struct rule_counter, 64);

/* `reasons`, per CPU, by REASON_SLOT(). The first three fields repeat the slot for human readers.
 */
struct reason_counter {
    enum reason reason;
    enum direction direction;
    enum verdict verdict;
    u32 last_seen_tick; /* jiffies of last_seen_ns: the clock is read once a tick */
    u64 packets;
    u64 bytes;
    u64 last_seen_ns; /* CLOCK_MONOTONIC */
    u16 event_span;   /* as in struct rule_counter */
    u16 events;
    u32 reserved;
};
ASSERT_SIZE(struct reason_counter, 48);

/* How far a row of `dropped` reaches. DROPPED_NETWORK: its far ends are all in one /24 of IPv4 or
 * one /64 of IPv6. DROPPED_ANYWHERE: packets of one service whose networks have no row of their own
 * (any more). DROPPED_ANYTHING: packets whose service has none either; it has neither far ends nor
 * a protocol. */
enum dropped_scope { DROPPED_NETWORK, DROPPED_ANYWHERE, DROPPED_ANYTHING };

/* A row of `dropped`: packets of one service, that is, to or from one port of the one who offers
 * it. */
struct dropped {
    u8 remote[16]; /* the far end of the first packet: the source of what came in, the destination
                      of what went out; IPv4 in the first four bytes */
    u8 differing[16]; /* the bits in which another packet's far end differs from it */
    u16 port;         /* of the service, host order; ICMP: type << 8 | code */
    u8 protocol;
    u8 family;
    u8 direction;
    u8 answer;   /* 1: it is the source port */
    u8 audit;    /* 1: counted in audit mode, and passed */
    u8 scope;    /* enum dropped_scope */
    u64 packets; /* 0: the row is free */
    u64 bytes;
    u64 last_seen_ns; /* CLOCK_MONOTONIC */
};
ASSERT_SIZE(struct dropped, 64);

/* `dropped`, per CPU: what was dropped because no rule matched, if the policy says log = drops. The
 * map has one line, and nothing is counted, until a policy does. The last line has a row of scope
 * DROPPED_ANYTHING for each direction and mode. */
#define DROPPED_WAYS  4u
#define DROPPED_LINES 1024u

struct dropped_line {
    struct dropped ways[DROPPED_WAYS];
};
ASSERT_SIZE(struct dropped_line, 256);

/* `rules`, by rule number: one direction of one named rule. A number belongs to (name, direction,
 * action) as long as any seat uses it; an identity is never reused while anything is guarded. A
 * rule that rejects has the action VERDICT_DROP. */
struct rule_entry {
    char name[RULE_NAME_BYTES]; /* empty: the number is free */
    enum direction direction;
    enum verdict action;
    u32 identity;
    u32 position; /* 1 is the first rule of the file */
    u32 line;
    enum refusal refusal;
    struct rule_counter carried; /* counts from a smaller table that this one replaced */
    u64 since_ns;                /* CLOCK_MONOTONIC, when it was given the number */
};
ASSERT_SIZE(struct rule_entry, 160);

#define FLOWS_MAX_DEFAULT  131072u
#define LIMITS_MAX_DEFAULT 1000000u
#define FRAGMENTS_MAX      8192u

/* `flows`: a conversation opened from the inside, as seen from this host. */
struct flow_key {
    u8 local[16]; /* IPv4 in the first four bytes */
    u8 remote[16];
    u16 local_port;  /* host order; ICMP: the identifier */
    u16 remote_port; /* host order; ICMP: the type of the request */
    u8 protocol;
    u8 family;
    u16 reserved;
};
ASSERT_SIZE(struct flow_key, 40);

#define FLOW_FIN_OUT 1u
#define FLOW_FIN_IN  2u
#define FLOW_RST     4u
#define FLOW_FINS    (FLOW_FIN_OUT | FLOW_FIN_IN)

struct flow {
    u64 created_ns;   /* CLOCK_MONOTONIC */
    u64 last_seen_ns; /* CLOCK_MONOTONIC, exact to a second */
    u32 rule;         /* its number on the interface that made it, or NO_RULE: `outbound` */
    u32 identity;     /* of that rule; 0: NO_RULE */
    u32 closing;      /* FLOW_FIN_OUT, FLOW_FIN_IN, FLOW_RST (only one sent by the inside) */
    u32 in_audit;     /* 1: made in audit mode, perhaps caused by a stranger: valid only there */
};
ASSERT_SIZE(struct flow, 32);

/* Who opened the conversation that an outgoing packet belongs to, as far as can be told. */
enum opener {
    OPENER_STRANGER, /* somebody outside, or nobody we know of */
    OPENER_UNKNOWN,  /* the protocol has no connections, or this host only forwards the packet */
    OPENER_HERE,     /* this host, or a host it forwards for */
};

/* `fragments`: an IP packet whose first fragment was accepted. */
struct fragment_key {
    u8 source[16]; /* IPv4 in the first four bytes */
    u8 destination[16];
    u32 id;      /* host order */
    u8 protocol; /* what the fragmented part begins with */
    u8 family;
    u8 direction;
    u8 reserved;
};
ASSERT_SIZE(struct fragment_key, 40);

struct fragment {
    u64 seen_ns; /* CLOCK_MONOTONIC: when the first fragment came */
    u32 bytes;   /* of data in the first fragment: later ones begin at or after this offset */
    u32 reserved;
};
ASSERT_SIZE(struct fragment, 16);

#define REPLIES_MAX 8192u

/* `replies`: a large answer that makes no flow. Its key is that of a flow with the same addresses
 * and ports; for ICMP, remote_port is the type of the answer. */
struct reply {
    u64 sent_ns; /* CLOCK_MONOTONIC, exact to a second: when the last one was sent */
};
ASSERT_SIZE(struct reply, 8);

#define REFUSALS_A_SECOND 100u

/* `refusals`, per CPU: when this CPU last told senders that their packets were rejected, in a ring:
 * none is told if the oldest of these times is less than a second ago. */
struct refusals {
    u64 sent_ns[REFUSALS_A_SECOND]; /* CLOCK_MONOTONIC; 0: never */
    u64 next;                       /* index of the oldest */
    u64 sent;                       /* in all */
    u64 withheld;                   /* because there were too many */
};
ASSERT_SIZE(struct refusals, 824);

/* `refusing`: how our programs know an answer that they sent themselves when it passes them. */
struct refusing {
    u8 token[16]; /* random: behind a packet that generic XDP will see, and cuts it off again */
    u32 mark;     /* random, not 0: of a packet that tc will see */
    u32 generic;  /* 1: generic XDP judges what comes in */
};
ASSERT_SIZE(struct refusing, 24);

/* `cookies_until`: until then ACKs may return SYN cookies that were sent. */
struct cookies_until {
    u64 ns; /* CLOCK_MONOTONIC, exact to a second */
};
ASSERT_SIZE(struct cookies_until, 8);

/* `cookie_key`: whoever has it can make SYN cookies of our own. */
struct full_cookie_key {
    u64 halves[2];
};
ASSERT_SIZE(struct full_cookie_key, 16);

/* `cookies`, per CPU: SYN cookies. */
struct cookies {
    u64 sent;
    u64 valid;   /* shown by an ACK, and right */
    u64 invalid; /* an ACK to a listener, without a right one */
};
ASSERT_SIZE(struct cookies, 24);

/* `remotes`: a bit for each TCP port, each UDP port and each other protocol at the far end of a
 * flow, set with the first flow and never cleared. A packet from a place that no flow ever led to
 * cannot be a reply. */
#define REMOTE_BITS (2 * 65536u + 256u)
struct remotes {
    u64 bits[REMOTE_BITS / 64];
};

/* Bans. An expired ban has no effect but stays in its map until somebody removes it. `bans`: single
 * addresses. */
struct ban_key {
    u8 address[16]; /* IPv4 in the first four bytes */
    u8 family;
    u8 reserved[7];
};
ASSERT_SIZE(struct ban_key, 24);

struct ban {
    u64 since_ns;   /* CLOCK_MONOTONIC */
    u64 expires_ns; /* CLOCK_MONOTONIC; BAN_FOREVER: never */
};
ASSERT_SIZE(struct ban, 16);

#define BAN_FOREVER      (~0ull)
#define BANS_MAX         262144u
#define BAN_PREFIXES_MAX 65536u

/* `ban_prefixes`, a trie that finds the longest matching prefix. Its key begins with the number of
 * significant bits, including those of the family. */
struct ban_prefix_key {
    u32 bits;
    u32 family;
    u8 address[16]; /* IPv4 in the first four bytes */
};
ASSERT_SIZE(struct ban_prefix_key, 24);

#define BAN_FAMILY_BITS 32u

struct ban_prefix {
    u64 since_ns;    /* CLOCK_MONOTONIC */
    u64 expires_ns;  /* CLOCK_MONOTONIC; BAN_FOREVER: never */
    u64 in_force_ns; /* banned until then: the latest expiry of this prefix and of all prefixes that
                        contain it, which the trie does not find */
};
ASSERT_SIZE(struct ban_prefix, 24);

/* `limit_bans`: prefixes that a limit has banned, by the packet path itself. The length is that of
 * the limit's key; banning.limit_bits says which lengths there may be. */
struct limit_ban_key {
    u8 address[16]; /* IPv4 in the first four bytes; 0 behind the prefix */
    u8 family;
    u8 bits;
    u8 reserved[6];
};
ASSERT_SIZE(struct limit_ban_key, 24);

struct limit_ban {
    u64 since_ns;   /* CLOCK_MONOTONIC */
    u64 expires_ns; /* CLOCK_MONOTONIC */
    u32 rule;       /* the number of the rule whose limit it was */
    u32 reserved;
};
ASSERT_SIZE(struct limit_ban, 24);

#define LIMIT_BANS_MAX    65536u
#define LIMIT_BAN_LENGTHS 4u /* of prefixes, at most, in each family */

/* `ban_filter`: an address whose bits are not all set is not in `bans`. The filter stays in a CPU's
 * cache; `bans` does not. Bits of unbanned addresses stay set for a while. */
#define BAN_FILTER_SHIFT 15u
#define BAN_FILTER_WORDS (1u << BAN_FILTER_SHIFT)

struct ban_filter {
    u32 words[BAN_FILTER_WORDS];
};
ASSERT_SIZE(struct ban_filter, 128 << 10);

#define BANS_ADDRESSES 1u
#define BANS_PREFIXES  2u
#define BANS_BY_LIMITS 4u /* there may be some: limits_until_ns says until when */

/* `banning`: which lookups are needed. An entry is added before its bit is set, and removed after
 * its bit is cleared. */
struct banning {
    u32 kinds;     /* BANS_ bits; 0: nobody is banned */
    u32 changing;  /* 1: a command is changing it, or was killed while doing so */
    u32 addresses; /* entries, including expired ones */
    u32 prefixes;
    u32 stale; /* entries removed since the filter was built */
    u32 reserved;
    u64 earliest_ns; /* no ban expires before this time */
    u64 changes; /* raised by every command that bans or unbans, for those who keep a copy of the
                    bans */
    u64 limits_until_ns; /* no ban in `limit_bans` lasts longer; written by packets */
    u8 limit_bits[2][LIMIT_BAN_LENGTHS]; /* lengths of its prefixes, by family; 0: no more */
};
ASSERT_SIZE(struct banning, 56);

/* Blocks: patterns whose packets are dropped, or limited, before the rules are asked, whatever
 * policy is in force. Those of one origin are compiled into one image (struct tables_header with
 * `blocks`), the value of a map of its own, which takes the place of the one before as a whole. */
enum block_origin { BLOCK_MANUAL, BLOCK_FLOWSPEC, BLOCK_ORIGINS };

#define BLOCKS_MAX    16384u /* of all origins */
#define BLOCK_FOREVER (~0ull)

/* The value of such a map. It is larger than most sets of blocks need, because the programs that
 * judge know only one size. */
#define BLOCK_IMAGE_WORDS (1u << 20)

/* `blocking`: which images packets are judged by. An image is in its place before its bit is set,
 * and leaves it after its bit is cleared. */
struct blocking {
    u32 origins;     /* a bit for each that has blocks; 0: nothing is blocked */
    u32 changing;    /* 1: a command is changing it, or was killed while doing so */
    u32 next_number; /* of a block; none is given twice */
    u32 reserved;
    u64 changes;                 /* raised by every command that changes the blocks */
    u64 until_ns[BLOCK_ORIGINS]; /* CLOCK_MONOTONIC: then all blocks of that origin end, whatever
                                    their own time; BLOCK_FOREVER: they do not */
    u64 earliest_ns;             /* no block expires before this time */
    u32 counts[BLOCK_ORIGINS];   /* of blocks, including those that have expired */
};
ASSERT_SIZE(struct blocking, 56);

/* `block_names`, by the number of a block; packets have no use for it. */
struct block_name {
    char name[RULE_NAME_BYTES];
    enum block_origin origin;
};
ASSERT_SIZE(struct block_name, 68);

/* `block_counters`, per CPU, by the number of a block: what it dropped. */
struct block_counter {
    u64 packets;
    u64 bytes;
    u64 last_seen_ns;   /* CLOCK_MONOTONIC */
    u32 last_seen_tick; /* as in struct rule_counter, like the next two */
    u16 event_span;
    u16 events;
};
ASSERT_SIZE(struct block_counter, 32);

/* Where the running kernel has what the programs read of its sockets, by bytes from the beginning
 * of struct sock, struct tcp_sock or what is noted; 0: unknown. */
struct socket_places {
    u32 backlog;  /* sk_max_ack_backlog */
    u32 received; /* rcv_nxt */
    u32 sent;     /* snd_nxt */
    u32 chosen;   /* snt_isn, in struct tcp_request_sock */
    u32 overflow; /* rx_opt.ts_recent_stamp: of a listener, when it last sent SYN cookies */
    u32 group;    /* sk_reuseport_cb: listeners that share a port have that together */
    u32 mptcp;    /* is_mptcp, in struct tcp_sock; or: */
#define SOCKET_NO_MPTCP ~0u
};
ASSERT_SIZE(struct socket_places, 28);

/* What packets begin with on an interface: an Ethernet header, or directly the IP header, as on
 * tun, WireGuard, PPP and tunnels. On the latter, tc instead of XDP judges incoming packets,
 * too. */
enum link_layer { LINK_ETHERNET, LINK_BARE };

enum reload_result { RELOAD_OK, RELOAD_FAILED, RELOAD_RESULTS };

/* The counts when somebody last looked; rates are computed since then. Every look writes it without
 * a lock, so two at once may leave a mixture: then `check` does not match. */
struct last_look {
    u64 time_ns; /* CLOCK_MONOTONIC */
    u64 number;  /* 1 is the first look; 0: nobody has looked since it was attached */
    u64 seen_packets[DIRECTIONS];
    u64 packets[DIRECTIONS][VERDICTS];
    u64 check;
};
ASSERT_SIZE(struct last_look, 72);

/* A zone of a policy, by name. */
struct zone_key {
    char policy[NAME_BYTES];
    char zone[NAME_BYTES];
};
ASSERT_SIZE(struct zone_key, 64);

/* `interface`: the interface that this state belongs to. */
struct interface_state {
    u32 schema;
    u32 ifindex;
    u64 netns_cookie;
    u32 next_identity;
    u32 next_generation;
    u32 attach_mode;    /* enum attach_mode of the loader */
    u32 egress_hook;    /* enum egress_hook of the loader */
    u32 audit;          /* 1: attached with --audit, whatever the policy says */
    u32 link_layer;     /* enum link_layer, as it was when attached */
    u64 root_programs;  /* version of the attached programs */
    u64 attached_at_ns; /* CLOCK_REALTIME */
    u64 expired_at_ns;  /* CLOCK_REALTIME: when a confirmation last failed to come in time, or 0 */
    u64 swaps;          /* raised before a swap shows, so that readers notice a stale view */
    u64 reloads[RELOAD_RESULTS]; /* reloads requested, by result; no packet depends on it */
    u32 root_ids[DIRECTIONS];    /* the kernel's ids of the attached programs */
    u64 gone_packets[DIRECTIONS][VERDICTS]; /* counted by rules that no seat uses any more */
    struct last_look last_look;             /* by `status` */
    u64 limit_secrets[3]; /* random: so that nobody outside knows where a source is in limit_lines
                           */
    u32 limits_max;       /* sources that may be ahead of a limit at once */
    u32 reserved;
    struct zone_key zone; /* with whose interfaces this one shares its flows; empty: with none */
};
ASSERT_SIZE(struct interface_state, 296);

enum outcome_kind { OUTCOME_REASON, OUTCOME_RULE, OUTCOME_REPLY, OUTCOME_LIMITED };

/* The one counted outcome of a packet. OUTCOME_REASON: `reason` decided (of REASON_SYN_COOKIE,
 * `rule` accepts it; of REASON_BLOCKED, `rule` is the number of the block). OUTCOME_RULE: `rule`
 * decided. OUTCOME_REPLY: accepted as a reply to what `rule` accepted in the other direction.
 * OUTCOME_LIMITED: `rule` accepts it, but one of its limits has no room: dropped. */
struct outcome {
    u8 kind;
    u8 verdict;
    union {
        u8 reason;  /* OUTCOME_REASON */
        u8 refusal; /* OUTCOME_RULE: enum refusal */
    };
    u8 log;
    u32 rule;
};
ASSERT_SIZE(struct outcome, 8);

/* Does a rule accept what is answered with a SYN cookie? Then OUTCOME names it. */
INLINE bool outcome_is_cookie(const struct outcome *outcome)
{
    return outcome->kind == OUTCOME_REASON && outcome->reason == REASON_SYN_COOKIE;
}

/* Has a block dropped it? Then OUTCOME names it. */
INLINE bool outcome_is_block(const struct outcome *outcome)
{
    return outcome->kind == OUTCOME_REASON && outcome->reason == REASON_BLOCKED;
}

/* Does OUTCOME name a rule? */
INLINE bool outcome_has_rule(const struct outcome *outcome)
{
    return outcome->kind != OUTCOME_REASON || outcome_is_cookie(outcome);
}

/* Who is told about single packets: each listening process has a slot, and a ring buffer at the
 * same index in `listeners`. One load tells the packet path that nobody listens. */
#define LISTENERS       8u
#define HEARS_LOGGED    1u /* packets that a rule with log = yes, or log = drops, reports */
#define HEARS_DROPPED   2u /* packets that are dropped, or would be if audit mode were off */
#define HEARS_SAMPLED   4u /* samples of all packets, and nothing else */
#define HEARS_SHIFT     3u
#define HEARS_ANY(what) ((what)*0x249249u) /* in any slot */

/* `listening`. Each listener writes its own slot. */
struct listening {
    u32 hears;               /* HEARS_ bits; those of slot I are shifted by I * HEARS_SHIFT */
    u32 sample_pace_ns;      /* the time in which a CPU may take one sample on average */
    u64 until_ns[LISTENERS]; /* CLOCK_MONOTONIC: a listener that does not extend this is gone */
    u64 owners[LISTENERS];   /* a number that the listener chose for itself */
};
ASSERT_SIZE(struct listening, 136);

/* `samplers`, per CPU: when to take the next sample, and how many were lost. */
struct sampler {
    u32 skip;                    /* the next sample is the packet after so many less one */
    u32 every;                   /* that sample stands for so many packets */
    u64 paid_ns;                 /* CLOCK_MONOTONIC: samples taken so far are paid for until then */
    u64 tick;                    /* jiffies when the last one was taken */
    u64 lost_packets[LISTENERS]; /* for which samples stood that found a slot's ring full */
};
ASSERT_SIZE(struct sampler, 88);

/* In a ring of `listeners`: a packet taken as a sample, and what became of it. As in struct
 * event. */
struct packet_sample {
    u32 stands_for; /* one of so many was taken */
    u32 generation;
    struct outcome outcome;
    u32 frame_bytes; /* on the wire, of all its segments */
    u16 segments;    /* packets on the wire; 1 unless the kernel joined several */
    u8 direction;
    u8 audit;
    u8 family;
    u8 protocol;
    u8 tcp_flags;
    u8 fragment;
    u16 source_port;
    u16 destination_port;
    u8 source[16];
    u8 destination[16];
};
ASSERT_SIZE(struct packet_sample, 64);

#define EVENT_FRAME_BYTES 256
#define EVENT_NUMBERS     8 /* room for the fields of the kind NUMBERS: see fields.h */

/* In a ring of `listeners`: a packet and what became of it. Addresses and ports are those that were
 * read; a malformed packet may have none (family 0). */
struct event {
    u64 time_ns; /* CLOCK_MONOTONIC */
    struct outcome outcome;
    u32 generation;  /* of the policy whose rule outcome.rule is */
    u32 frame_bytes; /* on the wire */
    u16 captured_bytes;
    u8 direction;
    u8 audit; /* 1: the packet passed, whatever outcome.verdict says */
    u8 family;
    u8 protocol;
    u8 tcp_flags;
    u8 fragment; /* enum fragment_kind; later ones have no ports */
    u8 source[16];
    u8 destination[16];
    u16 source_port;            /* host order */
    u16 destination_port;       /* host order; ICMP: type << 8 | code */
    u32 link_layer;             /* enum link_layer: what the frame begins with */
    u16 numbers[EVENT_NUMBERS]; /* by enum number */
    u32 asked;                  /* a bit for each of them that a rule of the policy asks for */
    u32 reserved;
    u8 frame[EVENT_FRAME_BYTES];
};
ASSERT_SIZE(struct event, 352);

/* What the ask_ programs leave in their own memory; they judge a packet and count nothing. */
struct answer {
    struct outcome outcome;
    u32 asked;       /* counts up, so that a missing answer is noticed */
    u32 frame_bytes; /* set by who asks: the whole frame, of which only the beginning is there; 0:
                        all of it is there */
    u32 packets;     /* set by who asks: limits are charged that many; 0: they are only asked */
    u32 arrives;     /* set by who asks: the zone that an outgoing packet came in through */
};
ASSERT_SIZE(struct answer, 24);

#endif
