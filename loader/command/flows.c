/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flows: conversations that go on, and ending them. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <edgexdp/icmp.h>

#include "../base/clock.h"
#include "../base/memory.h"
#include "../base/text.h"
#include "../block/block.h"
#include "../judge/native.h"
#include "../policy/address.h"
#include "../policy/match.h"
#include "../policy/protocols.h"
#include "../show/json.h"
#include "../show/table.h"
#include "../show/times.h"
#include "../top/words.h"
#include "command.h"
#include "open.h"
#include "showing.h"
#include "usage.h"

const struct option_help flows_options_help[] = {
    {"--kill PATTERN", "end those that match: \"tcp > 192.0.2.7:443\", this host on the left"},
    {"--json", "as JSON"},
    {NULL, NULL},
};

/* A flow in force. */
struct found {
    struct flow_key key;
    struct flow flow;
    u32 rule; /* its number on the interface that shows it, or NO_RULE */
};

struct list {
    const struct tables_header *tables;
    const struct rule *pattern; /* NULL: all */
    struct found *flows;
    size_t count, capacity;
    u64 now_ns;
};

static void list_clear(struct list *list)
{
    free(list->flows);
}

static bool is_icmp(const struct flow_key *key)
{
    return icmp_is(key->family, key->protocol);
}

static bool holds(const struct rule *pattern, enum field field, const struct flow_key *key,
                  u128 value)
{
    return match_holds(&pattern->matches[field], key->family, value);
}

/* What goes out from here is what a pattern is about. */
static bool is_meant(const struct rule *pattern, const struct flow_key *key)
{
    return holds(pattern, FIELD_PROTOCOL, key, key->protocol) &&
           match_can_be(&pattern->matches[FIELD_FAMILY], key->family) &&
           holds(pattern, FIELD_FROM, key, address_from_bytes(key->family, key->local)) &&
           holds(pattern, FIELD_TO, key, address_from_bytes(key->family, key->remote)) &&
           (is_icmp(key) ? holds(pattern, FIELD_ICMP_TYPE, key, (u128)key->remote_port << 8)
                         : holds(pattern, FIELD_SOURCE_PORT, key, key->local_port) &&
                               holds(pattern, FIELD_PORT, key, key->remote_port));
}

