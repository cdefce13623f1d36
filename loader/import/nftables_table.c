/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables and chains of nft's JSON: which of them judge packets, and where these meet them. */
#include "nftables.h"

#include <string.h>

#include "../policy/carried.h"

u8 nftables_families(struct json_object *object)
{
    const char *family = nftables_text(object, "family");

    return !strcmp(family, "ip") ? 1 : !strcmp(family, "ip6") ? 2 : 3;
}

bool nftables_is_of_frames(struct json_object *object)
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

const char *nftables_table(struct nftables_reader *reader, struct json_object *object,
                           const char *key)
{
    return arena_print(&reader->ruleset->arena, "%s %s", nftables_text(object, "family"),
                       nftables_text(object, key));
}

static bool is_word(struct json_object *given, const char *word)
{
    return json_object_is_type(given, json_type_string) &&
           !strcmp(json_object_get_string(given), word);
}

bool nftables_has_flag(struct json_object *object, const char *flag)
{
    struct json_object *flags = nftables_get(object, "flags");

    for (size_t i = 0; i < nftables_length(flags); i++)
        if (is_word(json_object_array_get_idx(flags, i), flag))
            return true;
    return flags && is_word(flags, flag);
}

/* nft 1.0.6 writes a table's name where its only flag belongs. */
static bool sleeps(struct json_object *table)
{
    struct json_object *flags = nftables_get(table, "flags");

    return nftables_has_flag(table, "dormant") ||
           (flags && is_word(flags, nftables_text(table, "name")));
}

static struct origin whole_ruleset(const struct nftables_reader *reader)
{
    return (struct origin){.place = {.source = reader->text ? reader->text : reader->json}};
}

/* A table that is asleep judges nothing, until somebody wakes it. */
static void put_to_sleep(struct nftables_reader *reader, const char *table)
{
    struct origin origin = whole_ruleset(reader);
    const char **grown = arena_grow(&reader->ruleset->arena, reader->dormant, reader->dormant_count,
                                    &reader->dormant_capacity, sizeof(*grown));

    if (!grown)
        return;
    reader->dormant = grown;
    reader->dormant[reader->dormant_count++] = table;
    ruleset_note(reader->ruleset, &origin,
                 "table %s is dormant: it judges nothing, and nothing of it is imported", table);
}

static bool is_dormant(const struct nftables_reader *reader, const char *table)
{
    for (size_t i = 0; i < reader->dormant_count; i++)
        if (!strcmp(reader->dormant[i], table))
            return true;
    return false;
}

void nftables_read_table(struct nftables_reader *reader, struct json_object *object)
{
    const char *name = nftables_text(object, "name");
    const char *table = nftables_table(reader, object, "name");
    struct origin origin = whole_ruleset(reader);

    if (sleeps(object))
        put_to_sleep(reader, table);
    else if (!strcmp(nftables_text(object, "family"), "bridge"))
        ruleset_complain(reader->ruleset, &origin,
                         "table %s: frames that a bridge passes on are judged at its ports, which "
                         "edgexdp guards one by one",
                         table);
    else if (!nftables_is_of_frames(object) && nftables_is_export(object, name) &&
             !ruleset_leaves_out(reader->ruleset, name))
        ruleset_complain(reader->ruleset, &origin,
                         "table inet %s is what edgexdp export wrote, but without chain "
                         "" CARRIED_CHAIN
                         ", which has the policy that it was made of: import that one",
                         name);
}

/* What a table of ARP does, once for each of its chains. */
void nftables_read_frames(struct nftables_reader *reader, const char *kind,
                          struct json_object *object)
{
    struct origin origin = whole_ruleset(reader);
    const char *table = nftables_table(reader, object, "table");
    bool is_base = !strcmp(kind, "chain") && *nftables_text(object, "hook");

    if (!is_base || strcmp(nftables_text(object, "family"), "arp") != 0 ||
        nftables_is_export(object, nftables_text(object, "table")) || is_dormant(reader, table) ||
        ruleset_leaves_out(reader->ruleset, nftables_text(object, "table")) ||
        ruleset_leaves_out(reader->ruleset, nftables_text(object, "name")))
        return;
    ruleset_complain(reader->ruleset, &origin,
                     "chain %s of table %s is not imported: edgexdp judges ARP as a whole, by arp "
                     "in [baseline], and accepts it here",
                     nftables_text(object, "name"), table);
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

static const struct spans *add_device(struct nftables_reader *reader, const struct spans *devices,
                                      struct json_object *device)
{
    const char *name =
        json_object_is_type(device, json_type_string) ? json_object_get_string(device) : "";

    if (!devices || !ruleset_interface_is_good(name, '*'))
        return NULL;
    return spans_either(&reader->ruleset->arena, devices,
                        ruleset_interface(reader->ruleset, name, '*'), aspect_last(ASPECT_ARRIVES));
}

/* Returns the interfaces that a chain is at, or NULL if nobody can tell. */
static const struct spans *devices_of(struct nftables_reader *reader, struct json_object *object)
{
    struct json_object *given = nftables_get(object, "dev");
    const struct spans *devices = &spans_none;

    if (!given)
        return NULL;
    if (!json_object_is_type(given, json_type_array))
        return add_device(reader, devices, given);
    for (size_t i = 0; i < nftables_length(given); i++)
        devices = add_device(reader, devices, json_object_array_get_idx(given, i));
    return nftables_length(given) ? devices : NULL;
}

/* Chains at interfaces: nft before 1.0.7 does not say at which. */
static void find_devices(struct nftables_reader *reader, struct json_object *object,
                         struct chain *chain)
{
    struct origin origin = whole_ruleset(reader);

    if (chain->left_out || (chain->hook != HOOK_INGRESS && chain->hook != HOOK_EGRESS))
        return;
    chain->devices = devices_of(reader, object);
    if (chain->devices)
        return;
    chain->left_out = true;
    ruleset_complain(reader->ruleset, &origin,
                     "chain %s of table %s is not imported: this nft does not say at which "
                     "interface the chain is; write its rules into a chain of input, with iifname",
                     chain->name, chain->table);
}

void nftables_read_chain(struct nftables_reader *reader, struct json_object *object)
{
    const char *type = nftables_text(object, "type");
    const char *table = nftables_table(reader, object, "table");
    struct chain *chain = ruleset_chain(reader->ruleset, table, nftables_text(object, "name"),
                                        nftables_families(object));

    if (!chain)
        return;
    if (nftables_is_export(object, nftables_text(object, "table")) || is_dormant(reader, table))
        chain->left_out = true;
    if (!*type)
        return;
    chain->policy = !strcmp(nftables_text(object, "policy"), "drop") ? DEED_DROP : DEED_ACCEPT;
    chain->translates = !strcmp(type, "nat");
    if (chain->translates)
        return;
    chain->hook = hook_of(nftables_text(object, "hook"));
    chain->priority = json_object_get_int(nftables_get(object, "prio"));
    find_devices(reader, object, chain);
}
