/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the readers of nft's JSON share: libnftables-json(5) says what it looks like. */
#ifndef EDGEXDP_IMPORT_NFTABLES_H
#define EDGEXDP_IMPORT_NFTABLES_H

#include <json-c/json.h>

#include "ruleset.h"

#define NFT_KEYS_MAX 8 /* of one concatenation */

/* How values of a key are written. */
enum nftables_kind {
    NFT_NUMBER,
    NFT_ADDRESS4,
    NFT_ADDRESS6,
    NFT_PORT,
    NFT_PROTOCOL,
    NFT_FAMILY,
    NFT_ETHERTYPE,
    NFT_TYPE4,
    NFT_TYPE6,
    NFT_CODE4,
    NFT_CODE6,
    NFT_FLAGS,
    NFT_STATE,
    NFT_INTERFACE,
    NFT_ADDRESS_KIND,
    NFT_DSCP,
    NFT_PAYLOAD_LENGTH, /* 40 less than the length */
    NFT_OFFSET,         /* of a fragment */
    NFT_EXISTS,         /* a fragment header */
};

/* A set or map, as it is declared. */
struct nftables_set {
    const char *table, *name;
    u8 families;
    struct json_object *elements; /* or NULL */
    bool maps_verdicts;
    bool is_dynamic;           /* packets add elements to it, and they go again */
    bool may_expire;           /* some elements do */
    bool expires;              /* and a rule asks for them */
    const char *asks;          /* what elements have besides: a limit or quota, or NULL */
    bool told;                 /* that they do was said */
    const struct spans *spans; /* of the first key that asked */
    enum nftables_kind kind;   /* that it asked for */
    bool is_read;
};

struct nftables_limit {
    const char *table, *name;
    u8 families;
    struct json_object *object;
    unsigned int uses;
};

struct nftables_reader {
    struct ruleset *ruleset;
    struct json_object *objects;
    const struct source *json, *text; /* TEXT may be NULL */
    struct nftables_lines *lines;     /* of TEXT */
    struct nftables_set *sets;
    size_t set_count, set_capacity;
    struct nftables_limit *limits;
    size_t limit_count, limit_capacity;
    const char **dormant; /* tables */
    size_t dormant_count, dormant_capacity;
};

/* A rule being read: what it may be about is one of several alternatives, each with what is then
 * done. */
struct nftables_rule {
    struct nftables_reader *reader;
    const char *table;
    u8 families;
    const struct chain *chain;
    const struct origin *origin;
    struct entry *entries;
    size_t count;
    const char *refused; /* why it cannot be said: the first reason */
    enum translation translates;
    bool any_transport; /* it says `th` */
};

/* What the left side of a match asks for. */
struct nftables_key {
    enum nftables_kind kind;
    enum aspect aspect;
    u8 family;    /* bits that the packet must have; 0: any */
    int protocol; /* that it must have; -1: any */
    bool masked;
    u32 mask;
};

/* Finds out what EXPRESSION asks for. Returns NULL, or why it cannot be said. */
const char *nftables_key_of(struct nftables_rule *rule, struct json_object *expression,
                            struct nftables_key *key);

/* Returns what VALUE means for KEY; an unreadable one refuses RULE. */
const struct spans *nftables_spans(struct nftables_rule *rule, const struct nftables_key *key,
                                   struct json_object *value);

/* The same for what follows "==": of flags, a list must be set together. */
bool nftables_read_flags(struct json_object *value, u32 *flags);

/* Narrow ENTRY to KEY's SET. */
void nftables_narrow(struct nftables_rule *rule, struct entry *entry,
                     const struct nftables_key *key, const struct spans *set);

/* Reads a "match", a "vmap". */
void nftables_match(struct nftables_rule *rule, struct json_object *match);
void nftables_vmap(struct nftables_rule *rule, struct json_object *vmap);

/* Reads a statement into RULE. */
void nftables_statement(struct nftables_rule *rule, const char *name,
                        struct json_object *statement);

/* Reads the statement if it is one that ends rules: a verdict, a jump, NAT. */
bool nftables_end(struct nftables_rule *rule, const char *name, struct json_object *value);

/* Refuses RULE, for the first reason that is said. */
void nftables_refuse(struct nftables_rule *rule, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Reads JSON as nft prints it. NULL: it is none, and DIAG says so. */
struct json_object *nftables_parse(const struct source *json, struct diag *diag);

/* Returns element NUMBER of what nft listed, and what KIND it is; NULL if it is none. */
struct json_object *nftables_object(struct json_object *objects, size_t number, const char **kind);

/* Returns the name that OBJECT has under KEY, as a table's, with its family. */
const char *nftables_table(struct nftables_reader *reader, struct json_object *object,
                           const char *key);

/* Which families OBJECT is for, as bits. */
u8 nftables_families(struct json_object *object);

/* Is OBJECT, or its table, one of frames, not of packets? */
bool nftables_is_of_frames(struct json_object *object);

bool nftables_has_flag(struct json_object *object, const char *flag);

/* Read a table, a chain, and what is in a table of frames. */
void nftables_read_table(struct nftables_reader *reader, struct json_object *object);
void nftables_read_chain(struct nftables_reader *reader, struct json_object *object);
void nftables_read_frames(struct nftables_reader *reader, const char *kind,
                          struct json_object *object);

/* Is TABLE one that `edgexdp export` writes, for OBJECT's family? They keep flows in sets, and
 * judge answers by mirror images. */
bool nftables_is_export(struct json_object *object, const char *table);

/* Finds the set that RULE asks about; NULL: RULE is refused, because that cannot be said. */
struct nftables_set *nftables_set_use(struct nftables_rule *rule, const char *name);

/* Writes what nft would write for EXPRESSION, or for a rule's list of statements. */
const char *nftables_words(struct arena *arena, struct json_object *expressions);
const char *nftables_word(struct arena *arena, struct json_object *expression);

/* Returns what object JSON has under NAME, or NULL. */
static inline struct json_object *nftables_get(struct json_object *json, const char *name)
{
    struct json_object *found = NULL;

    if (json && json_object_is_type(json, json_type_object))
        json_object_object_get_ex(json, name, &found);
    return found;
}

/* The same as text, or "". */
static inline const char *nftables_text(struct json_object *json, const char *name)
{
    struct json_object *found = nftables_get(json, name);

    return found && json_object_is_type(found, json_type_string) ? json_object_get_string(found)
                                                                 : "";
}

/* Gets the only member of JSON: its name, or NULL if it is no object. */
static inline const char *nftables_only(struct json_object *json, struct json_object **value)
{
    *value = NULL;
    if (!json || !json_object_is_type(json, json_type_object))
        return NULL;
    struct json_object_iterator at = json_object_iter_begin(json);
    struct json_object_iterator end = json_object_iter_end(json);
    if (json_object_iter_equal(&at, &end))
        return NULL;
    *value = json_object_iter_peek_value(&at);
    return json_object_iter_peek_name(&at);
}

static inline size_t nftables_length(struct json_object *list)
{
    return list && json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

#endif
