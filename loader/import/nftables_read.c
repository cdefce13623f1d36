/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables, chains, sets and rules of nft's JSON. */
#include "nftables.h"

#include <errno.h>
#include <string.h>

#include "../policy/carried.h"
#include "nftables_lines.h"
#include "reader.h"

#define DEPTH_MAX 64

static u8 families_of(struct json_object *object)
{
    const char *family = nftables_text(object, "family");

    return !strcmp(family, "ip") ? 1 : !strcmp(family, "ip6") ? 2 : 3;
}

/* A table of frames, not of packets. */
static bool is_of_frames(struct json_object *object)
{
    const char *family = nftables_text(object, "family");

    return !strcmp(family, "bridge") || !strcmp(family, "arp");
}

bool nftables_is_export(struct json_object *object, const char *table)
{
    const char *family = nftables_text(object, "family");

    return (!strcmp(family, "inet") || !strcmp(family, "arp")) && !strncmp(table, "edgexdp", 7) &&
           (!table[7] || table[7] == '_');
}

static const char *table_of(struct nftables_reader *reader, const char *family, const char *table)
{
    return arena_print(&reader->ruleset->arena, "%s %s", family, table);
}

static enum hook hook_of(const char *name)
{
    static const char *const hooks[HOOKS] = {
        [HOOK_INGRESS] = "ingress", [HOOK_PREROUTING] = "prerouting",
        [HOOK_INPUT] = "input",     [HOOK_FORWARD] = "forward",
        [HOOK_OUTPUT] = "output",   [HOOK_POSTROUTING] = "postrouting",
        [HOOK_EGRESS] = "egress",
    };

    for (int hook = 0; hook < HOOKS; hook++)
        if (!strcmp(hooks[hook], name))
            return (enum hook)hook;
    return HOOK_NONE;
}

static u16 device_of(struct nftables_reader *reader, struct json_object *object)
{
    struct json_object *device = nftables_get(object, "dev");
    const struct spans *set;

    if (nftables_length(device) == 1)
        device = json_object_array_get_idx(device, 0);
    if (!device || !json_object_is_type(device, json_type_string) ||
        !ruleset_interface_is_good(json_object_get_string(device), '*'))
        return 0;
    set = ruleset_interface(reader->ruleset, json_object_get_string(device), '*');
    return set && set->count ? (u16)set->ranges[0].first : 0;
}

static void read_chain(struct nftables_reader *reader, struct json_object *object)
{
    const char *type = nftables_text(object, "type");
    struct chain *chain = ruleset_chain(
        reader->ruleset,
        table_of(reader, nftables_text(object, "family"), nftables_text(object, "table")),
        nftables_text(object, "name"), families_of(object));

    if (chain && nftables_is_export(object, nftables_text(object, "table")))
        chain->left_out = true;
    if (!chain || !*type)
        return;
    if (!strcmp(type, "nat")) {
        chain->translates = true;
        chain->policy = !strcmp(nftables_text(object, "policy"), "drop") ? DEED_DROP : DEED_ACCEPT;
        return;
    }
    chain->hook = hook_of(nftables_text(object, "hook"));
    chain->priority = json_object_get_int(nftables_get(object, "prio"));
    chain->policy = !strcmp(nftables_text(object, "policy"), "drop") ? DEED_DROP : DEED_ACCEPT;
    chain->device = device_of(reader, object);
}

static bool has_flag(struct json_object *object, const char *flag)
{
    struct json_object *flags = nftables_get(object, "flags");

    for (size_t i = 0; i < nftables_length(flags); i++)
        if (!strcmp(json_object_get_string(json_object_array_get_idx(flags, i)), flag))
            return true;
    return false;
}

static void read_set(struct nftables_reader *reader, struct json_object *object, bool is_map)
{
    struct nftables_set *grown =
        arena_grow(&reader->ruleset->arena, reader->sets, reader->set_count, &reader->set_capacity,
                   sizeof(*grown));

    if (!grown)
        return;
    reader->sets = grown;
    reader->sets[reader->set_count++] = (struct nftables_set){
        .table = table_of(reader, nftables_text(object, "family"), nftables_text(object, "table")),
        .name = arena_copy(&reader->ruleset->arena, nftables_text(object, "name")),
        .families = families_of(object),
        .elements = nftables_get(object, "elem"),
        .maps_verdicts = is_map && !strcmp(nftables_text(object, "map"), "verdict"),
        .is_dynamic = has_flag(object, "dynamic"),
    };
}

struct nftables_set *nftables_set_find(const struct nftables_rule *rule, const char *name)
{
    for (size_t i = 0; i < rule->reader->set_count; i++) {
        struct nftables_set *set = &rule->reader->sets[i];

        if (!strcmp(set->name, name) && !strcmp(set->table, rule->table))
            return set;
    }
    return NULL;
}

