/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Matches and verdict maps. */
#include "nftables.h"

#include <netinet/in.h>
#include <string.h>

static struct arena *arena_of(struct nftables_rule *rule)
{
    return &rule->reader->ruleset->arena;
}

/* What holds of every packet that has the field. */
static void narrow_to_header(struct nftables_rule *rule, struct entry *entry,
                             const struct nftables_key *key)
{
    struct arena *arena = arena_of(rule);
    struct condition *condition = &entry->condition;

    if (key->family)
        condition_narrow_to(arena, condition, ASPECT_FAMILY, key->family - 1);
    if (key->protocol >= 0)
        condition_narrow_to(arena, condition, ASPECT_PROTOCOL, (u128)key->protocol);
}

void nftables_narrow(struct nftables_rule *rule, struct entry *entry,
                     const struct nftables_key *key, const struct spans *set)
{
    narrow_to_header(rule, entry, key);
    condition_narrow(arena_of(rule), &entry->condition, key->aspect, set);
}

static void narrow_all(struct nftables_rule *rule, const struct nftables_key *key,
                       const struct spans *set)
{
    for (size_t i = 0; i < rule->count; i++)
        nftables_narrow(rule, &rule->entries[i], key, set);
}

/* VALUE < and the like; nft has them for numbers only. */
static const struct spans *compared(struct nftables_rule *rule, const struct nftables_key *key,
                                    const char *op, struct json_object *value)
{
    struct arena *arena = arena_of(rule);
    const struct spans *set = nftables_spans(rule, key, value);
    u128 last = aspect_last(key->aspect), number;

    if (rule->refused)
        return &spans_none;
    if (!set || set->count != 1 ||
        (key->kind != NFT_NUMBER && key->kind != NFT_PORT && key->kind != NFT_DSCP &&
         key->kind != NFT_PAYLOAD_LENGTH && key->kind != NFT_PROTOCOL &&
         key->kind != NFT_ADDRESS4 && key->kind != NFT_ADDRESS6 && key->kind != NFT_TYPE4 &&
         key->kind != NFT_TYPE6)) {
        nftables_refuse(rule, "%s: these values have no order", op);
        return &spans_none;
    }
    number = *op == '<' ? (op[1] ? set->ranges[0].last : set->ranges[0].first)
                        : (op[1] ? set->ranges[0].first : set->ranges[0].last);
    if (*op == '<')
        return !op[1] && !number ? &spans_none : spans_range(arena, 0, op[1] ? number : number - 1);
    return !op[1] && number >= last ? &spans_none
                                    : spans_range(arena, op[1] ? number : number + 1, last);
}

/* "== VALUE" compares all flags under the mask; "VALUE" alone asks whether one of them is set. */
static const struct spans *flags_set(struct nftables_rule *rule, const struct nftables_key *key,
                                     const char *op, struct json_object *value)
{
    struct arena *arena = arena_of(rule);
    const struct spans *set = NULL;
    u32 flags;

    if (key->masked || !strcmp(op, "in") || !strcmp(op, "!")) {
        if (!nftables_read_flags(value, &flags)) {
            nftables_refuse(rule, "tcp flags: %s is none", nftables_word(arena, value));
            return &spans_none;
        }
        bool any = !key->masked;
        set = any ? spans_flags(arena, (u8)flags, 0) : spans_flags(arena, (u8)key->mask, (u8)flags);
        return (any && !strcmp(op, "in")) || (!any && !strcmp(op, "!="))
                   ? spans_but(arena, set, aspect_last(ASPECT_FLAGS))
                   : set;
    }
    set = nftables_spans(rule, key, value);
    return !strcmp(op, "!=") ? spans_but(arena, set, aspect_last(ASPECT_FLAGS)) : set;
}

