/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets, limits and rules of nft's JSON. */
#include "nftables.h"

#include <errno.h>
#include <string.h>

#include "../base/memory.h"
#include "nftables_lines.h"
#include "reader.h"

#define DEPTH_MAX 64

/* Has an element something that ends it? */
static bool ends(struct json_object *element)
{
    return nftables_get(element, "timeout") || nftables_get(element, "expires");
}

/* Returns what elements of OBJECT ask besides whether they are in it, or NULL. */
static const char *asks_besides(struct json_object *object)
{
    static const char *const names[] = {"limit", "quota", "ct count"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (nftables_get(object, names[i]))
            return names[i];
    return NULL;
}

static const char *statements_ask(struct json_object *statements)
{
    const char *found = NULL;

    for (size_t i = 0; i < nftables_length(statements) && !found; i++)
        found = asks_besides(json_object_array_get_idx(statements, i));
    return found;
}

/* What the elements of a set have besides their values. */
static void survey_elements(struct nftables_set *set, struct json_object *object)
{
    set->may_expire = nftables_get(object, "timeout");
    set->asks = statements_ask(nftables_get(object, "stmt"));
    for (size_t i = 0; i < nftables_length(set->elements); i++) {
        struct json_object *element = json_object_array_get_idx(set->elements, i);
        if (nftables_length(element))
            element = json_object_array_get_idx(element, 0);
        element = nftables_get(element, "elem");
        set->may_expire |= ends(element);
        set->asks = set->asks ? set->asks : asks_besides(element);
    }
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
        .table = nftables_table(reader, object, "table"),
        .name = arena_copy(&reader->ruleset->arena, nftables_text(object, "name")),
        .families = nftables_families(object),
        .elements = nftables_get(object, "elem"),
        .maps_verdicts = is_map && !strcmp(nftables_text(object, "map"), "verdict"),
        .is_dynamic = nftables_has_flag(object, "dynamic"),
    };
    survey_elements(&reader->sets[reader->set_count - 1], object);
}

static struct nftables_set *find_set(const struct nftables_rule *rule, const char *name)
{
    for (size_t i = 0; i < rule->reader->set_count; i++) {
        struct nftables_set *set = &rule->reader->sets[i];

        if (!strcmp(set->name, name) && !strcmp(set->table, rule->table))
            return set;
    }
    return NULL;
}

struct nftables_set *nftables_set_use(struct nftables_rule *rule, const char *name)
{
    struct nftables_set *set = find_set(rule, name);

    if (!set)
        nftables_refuse(rule, "@%s: there is no such set", name);
    else if (set->is_dynamic)
        nftables_refuse(rule,
                        "@%s: the ruleset itself fills this set; edgexdp has limits that ban (then "
                        "ban TIME) and edgexdp ban",
                        name);
    else if (set->asks)
        nftables_refuse(rule, "@%s: its elements have a %s each; edgexdp's have none", name,
                        set->asks);
    else
        set->expires |= set->may_expire;
    return rule->refused ? NULL : set;
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
        .table = nftables_table(reader, object, "table"),
        .name = arena_copy(&reader->ruleset->arena, nftables_text(object, "name")),
        .families = nftables_families(object),
        .object = object,
    };
}

/* Counts the rule. Whatever it adds elements to is filled by packets, even if its declaration does
 * not say so. */
static void survey_rule(struct nftables_reader *reader, struct json_object *object)
{
    struct json_object *statements = nftables_get(object, "expr");
    struct nftables_rule rule = {.reader = reader,
                                 .table = nftables_table(reader, object, "table")};
    struct chain *chain = ruleset_find(reader->ruleset, rule.table, nftables_text(object, "chain"),
                                       nftables_families(object));

    if (chain)
        chain->rules++;
    for (size_t i = 0; i < nftables_length(statements); i++) {
        struct json_object *adds = nftables_get(json_object_array_get_idx(statements, i), "set");
        const char *name = nftables_text(adds, "set");
        struct nftables_set *set = *name == '@' ? find_set(&rule, name + 1) : NULL;
        if (set)
            set->is_dynamic = true;
    }
}

static void read_declaration(struct nftables_reader *reader, const char *kind,
                             struct json_object *object)
{
    if (!strcmp(kind, "table"))
        nftables_read_table(reader, object);
    else if (nftables_is_of_frames(object))
        nftables_read_frames(reader, kind, object);
    else if (!strcmp(kind, "chain"))
        nftables_read_chain(reader, object);
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
    const char *table = nftables_table(reader, object, "table");
    struct chain *chain = ruleset_find(reader->ruleset, table, nftables_text(object, "chain"),
                                       nftables_families(object));
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
        if (!object || strcmp(kind, "rule") != 0 || nftables_is_of_frames(object))
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

/* Older nft writes what only iptables knows as a comment, and the rest of that rule behind it. */
static void tell_lost(struct ruleset *ruleset, const struct source *text)
{
    for (unsigned int line = 1; text && line <= text->line_count; line++) {
        struct source_line found = source_line(text, line);
        const struct origin origin = {.place = {text, line, 1, (unsigned int)found.length}};
        if (memmem(found.text, found.length, "# xt_", 5))
            ruleset_complain(ruleset, &origin,
                             "this is a rule of iptables, of which nft writes a part as a comment: "
                             "what follows is lost; import what iptables-save prints");
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
    tell_lost(ruleset, reader.text);
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
