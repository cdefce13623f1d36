/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A policy as its file states it: read, checked and resolved, but not compiled. Pure data.
 */
#ifndef EDGEXDP_POLICY_H
#define EDGEXDP_POLICY_H

#include <edgexdp/abi.h>
#include <edgexdp/tables.h>

#include "diag.h"

typedef unsigned __int128 u128;

/* Inclusive, in host order; an IPv4 address takes the low 32 bits. */
struct address_range {
    u128 first;
    u128 last;
};

/* Inclusive. Of ICMP types: type << 8 | code. */
struct number_range {
    u16 first;
    u16 last;
};

struct number_ranges {
    struct number_range *ranges; /* sorted, disjoint, not adjacent */
    size_t count;
};

/* The addresses of one family that a set holds: sorted, disjoint, not adjacent. `any` is one range
 * over the whole family. */
struct address_ranges {
    struct address_range *ranges;
    size_t count;
};

/* Interned: two fields that hold the same items share one address_set of the policy. */
struct address_set {
    struct address_ranges family[2]; /* IPv4, IPv6: FAMILY_IPV4 - 1, FAMILY_IPV6 - 1 */
    const char *label;               /* the items as written, for messages */
    size_t index;                    /* its place in policy->sets */
};

/* How labels end of sets that lack this host, and whatever else nothing is forwarded to. */
#define SET_BEYOND " beyond this host"

/* What a rule wants of one field; see match.h. */
struct match {
    bool any;                        /* no key, or what comes to the same */
    const struct address_set *set;   /* of addresses: never NULL */
    struct number_ranges numbers[2]; /* of all else, by family as above; none: no packet */
};

/* What a limit is written in. */
enum limit_unit {
    LIMIT_PACKETS_UNIT,
    LIMIT_NEW_UNIT,
    LIMIT_BYTES_UNIT,
    LIMIT_KBIT_UNIT,
    LIMIT_MBIT_UNIT,
    LIMIT_GBIT_UNIT,
    LIMIT_UNITS
};

/* A rate limit: see limit.h. */
struct limit {
    u64 amount; /* of UNIT in SECONDS */
    enum limit_unit unit;
    u32 seconds;
    enum limit_key key;
    u8 bits[2]; /* of the key's prefix, by family as above */
    u64 burst;  /* packets or bytes; never 0 */
    u64 ban_ns; /* 0: nobody is banned */
};

/* How a rule protects its listeners: see protect.h. */
struct protect {
    bool cookies;      /* SYN cookies from the packet path; false: it does not protect */
    struct limit over; /* only while it gets more new connections than this; amount 0: always */
    u16 mss;           /* what clients are told; 0: what fits the interface */
};

/* Addresses of IPv6 whose bits from OFFSET up to LENGTH are those of BITS, whatever the others are:
 * ADDRESS/OFFSET-LENGTH, as RFC 8956 writes it. */
struct address_bits {
    u128 bits;         /* all others are 0 */
    u8 offset, length; /* length 0: any address */
};

struct rule {
    char name[RULE_NAME_BYTES];
    struct place place;         /* of NAME in the section header */
    u32 file;                   /* that it stands in: policy->included[file - 1]; 0: policy->path */
    bool direction[DIRECTIONS]; /* `both` and `forward` set both */
    bool forward;               /* only what is neither from this host nor to it */
    struct match on, leaves;    /* by zone, in numbers[0]: whose interfaces it is for */
    enum verdict action;        /* VERDICT_DROP if it rejects */
    enum refusal refusal;       /* REFUSAL_NONE: it does not reject */
    bool log;
    struct match matches[FIELDS];
    struct address_bits from_bits, to_bits; /* of blocks; then its match is any */
    struct limit limits[RULE_LIMITS];
    size_t limit_count;
    struct protect protect;
    char *note; /* never NULL */
};

/* See zones.h. */
struct zone {
    char *name;
    char **interfaces; /* names, or beginnings of names with a * behind */
    size_t interface_count;
    struct place place; /* of the name; of the first rule that says it, if nothing defines it */
};

/* Which zone the interface with INDEX is in. */
struct arrival {
    u32 index;
    u8 zone;
};

enum mode { MODE_ENFORCE, MODE_AUDIT };

/* true: accept (or, for fragments, track); false: drop. */
struct baseline {
    bool arp;
    bool neighbour_discovery;
    bool igmp;
    bool icmp_errors;
    bool link_control;
    bool other_ethertypes;
    bool ping;
    bool dhcp_client;
    bool fragments;
    bool tcp_flags;
    bool martians;
    enum tcp_state tcp_state; /* edgexdp/tables.h */
};

/* The packet that an ICMP error quotes: only what tells which conversation it belongs to. Its
 * family is that of the error, its direction the other one. */
