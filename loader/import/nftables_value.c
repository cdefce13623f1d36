/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the right side of a match means: values, ranges, prefixes, and sets of them. */
#include "nftables.h"

#include <errno.h>
#include <net/ethernet.h>
#include <netdb.h>
#include <string.h>

#include "../policy/address.h"
#include "../policy/field_words.h"
#include "../policy/flags.h"
#include "../policy/protocols.h"

/* A list of ranges that grows. */
struct gathered {
    struct address_range *list;
    size_t count, capacity;
    bool rest; /* also all that is not listed */
};

static void gather(struct nftables_rule *rule, const struct nftables_key *key,
                   struct json_object *value, struct gathered *gathered, int depth);

static void add_range(struct nftables_rule *rule, struct gathered *gathered, u128 first, u128 last)
{
    struct address_range *grown = arena_grow(&rule->reader->ruleset->arena, gathered->list,
                                             gathered->count, &gathered->capacity, sizeof(*grown));

    if (!grown)
        return;
    gathered->list = grown;
    gathered->list[gathered->count++] = (struct address_range){first, last};
}

struct word_number {
    const char *word;
    u32 number;
};

static bool find(const struct word_number *words, size_t count, const char *word, u128 *number)
{
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(words[i].word, word)) {
            *number = words[i].number;
            return true;
        }
    }
    return false;
}

#define FIND(words, word, number) find(words, sizeof(words) / sizeof(*(words)), word, number)

static bool read_protocol(const char *word, u128 *number)
{
    struct fault fault;
    bool named;
    u8 protocol;

    if (!strcmp(word, "ip")) {
        *number = 0;
        return true;
    }
    if (protocol_read(piece_of(word), &protocol, &named, &fault))
        return false;
    *number = protocol;
    return true;
}

static bool read_code(enum nftables_kind kind, const char *word, u128 *number)
{
    static const struct word_number codes4[] = {
        {"net-unreachable", 0},  {"host-unreachable", 1},  {"prot-unreachable", 2},
        {"port-unreachable", 3}, {"frag-needed", 4},       {"net-prohibited", 9},
        {"host-prohibited", 10}, {"admin-prohibited", 13},
    };
    static const struct word_number codes6[] = {
        {"no-route", 0},         {"admin-prohibited", 1}, {"addr-unreachable", 3},
        {"port-unreachable", 4}, {"policy-fail", 5},      {"reject-route", 6},
    };

    return kind == NFT_CODE4 ? FIND(codes4, word, number) : FIND(codes6, word, number);
}

static bool read_dscp(const char *word, u128 *number)
{
    static const struct word_number words[] = {{"be", 0}, {"lephb", 1}};
    struct number_range range;

    if (FIND(words, word, number))
        return true;
    if (!field_word_find(FIELD_DSCP, piece_of(word), &range))
        return false;
    *number = range.first;
    return true;
}

static bool read_flag_word(const char *word, u128 *number)
{
    u8 flag;

    if (!strcmp(word, "ecn") || !strcmp(word, "ece")) {
        *number = TCP_ECE;
        return true;
    }
    if (!flag_find(piece_of(word), &flag))
        return false;
    *number = flag;
    return true;
}

static bool read_word(enum nftables_kind kind, const char *word, u128 *number)
{
    static const struct word_number families[] = {{"ipv4", 0}, {"ipv6", 1}};
    static const struct word_number ethertypes[] = {{"ip", 0}, {"ip6", 1}};
    static const struct word_number states[] = {{"new", STATE_NEW},
                                                {"established", STATE_ESTABLISHED},
                                                {"related", STATE_RELATED},
                                                {"invalid", STATE_INVALID},
                                                {"untracked", STATE_UNTRACKED}};
    static const struct word_number kinds[] = {{"local", ADDRESS_OWN},
                                               {"broadcast", ADDRESS_BROADCAST},
                                               {"multicast", ADDRESS_MULTICAST},
                                               {"unicast", ADDRESS_OTHER}};
    const struct servent *service;
    int type;

    switch (kind) {
    case NFT_PROTOCOL:
        return read_protocol(word, number);
    case NFT_FAMILY:
        return FIND(families, word, number);
    case NFT_ETHERTYPE:
        return FIND(ethertypes, word, number);
    case NFT_STATE:
        return FIND(states, word, number);
    case NFT_ADDRESS_KIND:
        return FIND(kinds, word, number);
    case NFT_TYPE4:
    case NFT_TYPE6:
        type = icmp_type_find(kind == NFT_TYPE4 ? FAMILY_IPV4 : FAMILY_IPV6, piece_of(word));
        *number = (u128)type;
        return type >= 0;
    case NFT_CODE4:
    case NFT_CODE6:
        return read_code(kind, word, number);
    case NFT_DSCP:
        return read_dscp(word, number);
    case NFT_FLAGS:
        return read_flag_word(word, number);
    case NFT_PORT:
        service = getservbyname(word, NULL);
        *number = service ? ntohs((u16)service->s_port) : 0;
        return service;
    default:
        return false;
    }
}

