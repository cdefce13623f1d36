/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "routes.h"

#include "../base/memory.h"
#include "exabgp.h"

#include <errno.h>
#include <search.h>
#include <string.h>

/* What is kept of the words for a flow: they are only for messages. */
#define WORDS_MAX 400

/* What one session announced. */
struct offer {
    u32 peer;
    u32 session; /* of the peer, in which it was announced last */
    struct flow_action action;
};

struct known_route {
    struct nlri *nlri;
    char name[RULE_NAME_BYTES];
    char *words;
    bool excluded;
    struct patterns patterns;
    struct offer *offers; /* by peer */
    size_t offer_count, offer_room;
};

struct peer {
    char name[PEER_BYTES];
    bool up;
    u32 session;       /* counts its sessions; offers of earlier ones are held */
    u64 hold_until_ns; /* 0: it has none that are held */
};

struct routes {
    void *tree; /* of struct known_route, by precedence: tsearch() */
    size_t count, max;
    u64 hold_ns;
    bool changed;
    struct peer peers[FLOW_PEERS_MAX];
    u32 peer_count;
};

static int by_precedence(const void *a, const void *b)
{
    const struct known_route *one = a, *other = b;

    return nlri_compare(one->nlri, other->nlri);
}

static void free_route(void *node)
{
    struct known_route *route = node;

    free(route->nlri);
    free(route->words);
    free(route->offers);
    patterns_clear(&route->patterns);
    free(route);
}

struct routes *routes_new(size_t max, u64 hold_ns)
{
    struct routes *routes = calloc(1, sizeof(*routes));

    if (routes) {
        routes->max = max;
        routes->hold_ns = hold_ns;
    }
    return routes;
}

void routes_free(struct routes *routes)
{
    if (!routes)
        return;
    tdestroy(routes->tree, free_route);
    free(routes);
}

static struct peer *find_peer(struct routes *routes, const char *name)
{
    for (u32 i = 0; i < routes->peer_count; i++)
        if (!strcmp(routes->peers[i].name, name))
            return &routes->peers[i];
    return NULL;
}

/* Finds or makes the peer NAME; NULL if there are too many. */
static struct peer *get_peer(struct routes *routes, const char *name)
{
    struct peer *peer = find_peer(routes, name);

    if (peer || routes->peer_count == FLOW_PEERS_MAX || strlen(name) >= PEER_BYTES)
        return peer;
    peer = &routes->peers[routes->peer_count++];
    *peer = (struct peer){0};
    strcpy(peer->name, name);
    return peer;
}

static struct known_route *find_route(const struct routes *routes, const struct nlri *nlri)
{
    const struct known_route wanted = {.nlri = (struct nlri *)nlri};
    struct known_route **found = tfind(&wanted, &routes->tree, by_precedence);

    return found ? *found : NULL;
}

static bool is_held(const struct routes *routes, const struct offer *offer)
{
    return offer->session != routes->peers[offer->peer].session;
}

/* The offer that counts: of those of running sessions, or failing that of all, the first peer's. */
static const struct offer *in_force(const struct routes *routes, const struct known_route *route)
{
    for (size_t i = 0; i < route->offer_count; i++)
        if (!is_held(routes, &route->offers[i]))
            return &route->offers[i];
    return route->offer_count ? &route->offers[0] : NULL;
}

static struct offer *find_offer(struct known_route *route, u32 peer)
{
    for (size_t i = 0; i < route->offer_count; i++)
        if (route->offers[i].peer == peer)
            return &route->offers[i];
    return NULL;
}

/* Makes the offer of PEER, in the order of peers. Returns NULL when memory is short. */
static struct offer *add_offer(struct known_route *route, u32 peer)
{
    struct offer *grown =
        array_grow(route->offers, route->offer_count, &route->offer_room, sizeof(*grown));
    size_t at = 0;

    if (!grown)
        return NULL;
    route->offers = grown;
    while (at < route->offer_count && grown[at].peer < peer)
        at++;
    memmove(&grown[at + 1], &grown[at], (route->offer_count - at) * sizeof(*grown));
    grown[at] = (struct offer){.peer = peer};
    route->offer_count++;
    return &grown[at];
}

