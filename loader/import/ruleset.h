/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A ruleset of another filter as it was read: chains of rules, whichever program wrote them. Its
 * rules are conditions and what is done; what could not be said stands there with the reason.
 */
#ifndef EDGEXDP_IMPORT_RULESET_H
#define EDGEXDP_IMPORT_RULESET_H

#include "condition.h"
#include "import.h"

/* Where packets meet base chains, in this order. */
enum hook {
    HOOK_INGRESS,
    HOOK_PREROUTING,
    HOOK_INPUT,
    HOOK_FORWARD,
    HOOK_OUTPUT,
    HOOK_POSTROUTING,
    HOOK_EGRESS,
    HOOKS,
    HOOK_NONE = HOOKS
};

/* What a rule of NAT changes: that of the source comes after all filtering, that of the destination
 * before. */
enum translation { TRANSLATES_NOTHING, TRANSLATES_DESTINATION, TRANSLATES_SOURCE };

enum deed { DEED_NONE, DEED_ACCEPT, DEED_DROP, DEED_JUMP, DEED_GOTO, DEED_RETURN };

/* Where a rule comes from. */
struct origin {
    struct place place;
    const char *where; /* "chain input of table inet filter, rule 7", or NULL: the place tells */
    const char *words; /* the rule as its ruleset has it */
};

struct chain;

struct entry {
    struct condition condition;
    enum deed deed;
    enum refusal refusal; /* a drop that is told to the sender */
    struct chain *target;
    bool limited;       /* by this; packets beyond it go on */
    bool over;          /* only packets beyond the limit are meant */
    struct limit limit; /* see limit.h */
    bool logs;
    const char *hint;    /* what it could be called, or NULL */
    const char *comment; /* or NULL */
    enum translation translates;
    const char *mangles; /* what it changes of packets, or NULL */
    enum aspect changes; /* which rules may ask for; ASPECTS: none can */
    const char *refused; /* why it cannot be said, or NULL */
    const char *differs; /* why it is said, but not exactly, or NULL */
    bool differs_little; /* no packet passes that should not, or the other way round */
    bool told;           /* either was */
    const struct origin *origin;
};

struct chain {
    const char *name;
    const char *table;
    u8 families; /* bits of enum family - 1 */
    enum hook hook;
    int priority;
    enum deed policy;            /* of a base chain */
    const struct spans *devices; /* of ingress and egress: its interfaces, or NULL */
    bool translates; /* a base chain of NAT, which judges nothing: it has no hook here */
    bool left_out;   /* what another program put there, and nobody wants */
    size_t rules;    /* in the ruleset: some make several entries, and some none */
    size_t read;     /* of these, so far */
    struct entry *entries;
    size_t count, capacity;
    unsigned int depth; /* how often it is being resolved */
    bool told;          /* its policy was */
};

/* A named set or list of ports that rules use. */
struct named {
    const char *name; /* unique */
    const char *original, *table;
    bool is_ports;
    const struct spans *set[2]; /* by family; of ports: the first */
};

struct ruleset {
    struct arena arena;
    struct diag *diag;
    const struct import_options *options;
    struct chain **chains;
    size_t chain_count, chain_capacity;
    struct named **named;
    size_t named_count, named_capacity;
    const char **interfaces; /* names and patterns, from number 1 on; 0: any other */
    size_t interface_count, interface_capacity;
    bool tracks;         /* it asks connection tracking, so that fragments are joined early */
    bool untracks;       /* some packets are not tracked */
    bool redirects;      /* it translates destinations */
    const char **meters; /* named rates that rules of iptables count by */
    size_t meter_count, meter_capacity;
    bool counting; /* only interfaces and complaints of the first reading are wanted */
    size_t complaints;
};

/* The greatest number of entries that chains may have, and lines that they may resolve to. */
#define IMPORT_RULES_MAX 200000u

struct chain *ruleset_chain(struct ruleset *ruleset, const char *table, const char *name,
                            u8 families);
struct chain *ruleset_find(const struct ruleset *ruleset, const char *table, const char *name,
                           u8 families);

/* Adds ENTRY to CHAIN. */
void ruleset_add(struct ruleset *ruleset, struct chain *chain, const struct entry *entry);

/* Returns whether an interface of a policy can be called NAME, or by a pattern such as this. */
bool ruleset_interface_is_good(const char *name, char wildcard);

/* Returns the set of interfaces that NAME means, which may be a pattern: WILDCARD is the mark at
 * its end. */
const struct spans *ruleset_interface(struct ruleset *ruleset, const char *name, char wildcard);

/* Returns a name for policies, unique among sets and lists of ports, for the set ORIGINAL of TABLE.
 */
struct named *ruleset_name(struct ruleset *ruleset, const char *table, const char *original,
                           bool is_ports);

/* Say that something is not imported, which makes the exit status 1; or that it need not be. */
void ruleset_complain(struct ruleset *ruleset, const struct origin *origin, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void ruleset_note(struct ruleset *ruleset, const struct origin *origin, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Returns whether OPTIONS leave out what is called NAME. */
bool ruleset_leaves_out(const struct ruleset *ruleset, const char *name);

#endif