/* Where a fragment begins. Only whether that is at the start can be said. */
static const struct spans *offset_set(struct nftables_rule *rule, const struct nftables_key *key,
                                      const char *op, struct json_object *value)
{
    struct arena *arena = arena_of(rule);
    bool zero = json_object_is_type(value, json_type_int) && !json_object_get_int64(value);
    bool equal = !strcmp(op, "==");
    bool offset = key->family == 2 || (key->masked && key->mask == 0x1fff);
    bool any = key->masked && key->mask == 0x3fff;

    if (!zero || (!offset && !any) || (!equal && strcmp(op, "!=") != 0 && strcmp(op, ">") != 0)) {
        nftables_refuse(
            rule, "where a fragment begins: edgexdp knows first and later ones only, and the bits "
                  "beside it by ip-flags");
        return &spans_none;
    }
    if (any)
        return equal ? spans_one(arena, FRAGMENT_NONE)
                     : spans_range(arena, FRAGMENT_FIRST, FRAGMENT_LATER);
    return equal ? spans_range(arena, FRAGMENT_NONE, FRAGMENT_FIRST)
                 : spans_one(arena, FRAGMENT_LATER);
}

static const struct spans *exists_set(struct nftables_rule *rule, const char *op,
                                      struct json_object *value)
{
    struct arena *arena = arena_of(rule);
    bool exists = json_object_get_boolean(value);

    if (!strcmp(op, "!="))
        exists = !exists;
    return exists ? spans_range(arena, FRAGMENT_FIRST, FRAGMENT_LATER)
                  : spans_one(arena, FRAGMENT_NONE);
}

static const struct spans *set_of(struct nftables_rule *rule, const struct nftables_key *key,
                                  const char *op, struct json_object *value)
{
    const struct spans *set;

    if (key->kind == NFT_FLAGS)
        return flags_set(rule, key, op, value);
    if (key->kind == NFT_OFFSET)
        return offset_set(rule, key, op, value);
    if (key->kind == NFT_EXISTS)
        return exists_set(rule, op, value);
    if (*op == '<' || *op == '>')
        return compared(rule, key, op, value);
    set = nftables_spans(rule, key, value);
    if (rule->refused)
        return &spans_none;
    return *op == '!' ? spans_but(arena_of(rule), set, aspect_last(key->aspect)) : set;
}

/* A concatenation's keys. Returns their number, or 0 with RULE refused. */
static size_t keys_of(struct nftables_rule *rule, struct json_object *left,
                      struct nftables_key keys[NFT_KEYS_MAX])
{
    struct json_object *list = nftables_get(left, "concat");
    size_t count = list ? nftables_length(list) : 1;

    if (count > NFT_KEYS_MAX) {
        nftables_refuse(rule, "a concatenation of %zu", count);
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        const char *reason =
            nftables_key_of(rule, list ? json_object_array_get_idx(list, i) : left, &keys[i]);
        if (reason || (list && keys[i].masked)) {
            nftables_refuse(rule, "%s", reason ? reason : "bits within a concatenation");
            return 0;
        }
    }
    return count;
}

/* Fills in what ELEMENT, of a set of concatenations, means for KEYS. */
static bool read_element(struct nftables_rule *rule, const struct nftables_key *keys, size_t count,
                         struct json_object *element, struct entry *entry)
{
    struct json_object *parts;

    if (nftables_get(element, "elem"))
        element = nftables_get(nftables_get(element, "elem"), "val");
    parts = nftables_get(element, "concat");
    if (count > 1 && nftables_length(parts) != count) {
        nftables_refuse(rule, "%s: not as many parts as the key has",
                        nftables_word(arena_of(rule), element));
        return false;
    }
    for (size_t i = 0; i < count && !rule->refused; i++) {
        struct json_object *part = count > 1 ? json_object_array_get_idx(parts, i) : element;
        nftables_narrow(rule, entry, &keys[i], nftables_spans(rule, &keys[i], part));
    }
    return !rule->refused;
}

