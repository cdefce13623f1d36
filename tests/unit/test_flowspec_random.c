/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random flows: from ExaBGP's words to the tables, packets are matched as the RFCs say, and in
 * their order. EDGEXDP_SEED, EDGEXDP_POLICIES and EDGEXDP_PACKETS make it another test, or a longer
 * one.
 */
#include "check.h"

#include "../../loader/flowspec/exabgp.h"
#include "../../loader/flowspec/routes.h"
#include "../shared/court.h"
#include "../shared/effort.h"
#include "../shared/flowspec.h"

#define FLOWS     24
#define LINE_ROOM 32768
#define NOW_S     100000
#define FOREVER_S (2 * NOW_S)

/* Flows of one announcement: those that were taken, by their place in the order of the RFCs. */
struct announced {
    struct routes *routes;
    struct flowspec flows[FLOWS];
    size_t count;
    size_t refused, impossible;
};

static int take(void *context, const char *peer, const struct nlri *nlri,
                const struct flow_action *action, const char *words)
{
    struct announced *announced = context;
    struct flowspec *flow = &announced->flows[announced->count];
    const char *reason;
    int error = routes_announce(announced->routes, peer, nlri, action, "flow", &reason);

    if (nlri->length != flow->length)
        print_error("%s\n", words);
    assert_int_equal(nlri->length, flow->length);
    assert_memory_equal(nlri->bytes, flow->bytes, flow->length);
    if (error == -ENOTSUP) {
        announced->refused++;
        return 0;
    }
    assert_int_equal(error, 0);
    assert_non_null(words);
    announced->count++;
    return 0;
}

static void not_refused(void *context, const char *flow, const char *reason)
{
    (void)context;
    fail_msg("%s: %s", flow, reason);
}

static const struct exabgp_listener listener = {.announce = take, .refuse = not_refused};

static void announce(struct announced *announced, struct dice *dice)
{
    char line[LINE_ROOM];
    FILE *out = fmemopen(line, sizeof(line), "w");
    struct flowspec *flow = &announced->flows[announced->count];

    flowspec_random(dice, flow);
    fprintf(out,
            "{\"exabgp\": \"4.0.1\", \"type\": \"update\", \"neighbor\": {\"address\": {\"local\": "
            "\"10.0.0.2\", \"peer\": \"10.0.0.1\"}, \"direction\": \"receive\", \"message\": "
            "{\"update\": {\"announce\": {\"ipv%d flow\": {\"no-nexthop\": [ ",
            flow->ipv6 ? 6 : 4);
    flowspec_write(flow, out);
    fputs(" ]}}}}}}", out);
    long length = ftell(out);
    fclose(out);
    assert_true(length < LINE_ROOM - 1);
    assert_int_equal(exabgp_read(line, (size_t)length, &listener, announced), 0);
}

static int by_rfc(const void *a, const void *b)
{
    const struct flowspec *one = a, *other = b;

    return one->ipv6 != other->ipv6 ? (int)one->ipv6 - (int)other->ipv6
                                    : flowspec_order(one, other);
}

/* The rule of the flow number N, in the order of the engine, is called N.pattern. */
struct writing {
    FILE *out;
    size_t count, impossible;
};

static int write_rules(void *context, const struct route *route)
{
    struct writing *writing = context;

    for (size_t i = 0; i < route->patterns->count; i++)
        fprintf(writing->out, "f%zu.%zu = drop %s\n", writing->count, i, route->patterns->list[i]);
    writing->impossible += !route->patterns->count;
    writing->count++;
    return 0;
}

static const char open_policy[] =
    "[policy]\nname = open\ninbound = accept\n"
    "[baseline]\narp = drop\nneighbour-discovery = drop\nicmp-errors = drop\n"
    "link-control = drop\nfragments = track\ntcp-flags = accept\n"
    "martians = accept\n";

static const char head[] = "[policy]\nname = flows\n[rules]\n";

static char *policy_text(struct announced *announced)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    struct writing writing = {.out = out};

    fputs(head, out);
    assert_int_equal(routes_each(announced->routes, write_rules, &writing), 0);
    fclose(out);
    assert_int_equal(writing.count, announced->count);
    announced->impossible = writing.impossible;
    return text;
}

static size_t expected(const struct announced *announced, const struct wire *frame)
{
    size_t at = 0;

    while (at < announced->count && !flowspec_matches(&announced->flows[at], frame))
        at++;
    return at;
}

/* TEXT: the blocks, for people. */
static void compare(struct court *court, const struct announced *announced, const char *text,
                    const char *packet, size_t *hits)
{
    struct wire frame;
    char want[32] = "none";

    wire_read(packet, &frame);
    size_t at = expected(announced, &frame);
    struct outcome outcome = court_outcome(court, &frame, NOW_S);
    const char *flow =
        outcome_is_block(&outcome) ? court->blocks->rules[outcome.rule - 1].name : "none";
    if (at < announced->count)
        snprintf(want, sizeof(want), "f%zu.", at);
    *hits += at < announced->count;
    if (!strncmp(flow, want, strlen(want)))
        return;
    print_error("%s\nthe RFCs say %s, edgexdp says %s, by\n%s", packet, want, flow, text);
    fail();
}

static void same_flow_twice(struct announced *announced)
{
    size_t kept = announced->count ? 1 : 0;

    qsort(announced->flows, announced->count, sizeof(announced->flows[0]), by_rfc);
    for (size_t i = 1; i < announced->count; i++)
        if (by_rfc(&announced->flows[kept - 1], &announced->flows[i]) != 0)
            announced->flows[kept++] = announced->flows[i];
    announced->count = kept;
    assert_int_equal(routes_count(announced->routes), kept);
}

static void matches_as_the_rfcs_say(void **state)
{
    struct effort effort = effort_read(150, 1000);
    struct dice dice = {.state = effort.seed};
    size_t hits = 0, taken = 0, refused = 0, impossible = 0;

    (void)state;
    for (unsigned int i = 0; i < effort.policies; i++) {
        struct announced *announced = calloc(1, sizeof(*announced));
        struct court court;
        char packet[WIRE_TEXT];

        announced->routes = routes_new(FLOWS, 0);
        for (unsigned int flow = 0; flow < FLOWS; flow++)
            announce(announced, &dice);
        same_flow_twice(announced);
        char *text = policy_text(announced);
        court_open(&court, open_policy);
        court_block(&court, text, FOREVER_S);
        for (unsigned int j = 0; j < effort.packets; j++) {
            flowspec_packet(&dice, dice_chance(&dice, 50), packet);
            compare(&court, announced, text, packet, &hits);
        }
        taken += announced->count;
        refused += announced->refused;
        impossible += announced->impossible;
        court_close(&court);
        free(text);
        routes_free(announced->routes);
        free(announced);
    }
    print_message("%zu flows, of which %zu match nothing; %zu refused; %zu of %u packets matched\n",
                  taken, impossible, refused, hits, effort.policies * effort.packets);
    assert_true(hits > (size_t)effort.policies * effort.packets / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_as_the_rfcs_say),
    };

    return cmocka_run_group_tests_name("flowspec_random", tests, NULL, NULL);
}
