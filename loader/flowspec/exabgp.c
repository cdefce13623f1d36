/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "exabgp.h"

#include "../base/memory.h"
#include "component_text.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

/* A message is nested nine deep. */
#define DEPTH_MAX 16

/* The names of the families' flows; those of VPNs are for virtual routers, which edgexdp has not.
 */
static const struct {
    const char *name;
    enum family family;
    bool is_vpn;
} families[] = {
    {"ipv4 flow", FAMILY_IPV4, false},
    {"ipv6 flow", FAMILY_IPV6, false},
    {"ipv4 flow-vpn", FAMILY_IPV4, true},
    {"ipv6 flow-vpn", FAMILY_IPV6, true},
};

/* One message while it is read. */
struct message {
    const struct exabgp_listener *listener;
    void *context;
    const char *peer;
    struct flow_action action;
};

static void put_object(struct json_object **object)
{
    json_object_put(*object);
}

static void free_tokener(struct json_tokener **tokener)
{
    if (*tokener)
        json_tokener_free(*tokener);
}

/* Returns the member KEY of OBJECT if it has TYPE, or NULL. */
static struct json_object *member(struct json_object *object, const char *key, enum json_type type)
{
    struct json_object *found = NULL;

    if (json_object_is_type(object, json_type_object))
        json_object_object_get_ex(object, key, &found);
    return json_object_is_type(found, type) ? found : NULL;
}

static const char *text_of(struct json_object *object, const char *key)
{
    struct json_object *found = member(object, key, json_type_string);

    return found ? json_object_get_string(found) : "";
}

/* How messages word FLOW. */
static const char *words_of(struct json_object *flow)
{
    const char *words = text_of(flow, "string");

    return *words ? words : json_object_to_json_string_ext(flow, JSON_C_TO_STRING_PLAIN);
}

/* Reads the alternatives in VALUES, a list of strings, of the component TYPE. */
static int read_alternatives(struct json_object *values, enum component_type type,
                             struct nlri_draft *draft)
{
    size_t count = json_object_array_length(values);
    int error = count ? nlri_begin(draft, type) : -EINVAL;

    for (size_t i = 0; i < count && !error; i++) {
        struct json_object *value = json_object_array_get_idx(values, i);
        if (!json_object_is_type(value, json_type_string))
            return -EINVAL;
        struct piece text = piece_of(json_object_get_string(value));
        error = component_has_bits(type) ? component_text_bits(text, type, draft)
                                         : component_text_numbers(text, type, draft);
    }
    return error;
}

/* Only the words for the whole flow tell which bits belong together. */
static int read_bits(struct json_object *flow, struct json_object *values, enum component_type type,
                     struct nlri_draft *draft)
{
    struct nlri_draft before = *draft;
    int error = nlri_begin(draft, type);

    if (!error)
        error = component_text_bits_flow(text_of(flow, "string"), type, draft);
    if (error != -ENOENT)
        return error;
    *draft = before;
    return read_alternatives(values, type, draft);
}

static int read_component(struct json_object *flow, enum component_type type,
                          struct nlri_draft *draft)
{
    struct json_object *values = NULL;
    const char *key = component_key(type, draft->family);

    if (!json_object_object_get_ex(flow, key, &values))
        return 0;
    if (!json_object_is_type(values, json_type_array))
        return -EINVAL;
    if (component_has_bits(type))
        return read_bits(flow, values, type, draft);
    if (!component_has_prefix(type))
        return read_alternatives(values, type, draft);
    /* The RFCs have each component once; ExaBGP passes on several prefixes. */
    struct json_object *prefix = json_object_array_get_idx(values, 0);
    if (json_object_array_length(values) != 1 || !json_object_is_type(prefix, json_type_string))
        return -EINVAL;
    return component_text_prefix(piece_of(json_object_get_string(prefix)), type, draft);
}

/* Returns the first key of FLOW that nobody here knows, or NULL. */
static const char *unknown_key(struct json_object *flow, enum family family)
{
    json_object_object_foreach (flow, key, value) {
        (void)value;
        if (!component_named(key, family) && strcmp(key, "string") != 0 &&
            strcmp(key, "next-hop") != 0)
            return key;
    }
    return NULL;
}