static bool read_address(enum nftables_kind kind, const char *word, u128 *number)
{
    enum family family;
    struct fault fault;

    return !address_read(piece_of(word), &family, number, &fault) &&
           family == (kind == NFT_ADDRESS4 ? FAMILY_IPV4 : FAMILY_IPV6);
}

/* Numbers are those of the packet, but for a few kinds. */
static bool read_number(enum nftables_kind kind, int64_t value, u128 *number)
{
    if (value < 0 || value > 0xffffffff || kind == NFT_ADDRESS4 || kind == NFT_ADDRESS6 ||
        kind == NFT_FAMILY || kind == NFT_STATE || kind == NFT_ADDRESS_KIND)
        return false;
    if (kind == NFT_ETHERTYPE) {
        *number = value == ETHERTYPE_IPV6;
        return value == ETHERTYPE_IP || value == ETHERTYPE_IPV6;
    }
    *number = (u128)value + (kind == NFT_PAYLOAD_LENGTH ? 40 : 0);
    return true;
}

static bool read_scalar(enum nftables_kind kind, struct json_object *value, u128 *number)
{
    if (value && json_object_is_type(value, json_type_int))
        return read_number(kind, json_object_get_int64(value), number);
    if (!value || !json_object_is_type(value, json_type_string))
        return false;
    const char *word = json_object_get_string(value);
    return kind == NFT_ADDRESS4 || kind == NFT_ADDRESS6 ? read_address(kind, word, number)
                                                        : read_word(kind, word, number);
}

static void refuse_value(struct nftables_rule *rule, struct json_object *value)
{
    nftables_refuse(rule, "%s: edgexdp has no such value here",
                    nftables_word(&rule->reader->ruleset->arena, value));
}

/* ICMP types have their codes behind them. */
static void add(struct nftables_rule *rule, const struct nftables_key *key,
                struct gathered *gathered, u128 first, u128 last)
{
    u128 most = key->kind == NFT_TYPE4 || key->kind == NFT_TYPE6 || key->kind == NFT_CODE4 ||
                        key->kind == NFT_CODE6
                    ? 255
                    : aspect_last(key->aspect);

    if (first > most)
        return; /* no packet has that */
    last = last < most ? last : most;
    if (key->kind == NFT_TYPE4 || key->kind == NFT_TYPE6)
        add_range(rule, gathered, (first & 0xff) << 8, (last & 0xff) << 8 | 0xff);
    else if (key->kind == NFT_CODE4 || key->kind == NFT_CODE6)
        for (u128 type = 0; type < 256; type++)
            add_range(rule, gathered, type << 8 | (first & 0xff), type << 8 | (last & 0xff));
    else
        add_range(rule, gathered, first, last);
}

static void gather_interface(struct nftables_rule *rule, struct json_object *value,
                             struct gathered *gathered)
{
    const struct spans *set;

    if (!json_object_is_type(value, json_type_string) ||
        !ruleset_interface_is_good(json_object_get_string(value), '*')) {
        refuse_value(rule, value);
        return;
    }
    set = ruleset_interface(rule->reader->ruleset, json_object_get_string(value), '*');
    gathered->rest |= !set;
    for (size_t i = 0; set && i < set->count; i++)
        add_range(rule, gathered, set->ranges[i].first, set->ranges[i].last);
}

static void gather_prefix(struct nftables_rule *rule, const struct nftables_key *key,
                          struct json_object *prefix, struct gathered *gathered)
{
    struct json_object *length = nftables_get(prefix, "len");
    enum family family = key->kind == NFT_ADDRESS4 ? FAMILY_IPV4 : FAMILY_IPV6;
    u128 address;

    if ((key->kind != NFT_ADDRESS4 && key->kind != NFT_ADDRESS6) ||
        !read_scalar(key->kind, nftables_get(prefix, "addr"), &address) || !length ||
        !json_object_is_type(length, json_type_int) || json_object_get_int(length) < 0 ||
        json_object_get_int(length) > (int)address_bits(family)) {
        refuse_value(rule, prefix);
        return;
    }
    struct address_range range =
        address_prefix(family, address, (unsigned int)json_object_get_int(length));
    add_range(rule, gathered, range.first, range.last);
}

static void gather_range(struct nftables_rule *rule, const struct nftables_key *key,
                         struct json_object *range, struct gathered *gathered)
{
    u128 first, last;

    if (nftables_length(range) != 2 ||
        !read_scalar(key->kind, json_object_array_get_idx(range, 0), &first) ||
        !read_scalar(key->kind, json_object_array_get_idx(range, 1), &last) || first > last ||
        key->kind == NFT_FLAGS)
        refuse_value(rule, range);
    else
        add(rule, key, gathered, first, last);
}