struct quotation {
    u8 protocol;
    u8 icmp_type, icmp_code;
    u16 source_port, destination_port;
    u8 source[16], destination[16];
};

#define INTERFACE_SAID_BYTES 128 /* additional names of interfaces are long */

/* A packet in the notation of edgexdp-policy(5), parsed: what `explain` and `[expect]` judge. */
struct packet_notation {
    enum direction direction;
    enum family family;
    u8 protocol;
    enum fragment_kind fragment; /* a later one has no transport header */
    bool lacks_self; /* it says `self`, and the host has no address of its family: nobody can send
                      * it, and there is nothing to judge */
    u8 tcp_flags;    /* edgexdp/wire.h */
    u8 icmp_type, icmp_code;
    u16 source_port, destination_port; /* 0 where not given */
    u32 said;                          /* a bit for each field of the kind NUMBERS that is: */
    u16 numbers[FIELDS];
    u8 source[16], destination[16]; /* network order; IPv4 in the first four bytes */
    /* Interfaces or zones that it passes; empty: not said, and then it came in through none. */
    char on[INTERFACE_SAID_BYTES];  /* of a forwarded packet: where it goes out */
    char via[INTERFACE_SAID_BYTES]; /* where an outgoing packet came in */
    bool forwarded;                 /* it passes both, and DIRECTION is DIRECTION_IN */
    bool stray;                     /* TCP, inbound: it belongs to no connection of the host */
    bool quotes;                    /* an ICMP error that quotes this: */
    struct quotation quoted;
};

struct expectation {
    char name[RULE_NAME_BYTES];
    struct place place;
    struct packet_notation packet;
    struct place packet_place;
    enum verdict verdict;
    bool rejected;              /* by a rule that rejects: then the verdict is VERDICT_DROP */
    char rule[RULE_NAME_BYTES]; /* empty: any rule or reason will do */
    bool has_reply_to;
    struct packet_notation reply_to;
};

struct host;

struct policy {
    char name[NAME_BYTES];
    char *description; /* never NULL */
    char *path;        /* as given */
    char **included; /* paths of the files that it includes, one for each run of rules from there */
    size_t included_count;
    u8 sha256[32]; /* of the policy file's bytes */
    enum mode mode;
    enum verdict otherwise[DIRECTIONS]; /* `inbound`, `outbound` */
    bool log_drops;                     /* what `otherwise` drops is reported and counted apart */
    struct place log_place;             /* of the key that says so */
    const struct address_set *exempt;   /* whom no limit holds; NULL: nobody */
    struct place exempt_place;          /* of the key that says so, if one does */
    struct baseline baseline;
    const struct address_set *self; /* this host, if the packet path has to know; NULL: it need
                                     * not */
    struct rule *rules;
    size_t rule_count;
    struct expectation *expectations;
    size_t expectation_count;
    struct address_set **sets; /* interned; rules point here. Owned by the policy. */
    size_t set_count;
    struct host *host;  /* the words of the host that its rules use, as they were; NULL: none */
    struct zone *zones; /* zone N is zones[N - 1] */
    size_t zone_count;
    bool has_interfaces;      /* [interfaces] defines them */
    bool is_zoned;            /* some rule is for some interfaces only, or for what is forwarded */
    struct arrival *arrivals; /* interfaces of this host that are in a zone, by index */
    size_t arrival_count;
    unsigned int zone;    /* for which it was made of another one; 0: of none */
    bool borrows;         /* that other one owns its sets, zones, arrivals, host and paths */
    struct policy *whole; /* that other one, if it is owned by this one; or NULL */
};

/* Read the policy file PATH whole, for HOST (see host.h; NULL: an unknown one, on which its words
 * mean nothing). Every fault is added to DIAG. *policy is set only when there was no error; free it
 * with policy_free(). Its places point to sources that DIAG owns. Returns 0, -EINVAL (the file has
 * errors), -errno of reading PATH (also told in DIAG), or -ENOMEM. */
int policy_read(const char *path, const struct host *host, struct policy **policy,
                struct diag *diag);

/* The same from memory, for an unknown host; PATH names it in messages and is what @FILE is
 * relative to. */
int policy_read_text(const char *path, const char *text, size_t length, struct policy **policy,
                     struct diag *diag);

void policy_free(struct policy *policy);
void policy_freep(struct policy **policy);

/* Returns whether any rule of POLICY has a limit. */
bool policy_has_limits(const struct policy *policy);

/* The path of the file that RULE of POLICY stands in. */
const char *rule_file(const struct policy *policy, const struct rule *rule);

/* Where it stands there: "line 7", or "FILE:7" if the policy only includes that file. */
struct rule_place {
    char text[160];
};

struct rule_place rule_place(const struct policy *policy, const struct rule *rule);

#endif