/* Returns 0, or -errno: then *reason says why FLOW cannot be read, unless memory is short. */
static int read_flow(struct json_object *flow, enum family family, struct nlri **nlri,
                     const char **reason)
{
    struct nlri_draft draft = {.family = family};
    int error = 0;

    *reason = "it cannot be read";
    if (!json_object_is_type(flow, json_type_object) || unknown_key(flow, family))
        return -EINVAL;
    for (enum component_type type = COMPONENT_DESTINATION; type < COMPONENTS && !error; type++)
        error = read_component(flow, type, &draft);
    if (error == -E2BIG)
        *reason = "it is longer than a flow can be";
    if (error)
        return error;
    if (!draft.length) {
        *reason = "it has no component";
        return -EINVAL;
    }
    *nlri = nlri_finish(&draft);
    return *nlri ? 0 : -ENOMEM;
}

/* Gives FLOW, which is announced or withdrawn, to the listener. */
static int tell_flow(const struct message *message, struct json_object *flow, size_t at,
                     bool announced)
{
    const struct exabgp_listener *listener = message->listener;
    CLEANUP_FREE struct nlri *nlri = NULL;
    const char *reason = "it is of a VPN";
    int error =
        families[at].is_vpn ? -EINVAL : read_flow(flow, families[at].family, &nlri, &reason);

    if (error == -ENOMEM)
        return error;
    if (error && announced)
        listener->refuse(message->context, words_of(flow), reason);
    if (error)
        return 0; /* what was never announced needs no withdrawal */
    return announced ? listener->announce(message->context, message->peer, nlri, &message->action,
                                          words_of(flow))
                     : listener->withdraw(message->context, message->peer, nlri);
}

static int tell_flows(const struct message *message, struct json_object *flows, size_t at,
                      bool announced)
{
    size_t count =
        json_object_is_type(flows, json_type_array) ? json_object_array_length(flows) : 0;
    int error = 0;

    for (size_t i = 0; i < count && !error; i++)
        error = tell_flow(message, json_object_array_get_idx(flows, i), at, announced);
    return error;
}

/* Announced flows are listed below their next hops, of which they have none. */
static int tell_announced(const struct message *message, struct json_object *announced, size_t at)
{
    struct json_object *hops = member(announced, families[at].name, json_type_object);
    int error = 0;

    if (!hops)
        return tell_flows(message, member(announced, families[at].name, json_type_array), at, true);
    json_object_object_foreach (hops, hop, flows) {
        (void)hop;
        if (!error)
            error = tell_flows(message, flows, at, true);
    }
    return error;
}

/* "rate-limit:9600" says what the number would, if that is missing. */
static void read_community_text(const char *text, struct flow_action *action)
{
    static const struct {
        const char *begins;
        u64 community;
    } words[] = {
        {"redirect", 0x8008ull << 48},
        {"copy", 0x8008ull << 48},
        {"mark ", 0x8009ull << 48},
        {"action sample", 0x8007ull << 48 | 2},
        {"action terminal", 0x8007ull << 48 | 1},
    };
    float rate;
    u32 bits;

    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (!strncmp(text, words[i].begins, strlen(words[i].begins)))
            action_add(action, words[i].community);
    if (strncmp(text, "rate-limit:", strlen("rate-limit:")) != 0)
        return;
    rate = strtof(text + strlen("rate-limit:"), NULL);
    memcpy(&bits, &rate, sizeof(bits));
    action_add(action, 0x8006ull << 48 | bits);
}

static void read_communities(struct json_object *attributes, struct flow_action *action)
{
    struct json_object *list = member(attributes, "extended-community", json_type_array);
    size_t count = list ? json_object_array_length(list) : 0;

    for (size_t i = 0; i < count; i++) {
        struct json_object *community = json_object_array_get_idx(list, i);
        struct json_object *value = member(community, "value", json_type_int);
        if (value)
            action_add(action, json_object_get_uint64(value));
        else
            read_community_text(text_of(community, "string"), action);
    }
}