static void gather_list(struct nftables_rule *rule, const struct nftables_key *key,
                        struct json_object *list, struct gathered *gathered, int depth)
{
    for (size_t i = 0; i < nftables_length(list) && !rule->refused; i++) {
        struct json_object *element = json_object_array_get_idx(list, i);
        /* Of a map, only what it looks up; but flags may be lists themselves. */
        if (nftables_length(element) == 2 && key->kind != NFT_FLAGS)
            element = json_object_array_get_idx(element, 0);
        gather(rule, key, element, gathered, depth + 1);
    }
}

/* The elements of a named set, read once. */
static void gather_named(struct nftables_rule *rule, const struct nftables_key *key,
                         const char *name, struct gathered *gathered, int depth)
{
    struct nftables_set *set = nftables_set_use(rule, name);

    if (set)
        gather_list(rule, key, set->elements, gathered, depth);
}

static void gather(struct nftables_rule *rule, const struct nftables_key *key,
                   struct json_object *value, struct gathered *gathered, int depth)
{
    struct json_object *inside;
    const char *name = nftables_only(value, &inside);
    const char *word =
        value && json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
    u32 flags;
    u128 number;

    if (depth > 8)
        refuse_value(rule, value);
    else if (name && !strcmp(name, "set"))
        gather_list(rule, key, inside, gathered, depth);
    else if (name && !strcmp(name, "elem"))
        gather(rule, key, nftables_get(inside, "val"), gathered, depth + 1);
    else if (name && !strcmp(name, "prefix"))
        gather_prefix(rule, key, inside, gathered);
    else if (name && !strcmp(name, "range"))
        gather_range(rule, key, inside, gathered);
    else if (*word == '@')
        gather_named(rule, key, word + 1, gathered, depth);
    else if (*word == '*' && !word[1])
        gathered->rest = true;
    else if (key->kind == NFT_INTERFACE)
        gather_interface(rule, value, gathered);
    else if (key->kind == NFT_FLAGS && nftables_read_flags(value, &flags))
        add_range(rule, gathered, flags, flags);
    else if (read_scalar(key->kind, value, &number))
        add(rule, key, gathered, number, number);
    else if (value && json_object_is_type(value, json_type_array))
        gather_list(rule, key, value, gathered, depth);
    else
        refuse_value(rule, value);
}

bool nftables_read_flags(struct json_object *value, u32 *flags)
{
    struct json_object *list = nftables_get(value, "|");
    u128 number;

    if (list || (value && json_object_is_type(value, json_type_array))) {
        list = list ? list : value;
        *flags = 0;
        for (size_t i = 0; i < nftables_length(list); i++) {
            u32 more;
            if (!nftables_read_flags(json_object_array_get_idx(list, i), &more))
                return false;
            *flags |= more;
        }
        return true;
    }
    if (!read_scalar(NFT_FLAGS, value, &number) || number > 255)
        return false;
    *flags = (u32)number;
    return true;
}

/* Finds the set that VALUE names whole, or NULL, perhaps with RULE refused. */
static struct nftables_set *whole_set(struct nftables_rule *rule, struct json_object *value)
{
    const char *word =
        value && json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";

    return *word == '@' ? nftables_set_use(rule, word + 1) : NULL;
}

static const struct spans *name_set(struct nftables_rule *rule, const struct nftables_key *key,
                                    const struct nftables_set *set, const struct spans *spans)
{
    bool ports = key->kind == NFT_PORT;
    struct named *named;

    if (!spans || !spans->count ||
        (!ports && key->kind != NFT_ADDRESS4 && key->kind != NFT_ADDRESS6))
        return spans;
    named = ruleset_name(rule->reader->ruleset, set->table, set->name, ports);
    if (!named)
        return spans;
    spans = spans_label(&rule->reader->ruleset->arena, spans, named->name);
    named->set[key->kind == NFT_ADDRESS6] = spans;
    return spans;
}

const struct spans *nftables_spans(struct nftables_rule *rule, const struct nftables_key *key,
                                   struct json_object *value)
{
    struct arena *arena = &rule->reader->ruleset->arena;
    struct nftables_set *set = whole_set(rule, value);
    struct gathered gathered = {0};
    const struct spans *spans;

    if (rule->refused)
        return &spans_none;
    if (set && set->is_read && set->kind == key->kind)
        return set->spans;
    gather(rule, key, value, &gathered, 0);
    if (rule->refused)
        return &spans_none;
    spans = gathered.rest
                ? NULL
                : spans_of(arena, gathered.list, gathered.count, aspect_last(key->aspect));
    if (set) {
        set->spans = spans = name_set(rule, key, set, spans);
        set->kind = key->kind;
        set->is_read = true;
    }
    return spans;
}
