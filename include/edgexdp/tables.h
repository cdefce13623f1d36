/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A compiled policy: one block of 32-bit words that begins with its own description. The kernel
 * side reads it as the only value of a map, user space as memory; both use the same functions
 * (search.h), so that there is one way to read it. The compiler under loader/compile writes it.
 *
 * A packet is not matched against rules. Its addresses and its protocol and port are turned into
 * classes (all addresses that the same sets hold are one class), and the classes lead through a
 * decision diagram to the first rule that matches. The diagram tests source, destination, port,
 * source port and so on (enum test) in this order and leaves out every test that would not change
 * the answer.
 */
#ifndef EDGEXDP_TABLES_H
#define EDGEXDP_TABLES_H

#include "abi.h"
#include "fields.h"

#define TABLES_MAGIC 0x78646765u /* "egdx" */

/* An edge of the diagram: either a leaf, or a test and where its node begins. */
#define EDGE_LEAF          0x80000000u
#define EDGE_ACCEPT        0x40000000u /* of a leaf */
#define EDGE_LOG           0x20000000u /* of a leaf */
#define EDGE_LIMITED       0x10000000u /* of a leaf that accepts: within the rule's limits */
#define EDGE_PROTECTED     0x08000000u /* of a leaf that accepts: its listeners are protected */
#define EDGE_REFUSAL       0x07000000u /* of a leaf: enum refusal */
#define EDGE_RULE          0x00ffffffu /* of a leaf: the rule number */
#define NO_RULE            EDGE_RULE   /* of a leaf: no rule; `inbound` or `outbound` decides */
#define EDGE_REFUSAL_SHIFT 24
#define EDGE_TEST_SHIFT    26
#define EDGE_NODE          0x03ffffffu
#define TABLES_WORDS_MAX   (EDGE_NODE + 1u)

/* Words of 16 bits of which a packet's two addresses consist, the source's first: only blocks ask
 * for parts of an address that are no prefix. */
#define ADDRESS_WORDS 16u

/* Packets are tested in this order. The first two tests are about addresses, TEST_PORT is about
 * protocol and port, and all from TEST_SOURCE_PORT on are about a 16-bit number. */
enum test {
    TEST_SOURCE,
    TEST_DESTINATION,
    TEST_PORT,
    TEST_SOURCE_PORT,
#define ROW(ID, ...) TEST_##ID,
    EDGEXDP_OWN_FIELDS(ROW)
#undef ROW
        TEST_ADDRESS_WORD, /* and one for each of the others */
    TESTS = TEST_ADDRESS_WORD + ADDRESS_WORDS,
    TEST_NONE = TESTS
};

_Static_assert(NUMBERS <= EVENT_NUMBERS, "an event has room for every number");

#define TESTS_MAX 32 /* as many as an edge has room for */
_Static_assert(TESTS < TESTS_MAX, "an edge names its test, and no bit for it is the highest");
_Static_assert(REFUSALS <= (EDGE_REFUSAL >> EDGE_REFUSAL_SHIFT) + 1, "a leaf names its refusal");

/* A node is a word that counts its runs, then the first class of each run, then the edge of each
 * run. A count of 0 means an edge for each class instead. Counts, classes and edges to nodes stay
 * below EDGE_LEAF: leaves can be told from all other words. */
#define NODE_DENSE 0u

/* A list is a node, the words below an entry of the IPv4 root, or a root itself. Only where it
 * begins is checked; positions in it need no check, because the map holds TABLES_SLACK more words
 * than the block, as many as the longest list. */
#define LIST_MASK    0x0000ffffu
#define TABLES_SLACK (2 * (LIST_MASK + 1))

/* An entry of the IPv4 root, indexed by the upper 16 bits: a class, or the offset of a list that
 * starts with its number of words; each word holds the lower 16 bits of a first address and its
 * class. */
#define ROOT_CLASS 0x80000000u
#define CLASS_MASK 0x0000ffffu

/* An entry of the IPv6 root, indexed by the upper 16 bits, and every edge below it: a class, or a
 * node of the search tree over the upper 64 bits, or, from ROOT_LOWER on, over the lower 64
 * bits. */
#define ROOT_LOWER  0x40000000u
#define ROOT_NODE   0x3fffffffu
#define NODE6_KEYS  8
#define NODE6_DEPTH 16 /* no path is longer: 7 levels hold a million keys, twice */

struct node6 {
    u64 first[NODE6_KEYS]; /* host order; unused: ~0 */
    u32 edge[NODE6_KEYS];
    u32 reserved[8]; /* two cache lines */
};
ASSERT_SIZE(struct node6, 128);