static void read_limit(struct nftables_reader *reader, struct json_object *object)
{
    struct nftables_limit *grown =
        arena_grow(&reader->ruleset->arena, reader->limits, reader->limit_count,
                   &reader->limit_capacity, sizeof(*grown));

    if (!grown)
        return;
    reader->limits = grown;
    reader->limits[reader->limit_count++] = (struct nftables_limit){
        .table = table_of(reader, nftables_text(object, "family"), nftables_text(object, "table")),
        .name = arena_copy(&reader->ruleset->arena, nftables_text(object, "name")),
        .families = families_of(object),
        .object = object,
    };
}

/* Counts the rule. Whatever it adds elements to is filled by packets, even if its declaration does
 * not say so. */
static void survey_rule(struct nftables_reader *reader, struct json_object *object)
{
    struct json_object *statements = nftables_get(object, "expr");
    struct nftables_rule rule = {
        .reader = reader,
        .table = table_of(reader, nftables_text(object, "family"), nftables_text(object, "table"))};
    struct chain *chain = ruleset_find(reader->ruleset, rule.table, nftables_text(object, "chain"),
                                       families_of(object));

    if (chain)
        chain->rules++;
    for (size_t i = 0; i < nftables_length(statements); i++) {
        struct json_object *adds = nftables_get(json_object_array_get_idx(statements, i), "set");
        const char *name = nftables_text(adds, "set");
        struct nftables_set *set = *name == '@' ? nftables_set_find(&rule, name + 1) : NULL;
        if (set)
            set->is_dynamic = true;
    }
}

static void read_declaration(struct nftables_reader *reader, const char *kind,
                             struct json_object *object)
{
    struct origin origin = {.place = {.source = reader->text ? reader->text : reader->json}};

    if (!strcmp(kind, "table") && is_of_frames(object)) {
        origin.where = arena_print(&reader->ruleset->arena, "table %s %s",
                                   nftables_text(object, "family"), nftables_text(object, "name"));
        if (!strcmp(nftables_text(object, "family"), "bridge"))
            ruleset_complain(reader->ruleset, &origin,
                             "frames that a bridge passes on are judged at its ports, which "
                             "edgexdp guards one by one");
        return;
    }
    if (is_of_frames(object))
        return;
    if (!strcmp(kind, "table") && nftables_is_export(object, nftables_text(object, "name")) &&
        !ruleset_leaves_out(reader->ruleset, nftables_text(object, "name")))
        ruleset_complain(reader->ruleset, &origin,
                         "table inet %s is what edgexdp export wrote, but without chain "
                         "" CARRIED_CHAIN
                         ", which has the policy that it was made of: import that one",
                         nftables_text(object, "name"));
    if (!strcmp(kind, "chain"))
        read_chain(reader, object);
    else if (!strcmp(kind, "set") || !strcmp(kind, "map"))
        read_set(reader, object, *kind == 'm');
    else if (!strcmp(kind, "limit"))
        read_limit(reader, object);
    else if (!strcmp(kind, "rule"))
        survey_rule(reader, object);
}

struct json_object *nftables_object(struct json_object *objects, size_t number, const char **kind)
{
    struct json_object *element = json_object_array_get_idx(objects, number), *object;

    /* Commands are accepted as well: {"add": {"rule": ...}}. */
    if (nftables_get(element, "add"))
        element = nftables_get(element, "add");
    *kind = nftables_only(element, &object);
    return *kind ? object : NULL;
}

/* "th" may be any protocol's, unless the rule says which. */
static void check_transport(struct nftables_rule *rule)
{
    for (size_t i = 0; rule->any_transport && i < rule->count; i++)
        if (!rule->entries[i].condition.aspects[ASPECT_PROTOCOL])
            nftables_refuse(rule,
                            "th: the bytes where TCP has its ports, of any protocol; say which, "
                            "with meta l4proto");
}

static void note_expiry(struct nftables_rule *rule, const struct origin *origin)
{
    for (size_t i = 0; i < rule->reader->set_count; i++) {
        struct nftables_set *set = &rule->reader->sets[i];
        if (!set->expires || set->told)
            continue;
        set->told = true;
        ruleset_complain(rule->reader->ruleset, origin,
                         "some elements of set %s have a timeout; those of edgexdp stay: leave out "
                         "what should end, and use edgexdp ban --for",
                         set->name);
    }
}

/* Of a rule that is refused, only what it does is still of interest. */
static void read_statements(struct nftables_rule *rule, struct json_object *statements)
{
    for (size_t i = 0; i < nftables_length(statements); i++) {
        struct json_object *value, *statement = json_object_array_get_idx(statements, i);
        const char *name = nftables_only(statement, &value);

        if (!name && json_object_is_type(statement, json_type_string))
            name = json_object_get_string(statement);
        if (name && rule->refused)
            nftables_end(rule, name, value);
        else if (name)
            nftables_statement(rule, name, value);
    }
}