/* Puts ENTRY into one of ENTRIES that differs in ASPECT only; false if there is none. */
static bool join(struct arena *arena, struct entry *entries, size_t count,
                 const struct entry *entry, enum aspect aspect)
{
    for (size_t i = count > 64 ? count - 64 : 0; i < count; i++) {
        struct entry *other = &entries[i];
        struct condition a = other->condition, b = entry->condition;

        a.aspects[aspect] = b.aspects[aspect] = NULL;
        if (other->deed != entry->deed || other->target != entry->target ||
            !condition_equal(&a, &b))
            continue;
        other->condition.aspects[aspect] =
            spans_either(arena, other->condition.aspects[aspect], entry->condition.aspects[aspect],
                         aspect_last(aspect));
        return true;
    }
    return false;
}

/* Multiplies RULE's entries by MORE, which are alternatives of each other. */
static void multiply(struct nftables_rule *rule, const struct entry *more, size_t count)
{
    struct arena *arena = arena_of(rule);
    struct entry *product;
    size_t made = 0;

    if (count * rule->count > IMPORT_RULES_MAX) {
        nftables_refuse(rule, "it comes to more than %u rules", IMPORT_RULES_MAX);
        return;
    }
    product = arena_get(arena, (count * rule->count + 1) * sizeof(*product));
    for (size_t i = 0; product && i < rule->count; i++) {
        for (size_t j = 0; j < count; j++) {
            struct entry entry = rule->entries[i];
            entry.condition = condition_both(arena, &entry.condition, &more[j].condition);
            if (more[j].deed != DEED_NONE) {
                entry.deed = more[j].deed;
                entry.target = more[j].target;
            }
            product[made++] = entry;
        }
    }
    if (product) {
        rule->entries = product;
        rule->count = made;
    }
}

static struct json_object *elements_of(struct nftables_rule *rule, struct json_object *value)
{
    const char *word =
        value && json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
    struct nftables_set *set;

    if (*word != '@')
        return nftables_get(value, "set");
    set = nftables_set_use(rule, word + 1);
    return set ? set->elements : NULL;
}

static void match_concatenation(struct nftables_rule *rule, struct json_object *left,
                                const char *op, struct json_object *right)
{
    struct nftables_key keys[NFT_KEYS_MAX];
    size_t count = keys_of(rule, left, keys), made = 0;
    struct json_object *elements = count ? elements_of(rule, right) : NULL;
    size_t length = nftables_length(elements);
    struct json_object *single = nftables_get(right, "concat") ? right : NULL;
    struct entry *more;

    if (rule->refused)
        return;
    if (*op == '!') {
        nftables_refuse(rule,
                        "a concatenation that is not in a set: this is no single rule of edgexdp");
        return;
    }
    if (single)
        length = 1;
    more = arena_get(arena_of(rule), (length + 1) * sizeof(*more));
    for (size_t i = 0; more && i < length && !rule->refused; i++) {
        struct entry entry = {0};
        if (!read_element(rule, keys, count,
                          single ? single : json_object_array_get_idx(elements, i), &entry))
            break;
        if (!join(arena_of(rule), more, made, &entry, keys[0].aspect) &&
            !join(arena_of(rule), more, made, &entry, keys[count - 1].aspect))
            more[made++] = entry;
    }
    if (more && !rule->refused)
        multiply(rule, more, made);
}

/* Source routes and routing headers are dropped in any case. */
static bool is_dropped_anyway(struct json_object *left, const char *op, struct json_object *right)
{
    struct json_object *option = nftables_get(left, "ip option"),
                       *header = nftables_get(left, "exthdr");
    const char *name = nftables_text(option, "name");

    if (option && !nftables_get(option, "field") &&
        (!strcmp(name, "lsrr") || !strcmp(name, "ssrr")))
        return json_object_get_boolean(right) == (*op == '=');
    return header && !strcmp(nftables_text(header, "name"), "rt") &&
           !strcmp(nftables_text(header, "field"), "seg-left") && (*op == '>' || *op == '!') &&
           json_object_is_type(right, json_type_int) && !json_object_get_int(right);
}

static void narrow_to_nothing(struct nftables_rule *rule)
{
    for (size_t i = 0; i < rule->count; i++)
        rule->entries[i].condition.aspects[ASPECT_FAMILY] = &spans_none;
}