/* Ports to classes, by protocol: an entry names a class, and, where ports matter, a page. A page is
 * 256 halves of 16 bits: the port's upper byte selects the page that holds the classes, and its
 * lower byte selects the class there. */
#define PAGE_HALVES      256u
#define PORTS_PAGE_SHIFT 16

/* What a TCP segment that a rule or `inbound` accepts has to belong to, unless it opens a
 * connection or goes to somebody else: nothing; a connection of a socket of this host; or one that
 * the kernel tracks. */
enum tcp_state { TCP_STATE_OFF, TCP_STATE_SOCKET, TCP_STATE_SOCKET_CONNTRACK };

/* What `mode`, `inbound`, `outbound` and [baseline] say; 1 is accept unless noted. */
struct tables_switches {
    u8 audit;
    u8 otherwise[DIRECTIONS];
    u8 arp;
    u8 neighbour_discovery;
    u8 igmp;
    u8 icmp_errors;
    u8 link_control;
    u8 other_ethertypes;
    u8 ping;
    u8 dhcp_client;
    u8 fragments; /* 1: track */
    u8 martians;
    u8 tcp_flags;
    u8 unguarded; /* 1: this is no policy: accept and count everything */
    u8 numbers;   /* how many of the fields that have a test of their own rules ask for */
    u8 refuses;   /* a bit for each direction that has a rule which rejects */
    u8 later;     /* the same for rules that name later fragments */
    u8 log_drops; /* 1: what is dropped because no rule matches is reported, and counted apart */
    u8 bans;      /* 1: a limit bans */
    u8 tcp_state; /* enum tcp_state */
    u8 protects;  /* 1: a rule protects its listeners */
    u8 reserved[2];
};
ASSERT_SIZE(struct tables_switches, 24);

/* Cookies that carry all options: see full_cookie.h. */
#define FULL_COOKIES_OWN_SCALE 0xfu  /* of this host's windows */
#define FULL_COOKIES_ON        0x10u /* a program makes the connections */
#define FULL_COOKIES_SACK      0x20u
#define FULL_COOKIES_SCALE     0x40u

/* What is set when an interface gets the policy. The same policy may have other values here. */
struct tables_seated {
    u64 limit_secrets[3]; /* where a source is in the table of limits, nobody can tell */
    u64 programs;         /* the version of the programs that judge by the tables */
    u64 loaded_at_ns;     /* CLOCK_REALTIME */
    u32 generation;       /* numbers the interface's policies as they are seated */
    u32 limit_lines;      /* lines of the limits of sources, less 1 */
    u16 bare;             /* 1: frames have no link layer, see enum link_layer */
    u16 limit_lag; /* by so much the limits' clock may be late, see limit.h; 0: it is exact */
    u8 conntrack;  /* 1: programs can ask what the kernel tracks */
    u8 blind;      /* 1: programs here find no sockets: `tcp-state` is not asked for */
    u8 reserved;
    u8 full; /* FULL_COOKIES_ bits: connections by cookies get these options */
};
ASSERT_SIZE(struct tables_seated, 56);

/* Offsets count words from the beginning of the header. */
struct tables_header {
    u32 magic;
    u32 schema;
    u32 words; /* the whole block */
    u32 port_classes;
    struct tables_switches switches;
    u32 roots[DIRECTIONS][2];       /* edges by port class; IPv4, IPv6 */
    u32 later_roots[DIRECTIONS][2]; /* the same of later fragments, where switches.later says so */
    u32 ports;                      /* 256 entries by protocol */
    u32 pages;                      /* halves from here on */
    /* By test, from TEST_SOURCE_PORT on: a page, as in `ports`, and below it the class of packets
     * that are only spoken of. 0: no rule distinguishes numbers, and the test is never used. */
    u32 numbers[TESTS_MAX - TEST_SOURCE_PORT];
    u32 root4;
    u32 root6;
    u32 nodes6;       /* from here on, 128 bytes each */
    u32 nodes6_count; /* for bounds */
    u32 owners;       /* by rule number: identity if the rule accepts outbound, else 0 */
    u32 owners_count;
    /* Where interfaces share their flows: the identities among `owners`, ascending, and then the
     * number of each here, since a flow has the number that its rule had where it was made. */
    u32 identities;
    u32 identities_count; /* 0: this interface's flows are its own */
    /* The zones of interfaces, for rules that ask through which one a packet came in: so many
     * indices of interfaces, ascending from 0, and then as many zones; each is that of all indices
     * from its own to the next. */
    u32 arrivals;
    u32 arrivals_count; /* 0: no rule asks */
    u32 limits; /* by rule number: the first of its limits << LIMITS_SHIFT, and how many it has */
    u32 limits_count; /* 0: no rule has limits */
    u32 limit_list;   /* struct tables_limit from here on */
    u32 limit_list_count;
    u32 protects; /* struct tables_protect by rule number, from here on */
    u32 protects_count;
    /* By family: a bit for each class of addresses; 0: none. */
    u32 exempt[2]; /* no limit bans them */
    u32 self[2];   /* they are this host's; only where the packet path asks */
    u32 rules;     /* struct tables_rule, in file order */
    u32 rules_count;
    u32 path; /* of the policy file, then of those that it includes: each with its NUL */
    u32 path_words;
    u32 archive; /* the files that it was read from, packed: see loader/policy/archive.h */
    u32 archive_words;
    u8 name[NAME_BYTES];
    u8 sha256[32];
    u32 blocks; /* struct tables_blocks; 0: these are the tables of a policy */
    u32 reserved;
    u32 limit_tick_ns; /* a clock that goes on so often is exact enough for all limits */
    u64 limit_most;    /* the greatest of all limits */
    struct tables_seated seated;
};
ASSERT_SIZE(struct tables_header, 440);