static void remove_offer(struct known_route *route, struct offer *offer)
{
    size_t at = (size_t)(offer - route->offers);

    route->offer_count--;
    memmove(offer, offer + 1, (route->offer_count - at) * sizeof(*offer));
}

static void remove_route(struct routes *routes, struct known_route *route)
{
    tdelete(route, &routes->tree, by_precedence);
    free_route(route);
    routes->count--;
    routes->changed = true;
}

/* Makes the route NLRI without offers. */
static int make_route(struct routes *routes, const struct nlri *nlri, const char *words,
                      struct known_route **made, const char **reason)
{
    struct known_route *route;
    int error;

    if (routes->count >= routes->max) {
        *reason = "there are as many flows as --max allows";
        return -ENOTSUP;
    }
    route = calloc(1, sizeof(*route));
    if (!route)
        return -ENOMEM;
    error = flow_patterns(nlri, &route->patterns, reason);
    if (!error) {
        flow_name(nlri, &route->patterns, route->name);
        route->nlri = nlri_copy(nlri);
        route->words = strndup(words, WORDS_MAX);
        error = route->nlri && route->words && tsearch(route, &routes->tree, by_precedence)
                    ? 0
                    : -ENOMEM;
    }
    if (error) {
        free_route(route);
        return error;
    }
    routes->count++;
    *made = route;
    return 0;
}

/* Records that PEER now announces FLOW with ACTION. */
static int set_offer(struct routes *routes, struct known_route *route, const struct peer *peer,
                     const struct flow_action *action)
{
    u32 number = (u32)(peer - routes->peers);
    const struct offer *before = in_force(routes, route);
    struct flow_action was = before ? before->action : (struct flow_action){0};
    bool is_new = !before;
    struct offer *offer = find_offer(route, number);

    if (!offer)
        offer = add_offer(route, number);
    if (!offer)
        return -ENOMEM;
    offer->action = *action;
    offer->session = peer->session;
    if (is_new || !actions_are_same(&was, &in_force(routes, route)->action))
        routes->changed = true;
    return 0;
}

int routes_announce(struct routes *routes, const char *peer_name, const struct nlri *nlri,
                    const struct flow_action *action, const char *words, const char **reason)
{
    struct peer *peer = get_peer(routes, peer_name);
    struct known_route *route = find_route(routes, nlri);
    int error = 0;

    *reason = peer ? action->refusal : "too many sessions announce routes";
    if (*reason) {
        routes_withdraw(routes, peer_name, nlri);
        return -ENOTSUP;
    }
    peer->up = true; /* its session may be older than this process */
    if (!route)
        error = make_route(routes, nlri, words, &route, reason);
    if (error)
        return error;
    error = set_offer(routes, route, peer, action);
    if (!route->offer_count)
        remove_route(routes, route);
    return error;
}

/* Takes the offer back, and the route with its last one. */
static void take_back(struct routes *routes, struct known_route *route, struct offer *offer)
{
    struct flow_action was = in_force(routes, route)->action;

    remove_offer(route, offer);
    if (!route->offer_count)
        remove_route(routes, route);
    else if (!actions_are_same(&was, &in_force(routes, route)->action))
        routes->changed = true;
}

bool routes_withdraw(struct routes *routes, const char *peer_name, const struct nlri *nlri)
{
    struct known_route *route = find_route(routes, nlri);
    const struct peer *peer = find_peer(routes, peer_name);
    struct offer *offer = route && peer ? find_offer(route, (u32)(peer - routes->peers)) : NULL;

    if (offer)
        take_back(routes, route, offer);
    return offer != NULL;
}

int routes_up(struct routes *routes, const char *name, u64 now_ns)
{
    struct peer *peer = get_peer(routes, name);

    if (!peer)
        return -ENOSPC;
    peer->up = true;
    peer->session++;
    peer->hold_until_ns = now_ns + routes->hold_ns;
    return 0;
}

bool routes_down(struct routes *routes, const char *name, u64 now_ns)
{
    bool is_news = false;

    for (u32 i = 0; i < routes->peer_count; i++) {
        struct peer *peer = &routes->peers[i];
        /* ExaBGP says so again whenever it fails to connect. */
        if ((name && strcmp(peer->name, name) != 0) || !peer->up)
            continue;
        peer->up = false;
        peer->session++;
        peer->hold_until_ns = now_ns + routes->hold_ns;
        is_news = true;
    }
    return is_news;
}