static bool names_extension(const struct spans *protocols)
{
    static const u8 extensions[] = {IPPROTO_HOPOPTS, IPPROTO_ROUTING, IPPROTO_FRAGMENT,
                                    IPPROTO_DSTOPTS};

    for (size_t i = 0; protocols && i < sizeof(extensions); i++)
        if (spans_hold(protocols, extensions[i]))
            return true;
    return false;
}

void nftables_match(struct nftables_rule *rule, struct json_object *match)
{
    struct json_object *left = nftables_get(match, "left"), *right = nftables_get(match, "right");
    const char *op = nftables_text(match, "op"), *reason;
    struct nftables_key key;

    if (is_dropped_anyway(left, op, right)) {
        narrow_to_nothing(rule);
        return;
    }
    if (nftables_get(left, "concat")) {
        match_concatenation(rule, left, op, right);
        return;
    }
    reason = nftables_key_of(rule, left, &key);
    if (reason) {
        nftables_refuse(rule, "%s", reason);
        return;
    }
    const struct spans *set = set_of(rule, &key, op, right);
    if (key.kind == NFT_PROTOCOL && key.family == FAMILY_IPV6 && *op == '=' && names_extension(set))
        nftables_refuse(rule, "ip6 nexthdr of an extension header: edgexdp looks behind those");
    if (!rule->refused)
        narrow_all(rule, &key, set);
}

static bool read_verdict(struct nftables_rule *rule, struct json_object *verdict,
                         struct entry *entry)
{
    struct json_object *inside;
    const char *name = nftables_only(verdict, &inside);
    struct nftables_rule within = *rule;

    if (!name)
        return false;
    within.entries = entry;
    within.count = 1;
    nftables_statement(&within, name, inside);
    rule->refused = within.refused;
    return !rule->refused;
}

/* What a catch-all element means: everything that is not in another one. */
static void read_rest(struct nftables_rule *rule, const struct nftables_key *key,
                      struct json_object *elements, struct entry *entry)
{
    struct arena *arena = arena_of(rule);
    const struct spans *listed = &spans_none;

    for (size_t i = 0; i < nftables_length(elements) && !rule->refused; i++) {
        struct json_object *value =
            json_object_array_get_idx(json_object_array_get_idx(elements, i), 0);
        const struct spans *set = nftables_spans(rule, key, value);
        if (set)
            listed = spans_either(arena, listed, set, aspect_last(key->aspect));
    }
    nftables_narrow(rule, entry, key, spans_but(arena, listed, aspect_last(key->aspect)));
}

static bool is_rest(struct json_object *value)
{
    if (nftables_get(value, "elem"))
        value = nftables_get(nftables_get(value, "elem"), "val");
    return json_object_is_type(value, json_type_string) &&
           !strcmp(json_object_get_string(value), "*");
}

void nftables_vmap(struct nftables_rule *rule, struct json_object *vmap)
{
    struct nftables_key keys[NFT_KEYS_MAX];
    size_t count = keys_of(rule, nftables_get(vmap, "key"), keys), made = 0;
    struct json_object *elements = count ? elements_of(rule, nftables_get(vmap, "data")) : NULL;
    size_t length = nftables_length(elements);
    struct entry *more = arena_get(arena_of(rule), (length + 1) * sizeof(*more));

    for (size_t i = 0; more && i < length && !rule->refused; i++) {
        struct json_object *pair = json_object_array_get_idx(elements, i);
        struct json_object *value = json_object_array_get_idx(pair, 0);
        struct entry entry = {0};
        if (nftables_length(pair) != 2 ||
            !read_verdict(rule, json_object_array_get_idx(pair, 1), &entry)) {
            nftables_refuse(rule, "%s: not a verdict map's element",
                            nftables_word(arena_of(rule), pair));
            break;
        }
        if (is_rest(value) && count == 1)
            read_rest(rule, &keys[0], elements, &entry);
        else if (!read_element(rule, keys, count, value, &entry))
            break;
        if (!join(arena_of(rule), more, made, &entry, keys[0].aspect))
            more[made++] = entry;
    }
    if (more && !rule->refused)
        multiply(rule, more, made);
}