/* A rate limit of a rule: see limit.h. */
#define RULE_LIMITS  4  /* at most so many in a rule */
#define LIMIT_BITS4  32 /* of a key's prefix, where the policy does not say */
#define LIMIT_BITS6  64
#define LIMITS_SHIFT 4 /* of a word that counts at most RULE_LIMITS */

enum limit_counts { LIMIT_PACKETS, LIMIT_NEW, LIMIT_BYTES };
enum limit_key { LIMIT_RULE, LIMIT_SOURCE, LIMIT_DESTINATION, LIMIT_KEYS };

struct tables_limit {
    u32 identity; /* the same as long as the rule's name, direction and limit are */
    u8 counts;    /* enum limit_counts */
    u8 key;       /* enum limit_key */
    u8 owner;     /* 1 to LIMIT_OWNERS, by the rule's number: who is counted together; 0: nobody */
    u8 reserved;
    u32 proof;  /* the number of the limit that only proven packets are charged to: see limits.h */
    u8 bits[2]; /* of the key's prefix, by family */
    u8 unused[2];
    u64 cost;           /* of a packet or byte, in 2^-LIMIT_COST_BITS ns */
    u64 burst;          /* packets or bytes */
    u64 most;           /* how far ahead the burst may bring somebody, in LIMIT_ units of time */
    u64 masks_be[2][2]; /* of the key's prefix, by family: IPv4 in the first four bytes */
    u64 ban_ns;         /* 0: nobody is banned */
};
ASSERT_SIZE(struct tables_limit, 80);

/* How a rule protects its listeners: see cookie.h. */
struct tables_protect {
    u32 over; /* 1 + the number of a limit among those of all rules: only while there are more new
                 connections than it has room for; 0: always */
    u16 mss;  /* what clients are told; 0: what fits the interface */
    u16 on;   /* 1; 0: the rule with this number does not protect anything */
};
ASSERT_SIZE(struct tables_protect, 8);

/* One direction of a rule, and its position in the file. */
struct tables_rule {
    u32 number;
    u32 position; /* 1 is the first rule */
    u32 line;
    u32 file; /* where its path begins, in bytes from that of the policy */
};
ASSERT_SIZE(struct tables_rule, 16);

#define BLOCK_IMAGE_BYTES ((BLOCK_IMAGE_WORDS + TABLES_SLACK) * 4)

/* Blocks are compiled as rules are, but into several diagrams, since there may be thousands that
 * have nothing in common: one diagram over such that look at sources and such that look at ports
 * would be as large as the product of both. Each of a group has the diagrams of its own, and a
 * packet asks all groups: the first block of all that matches decides. In a group no block ends
 * later than one before it: if the first that matches has expired, so have all others. */
#define BLOCK_GROUPS 32u

struct tables_groups {
    u32 count;
    u32 asks; /* a bit for each test that one of them wants something of; so the highest is 0 */
    u32 roots[BLOCK_GROUPS];
};

struct tables_blocks {
    struct tables_groups groups[DIRECTIONS][2][2]; /* IPv4, IPv6; whole packets, later fragments */
    u32 list;                                      /* struct tables_block by rule number */
    u32 list_count;
};
ASSERT_SIZE(struct tables_blocks, 8 * 136 + 8);

/* What is to be known of the block that a rule stands for. */
struct tables_block {
    u64 expires_ns; /* CLOCK_MONOTONIC; BLOCK_FOREVER: never */
    u32 number;     /* not 0 */
    u32 reserved;
};
ASSERT_SIZE(struct tables_block, 16);

#endif