static void read_rule(struct nftables_reader *reader, struct json_object *object)
{
    struct arena *arena = &reader->ruleset->arena;
    const char *table =
        table_of(reader, nftables_text(object, "family"), nftables_text(object, "table"));
    struct chain *chain =
        ruleset_find(reader->ruleset, table, nftables_text(object, "chain"), families_of(object));
    struct json_object *statements = nftables_get(object, "expr");
    struct origin *origin = arena_get(arena, sizeof(*origin));
    struct entry *first = arena_get(arena, sizeof(*first));

    if (!chain || !origin || !first)
        return;
    size_t number = ++chain->read;
    *origin = (struct origin){
        .place = {.source = reader->json},
        .where = arena_print(arena, "chain %s of table %s, rule %zu", chain->name, table, number),
        .words = nftables_words(arena, statements),
    };
    if (reader->text && nftables_lines_find(reader->lines, chain, number, &origin->place))
        origin->where = NULL;
    struct nftables_rule rule = {.reader = reader,
                                 .table = table,
                                 .families = chain->families,
                                 .chain = chain,
                                 .origin = origin,
                                 .entries = first,
                                 .count = 1};
    first->origin = origin;
    if (*nftables_text(object, "comment"))
        first->comment = arena_copy(arena, nftables_text(object, "comment"));
    read_statements(&rule, statements);
    check_transport(&rule);
    note_expiry(&rule, origin);
    if (rule.refused)
        rule.count = 1;
    rule.entries[0].refused = rule.refused;
    rule.entries[0].translates = rule.translates;
    for (size_t i = 0; i < rule.count; i++)
        ruleset_add(reader->ruleset, chain, &rule.entries[i]);
}

static bool asks_tracking(struct json_object *json, int depth)
{
    struct json_object *inside;
    const char *name = nftables_only(json, &inside);

    if (depth > DEPTH_MAX)
        return false;
    for (size_t i = 0; i < nftables_length(json); i++)
        if (asks_tracking(json_object_array_get_idx(json, i), depth + 1))
            return true;
    if (!name)
        return false;
    json_object_object_foreach (json, key, value) {
        if (!strncmp(key, "ct", 2) || !strcmp(key, "masquerade") || asks_tracking(value, depth + 1))
            return true;
    }
    return false;
}

static void read_rules(struct nftables_reader *reader)
{
    for (size_t i = 0; i < nftables_length(reader->objects); i++) {
        const char *kind;
        struct json_object *object = nftables_object(reader->objects, i, &kind);
        if (!object || strcmp(kind, "rule") != 0 || is_of_frames(object))
            continue;
        read_rule(reader, object);
        if (!reader->ruleset->tracks)
            reader->ruleset->tracks = asks_tracking(nftables_get(object, "expr"), 0);
    }
}

/* NAT asks connection tracking as well. */
static void find_nat(struct nftables_reader *reader)
{
    for (size_t i = 0; i < nftables_length(reader->objects); i++) {
        const char *kind;
        struct json_object *object = nftables_object(reader->objects, i, &kind);
        if (object && !strcmp(kind, "chain") && !strcmp(nftables_text(object, "type"), "nat"))
            reader->ruleset->tracks = true;
    }
}

static void read_all(struct ruleset *ruleset, void *context)
{
    struct nftables_reader *given = context;
    struct nftables_reader reader = {.ruleset = ruleset,
                                     .objects = given->objects,
                                     .json = given->json,
                                     .text = given->text,
                                     .lines = given->lines};

    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < nftables_length(reader.objects); i++) {
            const char *kind;
            struct json_object *object = nftables_object(reader.objects, i, &kind);
            if (object && (pass == 1) == !strcmp(kind, "rule"))
                read_declaration(&reader, kind, object);
        }
    find_nat(&reader);
    read_rules(&reader);
}

struct json_object *nftables_parse(const struct source *json, struct diag *diag)
{
    struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
    struct json_object *root = NULL;

    if (!tokener)
        return NULL;
    root = json_tokener_parse_ex(tokener, json->text, (int)json->length);
    enum json_tokener_error error = json_tokener_get_error(tokener);
    if (error != json_tokener_success) {
        size_t at = json_tokener_get_parse_end(tokener);
        unsigned int line = 1;
        for (size_t i = 0; i < at && i < json->length; i++)
            line += json->text[i] == '\n';
        diag_add(diag, SEVERITY_ERROR, (struct place){json, line, 1, 0}, "this is no JSON: %s",
                 json_tokener_error_desc(error));
        json_object_put(root);
        root = NULL;
    }
    json_tokener_free(tokener);
    return root;
}

int import_nftables(const struct source *json, const struct source *text,
                    const struct import_options *options, struct diag *diag,
                    struct import_result *result)
{
    struct json_object *root = nftables_parse(json, diag);
    struct nftables_reader reader = {
        .objects = nftables_get(root, "nftables"), .json = json, .text = text};
    int error;

    if (!root)
        return -EINVAL;
    if (!nftables_length(reader.objects)) {
        diag_add(diag, SEVERITY_ERROR, (struct place){json, 0, 0, 0},
                 "this is not what nft -j list ruleset prints: there is no list \"nftables\"");
        json_object_put(root);
        return -EINVAL;
    }
    error = text ? nftables_lines_read(text, &reader.lines) : 0;
    if (!error)
        error = import_ruleset(read_all, &reader, options, diag, result);
    nftables_lines_free(reader.lines);
    json_object_put(root);
    return error;
}