static int take(const struct flow_key *key, const struct flow *flow, void *context)
{
    struct list *list = context;
    struct found *grown;
    u32 rule;

    if (!native_flow_counts(list->tables, key, flow, list->now_ns, &rule) ||
        (list->pattern && !is_meant(list->pattern, key)))
        return 0;
    grown = array_grow(list->flows, list->count, &list->capacity, sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    list->flows = grown;
    grown[list->count++] = (struct found){*key, *flow, rule};
    return 0;
}

/* Those that said something last come first. */
static int by_last_seen(const void *left, const void *right)
{
    const struct found *a = left, *b = right;

    if (a->flow.last_seen_ns != b->flow.last_seen_ns)
        return a->flow.last_seen_ns > b->flow.last_seen_ns ? -1 : 1;
    return memcmp(&a->key, &b->key, sizeof(a->key));
}

static int take_all(const struct guard *guard, const struct rule *pattern, struct list *list,
                    struct why *why)
{
    *list =
        (struct list){.tables = guard_tables(guard), .pattern = pattern, .now_ns = monotonic_ns()};
    int error = guard_each_flow(guard, take, list, why);

    if (!error && list->count)
        qsort(list->flows, list->count, sizeof(*list->flows), by_last_seen);
    return error;
}

/* NULL: `outbound` accepted it. */
static const char *rule_of(const struct guard *guard, const struct found *found)
{
    size_t capacity;
    const struct rule_entry *rules = guard_rules(guard, &capacity);

    return found->rule < capacity ? rules[found->rule].name : NULL;
}

static const char *state_of(const struct found *found)
{
    u32 closing = found->flow.closing;

    if (found->key.protocol != PROTOCOL_TCP)
        return "-";
    if (closing & FLOW_RST || (closing & FLOW_FINS) == FLOW_FINS)
        return "closed";
    return closing ? "closing" : "open";
}

static u64 idle_ns(const struct list *list, const struct flow *flow)
{
    return list->now_ns > flow->last_seen_ns ? list->now_ns - flow->last_seen_ns : 0;
}

static void add_end(struct json_object *object, const char *end, const struct flow_key *key,
                    const u8 bytes[16], u16 port)
{
    char text[ADDRESS_TEXT_BYTES], port_key[16];

    address_print(key->family, address_from_bytes(key->family, bytes), text);
    json_add_text(object, end, text);
    snprintf(port_key, sizeof(port_key), "%s_port", end);
    json_object_object_add(object, port_key,
                           protocol_has_ports(key->protocol) ? json_object_new_int(port) : NULL);
}

static struct json_object *flow_json(const struct guard *guard, const struct list *list,
                                     const struct found *found)
{
    struct json_object *object = json_object_new_object();
    const struct flow_key *key = &found->key;
    char protocol[PROTOCOL_TEXT_BYTES];
    bool icmp = is_icmp(key);

    json_add_text(object, "interface", guard_interface(guard));
    json_add_text(object, "protocol", top_protocol(key->protocol, protocol));
    add_end(object, "local", key, key->local, key->local_port);
    add_end(object, "remote", key, key->remote, key->remote_port);
    json_add_text(object, "type",
                  icmp ? icmp_type_name((enum family)key->family, (u8)key->remote_port) : NULL);
    json_object_object_add(object, "id", icmp ? json_object_new_int(key->local_port) : NULL);
    json_add_text(object, "rule", rule_of(guard, found));
    json_add_text(object, "state", key->protocol == PROTOCOL_TCP ? state_of(found) : NULL);
    json_add_time(object, "since", time_from_monotonic(found->flow.created_ns));
    json_add_time(object, "last_seen", time_from_monotonic(found->flow.last_seen_ns));
    json_add_number(object, "idle_seconds", idle_ns(list, &found->flow) / SECOND_NS);
    return object;
}

#define END_BYTES (ADDRESS_TEXT_BYTES + 16)

static char *print_end(const struct flow_key *key, const u8 bytes[16], u16 port,
                       char text[END_BYTES])
{
    char address[ADDRESS_TEXT_BYTES];
    bool brackets = key->family == FAMILY_IPV6;

    address_print(key->family, address_from_bytes(key->family, bytes), address);
    if (!protocol_has_ports(key->protocol))
        return strcpy(text, address);
    snprintf(text, END_BYTES, "%s%s%s:%u", brackets ? "[" : "", address, brackets ? "]" : "", port);
    return text;
}

static int add_row(struct libscols_table *table, const struct guard *guard, const struct list *list,
                   const struct found *found, size_t columns)
{
    const struct flow_key *key = &found->key;
    char protocol[PROTOCOL_TEXT_BYTES], local[END_BYTES], remote[END_BYTES];
    char since[TIME_TEXT_BYTES], idle[TIME_TEXT_BYTES];
    const char *rule = rule_of(guard, found);
    const char *const cells[] = {top_protocol(key->protocol, protocol),
                                 print_end(key, key->local, key->local_port, local),
                                 print_end(key, key->remote, key->remote_port, remote),
                                 rule ? rule : "(outbound)",
                                 time_print(time_from_monotonic(found->flow.created_ns), since),
                                 time_print_span(idle_ns(list, &found->flow), idle),
                                 state_of(found)};

    return table_row(table, cells, columns);
}

static int print_table(const struct guard *guard, const struct list *list)
{
    static const struct column columns[] = {
        {"PROTOCOL", false}, {"LOCAL", false}, {"REMOTE", false}, {"RULE", false},
        {"SINCE", false},    {"IDLE", true},   {"STATE", false}};
    struct libscols_table *table;
    int error;

    if (!list->count) {
        printf("no conversation goes on on %s\n", HARMLESS(guard_interface(guard)));
        return 0;
    }
    table = table_new(columns, ARRAY_SIZE(columns));
    error = table ? 0 : -ENOMEM;
    for (size_t i = 0; !error && i < list->count; i++)
        error = add_row(table, guard, list, &list->flows[i], ARRAY_SIZE(columns));
    return table_end(table, error);
}

/* The interface that was shown before with the flows of GUARD, which is not locked: one of its
 * zone. NULL: none. */
static const char *shown_with(const struct showing *showing, const struct guard *guard)
{
    for (size_t i = 0; i < showing->interfaces->count; i++) {
        CLEANUP(guard_closep) struct guard *before = NULL;
        const char *name = showing->interfaces->names[i];
        struct why ignored;

        if (!strcmp(name, guard_interface(guard)))
            break;
        if (!guard_open(name, GUARD_READ, &before, &ignored) && guard_shares_flows(guard, before))
            return name;
    }
    return NULL;
}

static int show_list(struct showing *showing, const struct guard *guard, const struct list *list)
{
    int error = 0;

    if (list->count)
        showing_heading(showing, guard);
    for (size_t i = 0; showing->json && i < list->count; i++)
        json_object_array_add(showing->json, flow_json(guard, list, &list->flows[i]));
    if (!showing->json)
        error = print_table(guard, list);
    return error;
}

static int show_one(const char *interface, void *context, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    CLEANUP(list_clear) struct list list = {0};
    struct showing *showing = context;
    int error = guard_open(interface, GUARD_READ, &guard, why);

    if (!error)
        error = take_all(guard, NULL, &list, why);
    if (error)
        return error;
    guard_unlock(guard);
    const char *before = shown_with(showing, guard);
    if (!before)
        error = show_list(showing, guard, &list);
    else if (!showing->json)
        printf("\n%s has the flows of %s: they are in one zone\n", HARMLESS(guard_interface(guard)),
               HARMLESS(before));
    showing_end(showing, guard, error);
    return 0;
}

struct killing {
    const struct rule *pattern;
    size_t killed;
};

static int kill_one(const char *interface, void *context, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    CLEANUP(list_clear) struct list list = {0};
    struct killing *killing = context;
    int error = open_to_change(interface, &guard, why);

    if (!error)
        error = take_all(guard, killing->pattern, &list, why);
    for (size_t i = 0; !error && i < list.count; i++) {
        error = guard_forget_flow(guard, &list.flows[i].key);
        if (error)
            why_set(why, error, "cannot end a flow: %s", strerror(-error));
    }
    killing->killed += list.count;
    return error;
}

/* Reads PATTERN as a rule for what goes out. */
static int read_pattern(const char *pattern, struct policy **policy, struct diag *diag)
{
    CLEANUP_FREE char *text = NULL;

    return asprintf(&text, "out %s", pattern) < 0 ? -ENOMEM
                                                  : block_read_pattern(text, policy, diag);
}

/* Ends, on all of them, the flows that PATTERN matches. */
static int kill_flows(const struct interfaces *interfaces, const char *pattern)
{
    CLEANUP(policy_freep) struct policy *policy = NULL;
    struct diag *diag = diag_new();
    struct killing killing = {0};
    struct why why = {0};
    int error = diag ? read_pattern(pattern, &policy, diag) : -ENOMEM;

    if (error && diag)
        diag_print(diag, stderr);
    if (!error) {
        killing.pattern = &policy->rules[0];
        error = interfaces_each(interfaces, kill_one, &killing, &why);
        if (error)
            say_why(error, &why);
        else
            printf("%zu conversation%s ended\n", killing.killed, killing.killed == 1 ? "" : "s");
    }
    diag_free(diag);
    return error;
}

int command_flows(const struct command *command, int argc, char **argv)
{
    static const struct option options[] = {
        {"kill", required_argument, NULL, 'k'}, {"json", no_argument, NULL, 'j'}, {0}};
    CLEANUP(interfaces_clear) struct interfaces interfaces = {0};
    const char *kill = NULL;
    bool json = false;
    int option;

    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (option == 'k')
            kill = optarg;
        if (option == 'j')
            json = true;
        if (option == '?' || option == ':')
            return usage_bad_option(command, option, argv);
    }
    int error = usage_count(command, argc - optind, 1, 1);
    if (!error)
        error = open_interfaces(argv[optind], NULL, &interfaces);
    if (error)
        return error;
    return kill ? kill_flows(&interfaces, kill) : showing_run(&interfaces, json, show_one);
}