/* Which offers go: of one peer, of one family or all, announced before its session. */
struct sweep {
    const struct routes *routes;
    u32 peer;
    enum family family; /* FAMILY_NONE: both */
    struct known_route **found;
    size_t count;
};

static void find_held(const void *node, VISIT order, void *context)
{
    struct known_route *route = *(struct known_route *const *)node;
    struct sweep *sweep = context;
    const struct offer *offer;

    if (order != postorder && order != leaf)
        return;
    offer = find_offer(route, sweep->peer);
    if (offer && is_held(sweep->routes, offer) &&
        (sweep->family == FAMILY_NONE || route->nlri->family == sweep->family))
        sweep->found[sweep->count++] = route;
}

/* Returns how many offers went. Without memory nothing goes yet. */
static size_t sweep(struct routes *routes, const struct peer *peer, enum family family)
{
    CLEANUP_FREE struct known_route **found =
        calloc(routes->count + 1, sizeof(struct known_route *));
    struct sweep sweep = {
        .routes = routes, .peer = (u32)(peer - routes->peers), .family = family, .found = found};

    if (!found)
        return 0;
    twalk_r(routes->tree, find_held, &sweep);
    for (size_t i = 0; i < sweep.count; i++)
        take_back(routes, found[i], find_offer(found[i], sweep.peer));
    return sweep.count;
}

size_t routes_complete(struct routes *routes, const char *name, enum family family)
{
    const struct peer *peer = find_peer(routes, name);

    return peer ? sweep(routes, peer, family) : 0;
}

size_t routes_expire(struct routes *routes, u64 now_ns)
{
    size_t count = 0;

    for (u32 i = 0; i < routes->peer_count; i++) {
        struct peer *peer = &routes->peers[i];
        if (!peer->hold_until_ns || peer->hold_until_ns > now_ns)
            continue;
        peer->hold_until_ns = 0;
        count += sweep(routes, peer, FAMILY_NONE);
    }
    return count;
}

u64 routes_expire_at(const struct routes *routes)
{
    u64 first = 0;

    for (u32 i = 0; i < routes->peer_count; i++) {
        u64 at = routes->peers[i].hold_until_ns;
        if (at && (!first || at < first))
            first = at;
    }
    return first;
}

size_t routes_count(const struct routes *routes)
{
    return routes->count;
}

struct naming {
    const char *name;
    struct known_route *found;
};

static void find_name(const void *node, VISIT order, void *context)
{
    struct known_route *route = *(struct known_route *const *)node;
    struct naming *naming = context;

    if ((order == postorder || order == leaf) && !strcmp(route->name, naming->name))
        naming->found = route;
}

const char *routes_exclude(struct routes *routes, const char *name)
{
    struct naming naming = {.name = name};

    twalk_r(routes->tree, find_name, &naming);
    if (!naming.found)
        return NULL;
    naming.found->excluded = true;
    routes->changed = true;
    return naming.found->words;
}

bool routes_changed(struct routes *routes)
{
    bool changed = routes->changed;

    routes->changed = false;
    return changed;
}

struct visit {
    const struct routes *routes;
    int (*visit)(void *context, const struct route *route);
    void *context;
    int result;
};

static void visit_route(const void *node, VISIT order, void *context)
{
    const struct known_route *route = *(struct known_route *const *)node;
    struct visit *visit = context;

    if ((order != postorder && order != leaf) || visit->result || route->excluded)
        return;
    const struct route shown = {.nlri = route->nlri,
                                .name = route->name,
                                .words = route->words,
                                .patterns = &route->patterns,
                                .action = in_force(visit->routes, route)->action};
    visit->result = visit->visit(visit->context, &shown);
}

int routes_each(const struct routes *routes, int (*visit)(void *context, const struct route *route),
                void *context)
{
    struct visit all = {.routes = routes, .visit = visit, .context = context};

    twalk_r(routes->tree, visit_route, &all);
    return all.result;
}
