/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of ExaBGP: any bytes are read or refused, and what is taken are blocks that can be read.
 */
#include "fuzz.h"

#include "../../loader/flowspec/exabgp.h"
#include "../../loader/flowspec/routes.h"
#include "../../loader/policy/read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROUTES_MAX 16

static int announce(void *context, const char *peer, const struct nlri *nlri,
                    const struct flow_action *action, const char *words)
{
    const char *reason = NULL;
    int error = routes_announce(context, peer, nlri, action, words, &reason);

    if (nlri_fault(nlri) || (error && (error != -ENOTSUP || !reason)))
        abort();
    return 0;
}

static int withdraw(void *context, const char *peer, const struct nlri *nlri)
{
    routes_withdraw(context, peer, nlri);
    return 0;
}

static int up(void *context, const char *peer)
{
    return routes_up(context, peer, 1) == -ENOMEM ? -ENOMEM : 0;
}

static void down(void *context, const char *peer)
{
    routes_down(context, peer, 1);
}

static void complete(void *context, const char *peer, enum family family)
{
    routes_complete(context, peer, family);
}

static void refuse(void *context, const char *words, const char *reason)
{
    (void)context;
    if (!words || !*reason)
        abort();
}

static const struct exabgp_listener listener = {announce, withdraw, up, down, complete, refuse};

/* The rules of a policy, by number. */
struct writing {
    FILE *out;
    size_t count;
};

static int write_rules(void *context, const struct route *route)
{
    struct writing *writing = context;
    char limit[LIMIT_TEXT_BYTES];
    const char *rate = action_limit(&route->action, limit);

    for (size_t i = 0; i < route->patterns->count; i++) {
        fprintf(writing->out, "r%zu = %s %s", writing->count++, rate ? "accept" : "drop",
                route->patterns->list[i]);
        fprintf(writing->out, rate && *rate ? " limit %s\n" : "\n", rate ? rate : "");
    }
    return 0;
}

static void read_as_blocks(const struct routes *routes)
{
    const struct source *source = NULL;
    struct policy *policy = NULL;
    struct diag *diag = diag_new();
    char *text = NULL;
    size_t length;
    struct writing writing = {.out = open_memstream(&text, &length)};

    fputs("[policy]\nname = flows\n[rules]\n", writing.out);
    routes_each(routes, write_rules, &writing);
    fclose(writing.out);
    if (source_copy(diag, "flows.ini", text, length, &source) ||
        policy_read_blocks(source, source_open_regular, NULL, &policy, diag)) {
        diag_print(diag, stderr);
        abort();
    }
    policy_free(policy);
    diag_free(diag);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct routes *routes = routes_new(ROUTES_MAX, 1);
    char *lines = malloc(size + 1); /* of its exact size: reading beyond is noticed */
    size_t at = 0;

    if (!routes || !lines)
        abort();
    memcpy(lines, data, size);
    while (at < size) {
        const char *end = memchr(lines + at, '\n', size - at);
        size_t length = end ? (size_t)(end - lines) - at : size - at;
        exabgp_read(lines + at, length, &listener, routes);
        at += length + 1;
    }
    read_as_blocks(routes);
    routes_expire(routes, 10);
    routes_free(routes);
    free(lines);
    return 0;
}