/* Those of IPv6 have no name in ExaBGP's list of attributes. */
static void read_ipv6_communities(struct json_object *attributes, struct flow_action *action)
{
    if (!attributes)
        return;
    json_object_object_foreach (attributes, key, value) {
        const char *text;
        if (strncmp(key, "attribute-0x19-", strlen("attribute-0x19-")) != 0 ||
            !json_object_is_type(value, json_type_string))
            continue;
        text = json_object_get_string(value);
        if (strstr(text, "redirect") || strstr(text, "copy"))
            action_add_ipv6(action, ACTION_REDIRECT_IPV6);
        else if (!strncmp(text, "0x", 2) && strlen(text) > 6)
            action_add_ipv6(
                action, (u16)(strtoul((char[]){text[2], text[3], text[4], text[5], 0}, NULL, 16)));
    }
}

static int tell_update(struct message *message, struct json_object *update)
{
    struct json_object *attributes = member(update, "attribute", json_type_object);
    struct json_object *withdrawn = member(update, "withdraw", json_type_object);
    struct json_object *announced = member(update, "announce", json_type_object);
    int error = 0;

    read_communities(attributes, &message->action);
    read_ipv6_communities(attributes, &message->action);
    for (size_t i = 0; i < ARRAY_SIZE(families) && !error; i++) {
        error = tell_flows(message, member(withdrawn, families[i].name, json_type_array), i, false);
        if (!error)
            error = tell_announced(message, announced, i);
    }
    return error;
}

static void tell_end_of_rib(const struct message *message, struct json_object *end)
{
    const char *afi = text_of(end, "afi");

    if (strcmp(text_of(end, "safi"), "flow") != 0)
        return;
    if (!strcmp(afi, "ipv4"))
        message->listener->complete(message->context, message->peer, FAMILY_IPV4);
    if (!strcmp(afi, "ipv6"))
        message->listener->complete(message->context, message->peer, FAMILY_IPV6);
}

/* A session is up once both sides agree; `connected` is earlier. */
static int tell_state(const struct message *message, const char *state)
{
    if (!strcmp(state, "up"))
        return message->listener->up(message->context, message->peer);
    if (!strcmp(state, "down"))
        message->listener->down(message->context, message->peer);
    return 0;
}

static int tell_message(struct message *message, struct json_object *line)
{
    struct json_object *neighbor = member(line, "neighbor", json_type_object);
    struct json_object *content = member(neighbor, "message", json_type_object);
    const char *type = text_of(line, "type");

    message->peer = text_of(member(neighbor, "address", json_type_object), "peer");
    if (strlen(message->peer) >= PEER_BYTES)
        return -EINVAL;
    if (!strcmp(type, "state"))
        return tell_state(message, text_of(neighbor, "state"));
    if (!strcmp(type, "notification") && !strcmp(text_of(line, "notification"), "shutdown")) {
        message->listener->down(message->context, NULL);
        return 0;
    }
    if (strcmp(type, "update") != 0 || !strcmp(text_of(neighbor, "direction"), "send"))
        return 0;
    if (member(content, "eor", json_type_object))
        tell_end_of_rib(message, member(content, "eor", json_type_object));
    return tell_update(message, member(content, "update", json_type_object));
}

/* Commands are answered so, in words. */
static bool is_answer(const char *line, size_t length)
{
    static const char *const answers[] = {"done", "error", "shutdown"};

    for (size_t i = 0; i < ARRAY_SIZE(answers); i++)
        if (length == strlen(answers[i]) && !memcmp(line, answers[i], length))
            return true;
    return length == 0;
}

int exabgp_read(const char *line, size_t length, const struct exabgp_listener *listener,
                void *context)
{
    CLEANUP(free_tokener) struct json_tokener *tokener = NULL;
    CLEANUP(put_object) struct json_object *object = NULL;
    struct message message = {.listener = listener, .context = context};

    if (is_answer(line, length))
        return 0;
    if (length > EXABGP_LINE_BYTES)
        return -EINVAL;
    tokener = json_tokener_new_ex(DEPTH_MAX);
    if (!tokener)
        return -ENOMEM;
    object = json_tokener_parse_ex(tokener, line, (int)length);
    if (!json_object_is_type(object, json_type_object))
        return -EINVAL;
    return tell_message(&message, object);
}
