/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "../base/labels.h"
#include "../base/memory.h"
#include "../base/text.h"
#include "../policy/limit.h"
#include "../policy/zones.h"
#include "../replay/replay.h"
#include "command.h"
#include "open.h"
#include "options.h"
#include "tell.h"
#include "usage.h"

#define TOP_DEFAULT 10u
#define TOP_MAX     1000000u

const struct option_help replay_options_help[] = {
    {"--local ADDRESS,...", "packets from one of these went out, all others came in"},
    {"--direction in|out", "all packets went this way"},
    {"--on IFACE", "the interface, or its zone, where they were captured"},
    {"--via IFACE", "where those came in that were forwarded, and went out (default: elsewhere)"},
    {"--compare POLICY", "also show what this older policy judged differently"},
    {"--try LIMIT", "what this limit, and slower and faster ones, would drop of a rule's packets"},
    {"--rule NAME", "the rule that --try is about"},
    {"--verdicts", "a line for each packet instead of sums"},
    {"--top NUMBER", "show this many dropped sources and ports, and limited ones (default: 10)"},
    {"--json", "as JSON: every rule and reason"},
    HOST_OPTIONS_HELP,
    {NULL, NULL},
};

struct request {
    struct host_options host;
    const char *policy, *capture, *before, *local, *rule;
    const char *on, *via;          /* interfaces or zones; or NULL */
    const char *tried[TRIALS_MAX]; /* as given */
    struct trials trials;
    enum heading heading;
    unsigned int top;
    bool json, verdicts;
};

static struct bench bench_of(const struct prepared *prepared, const struct request *request)
{
    unsigned int via = ZONE_ELSEWHERE;

    if (prepared->whole && request->via)
        via = zone_said(prepared->whole, request->via);
    return (struct bench){prepared->policy, prepared->image, via};
}

static int check_zone(const struct policy *whole, const char *option, const char *said)
{
    if (!said || zone_can_be(whole, said))
        return 0;
    say_error("%s: \"%s\" is in no zone of [interfaces] in %s, and no zone itself", option, said,
              whole->path);
    return COMMAND_USAGE;
}

/* Makes of a policy for several interfaces that of the one where the capture is from. */
static int choose_zone(const struct request *request, struct prepared *prepared)
{
    const struct policy *whole = prepared->whole;

    if (!whole)
        return 0;
    if (!request->on) {
        say_error("%s is for several interfaces: say with --on which of them the capture is from",
                  whole->path);
        return COMMAND_USAGE;
    }
    int error = check_zone(whole, "--on", request->on);
    if (!error)
        error = check_zone(whole, "--via", request->via);
    if (error)
        return error;
    prepared->policy = policy_of_zone(whole, zone_said(whole, request->on));
    error = prepared->policy ? policy_compile(prepared->policy, &BOUNDS_DEFAULT, &prepared->image,
                                              prepared->diag)
                             : -ENOMEM;
    if (error)
        diag_print(prepared->diag, stderr);
    return error;
}

static int check_headings(const struct request *request, const struct capture *capture,
                          struct why *why)
{
    if (request->heading != HEADING_UNKNOWN || request->local ||
        link_tells_heading(capture_link(capture)))
        return 0;
    return why_set(why, -EINVAL,
                   "%s does not say which way its packets went: name the addresses of the guarded "
                   "host with --local ADDRESS,..., or use --direction in or out",
                   request->capture);
}

static int show(const struct replay *replay, const struct request *request, struct why *why)
{
    const char *name = strcmp(request->capture, "-") != 0 ? request->capture : "stdin";
    int error = 0;

    if (request->json)
        error = replay_print_json(replay, name, request->top);
    else if (!request->verdicts)
        error = replay_print(replay, name, request->top);
    return error ? why_set(why, error, "out of memory") : 0;
}

/* If a capture breaks off, what was read before is still shown. */
static int run(struct replay *replay, const struct request *request, struct why *why)
{
    CLEANUP(capture_closep) struct capture *capture = NULL;
    struct why shown = {0};

    int error = capture_open(request->capture, &capture, why);
    if (!error)
        error = check_headings(request, capture, why);
    if (error)
        return error;
    error = replay_run(replay, capture, why);
    if (error && error != -EIO)
        return error;
    int failed = show(replay, request, &shown);
    if (failed)
        *why = shown;
    return failed ? failed : error;
}

/* Finds this host's addresses, from which nothing is forwarded. If none is known, all packets that
 * go out are taken for its own, or with --via for none of them. */
static int find_own(const struct request *request, const struct policy *policy, struct local *own,
                    struct why *why)
{
    const struct host_word *self = host_find(request->host.host, piece_of("self"));
    bool known = self && (self->family[0].count || self->family[1].count);

    return known ? local_read("self", policy, request->host.host, own, why)
                 : local_read(request->via ? "255.255.255.255" : "0.0.0.0/0,::/0", policy,
                              request->host.host, own, why);
}

static int replay_policies(struct request *request, const struct prepared *after,
                           const struct prepared *before)
{
    CLEANUP(local_clear) struct local local = {0};
    CLEANUP(local_clear) struct local own = {0};
    CLEANUP(replay_clear)
    struct replay replay = {.after = bench_of(after, request),
                            .before = bench_of(before, request),
                            .heading = request->heading,
                            .trials = request->trials.count ? &request->trials : NULL,
                            .verdicts = request->verdicts};
    struct why why = {0};
    int error = 0;

    if (after->whole || before->whole) {
        error = find_own(request, after->policy, &own, &why);
        replay.own = &own;
    }
    if (!error && request->local) {
        error = local_read(request->local, after->policy, request->host.host, &local, &why);
        replay.local = &local;
    }
    if (!error)
        error = run(&replay, request, &why);
    return error ? say_why(error, &why) : 0;
}

/* Limits are tried in place of the rule's own. */
static int prepare_trials(struct request *request, struct prepared *prepared)
{
    struct trials *trials = &request->trials;
    struct why why = {0};
    u32 unfit;

    if (!trials->count)
        return 0;
    int error = trials_choose(trials, prepared->policy, request->rule, &unfit, &why);
    if (error && unfit < trials->count) {
        const char *text = request->tried[unfit];
        struct fault fault;
        fault_set(&fault, 0, strlen(text), "%s", why.text);
        tell_fault("--try", text, &fault);
        return error;
    }
    if (error)
        return say_why(error, &why);
    if (trials->count == 1)
        trials_spread(trials);
    error = trials_prepare(trials, prepared->policy, &prepared->image, prepared->diag);
    return error ? say_why(error, (why_set(&why, error, "out of memory"), &why)) : 0;
}

static int read_limit(struct piece text, struct limit *limit, struct fault *fault)
{
    size_t comma = piece_find(text, ',');

    if (comma < text.length)
        return fault_set(fault, comma, 1, "limits are tried one by one: give --try for each");
    if (limit_read(text, limit, fault))
        return -EINVAL;
    return limit->ban_ns
               ? fault_set(fault, 0, text.length, "nobody is banned here: leave \"then ban\" out")
               : 0;
}

/* Reads TEXT, which may begin with `limit` as a rule's does. Returns 0, or COMMAND_USAGE after
 * saying why. */
static int take_limit(const struct command *command, const char *text, struct request *request)
{
    struct trials *trials = &request->trials;
    struct piece rest = piece_of(text);
    struct fault fault;

    if (trials->count == TRIALS_MAX)
        return usage_error(command, "--try can be given %d times", TRIALS_MAX);
    if (strchr(text, '\n'))
        return usage_error(command, "--try: a limit is one line");
    if (!piece_is_keyword(piece_next_word(&rest), "limit"))
        rest = piece_of(text);
    if (read_limit(rest, &trials->list[trials->count].limit, &fault)) {
        fault.at += (size_t)(rest.text - text);
        tell_fault("--try", text, &fault);
        return COMMAND_USAGE;
    }
    request->tried[trials->count++] = text;
    return 0;
}

static int parse_direction(const char *text, enum heading *heading)
{
    for (int d = 0; d < DIRECTIONS; d++) {
        if (!strcmp(text, direction_names[d])) {
            *heading = d == DIRECTION_OUT ? HEADING_OUT : HEADING_IN;
            return 0;
        }
    }
    return -EINVAL;
}

/* Returns 0, or COMMAND_USAGE after saying why. */
static int take_option(const struct command *command, int option, struct request *request)
{
    struct fault fault;

    if (option == 'l')
        request->local = optarg;
    else if (option == 'c')
        request->before = optarg;
    else if (option == 'j')
        request->json = true;
    else if (option == 'v')
        request->verdicts = true;
    else if (option == 'r')
        request->rule = optarg;
    else if (option == 'y')
        return take_limit(command, optarg, request);
    else if (option == 'd' && parse_direction(optarg, &request->heading))
        return usage_error(command, "--direction is in or out, not %s", optarg);
    else if (option == 'o')
        request->on = optarg;
    else if (option == 'V')
        request->via = optarg;
    else if (option == 'S' || option == 'N')
        return options_host(command, option, &request->host);
    else if (option == 't' &&
             piece_number(piece_of(optarg), TOP_MAX, "number", &request->top, &fault))
        return usage_error(command, "--top: %s", fault.text);
    return 0;
}

static int parse(const struct command *command, int argc, char **argv, struct request *request)
{
    static const struct option options[] = {{"local", required_argument, NULL, 'l'},
                                            {"direction", required_argument, NULL, 'd'},
                                            {"on", required_argument, NULL, 'o'},
                                            {"via", required_argument, NULL, 'V'},
                                            {"compare", required_argument, NULL, 'c'},
                                            {"try", required_argument, NULL, 'y'},
                                            {"rule", required_argument, NULL, 'r'},
                                            {"verdicts", no_argument, NULL, 'v'},
                                            {"top", required_argument, NULL, 't'},
                                            {"json", no_argument, NULL, 'j'},
                                            HOST_OPTIONS,
                                            {0}};
    int option, error = 0;

    while (!error && (option = getopt_long(argc, argv, ":", options, NULL)) != -1)
        error = option == '?' || option == ':' ? usage_bad_option(command, option, argv)
                                               : take_option(command, option, request);
    if (error)
        return error;
    if (request->local && request->heading != HEADING_UNKNOWN)
        return usage_error(command, "--local and --direction exclude each other");
    if (request->json && request->verdicts)
        return usage_error(command, "--json and --verdicts exclude each other");
    if (request->trials.count && !request->rule)
        return usage_error(command, "--try needs --rule NAME: the rule that the limit is for");
    if (request->rule && !request->trials.count)
        return usage_error(command, "--rule needs --try LIMIT: a limit to try on that rule");
    if (request->trials.count && (request->before || request->verdicts))
        return usage_error(command, "--try and %s exclude each other",
                           request->before ? "--compare" : "--verdicts");
    error = usage_count(command, argc - optind, 2, 2);
    if (error)
        return error;
    request->policy = argv[optind];
    request->capture = argv[optind + 1];
    return 0;
}

static void request_clear(struct request *request)
{
    trials_clear(&request->trials);
    options_host_clear(&request->host);
}

int command_replay(const struct command *command, int argc, char **argv)
{
    CLEANUP(prepared_clear) struct prepared after = {0};
    CLEANUP(prepared_clear) struct prepared before = {0};
    CLEANUP(request_clear)
    struct request request = {.heading = HEADING_UNKNOWN, .top = TOP_DEFAULT};
    int error = parse(command, argc, argv, &request);

    if (!error)
        error = options_host_complete(&request.host, NULL);
    if (!error)
        error = open_policy(request.policy, request.host.host, &after);
    if (!error)
        error = choose_zone(&request, &after);
    if (!error && request.before)
        error = open_policy(request.before, request.host.host, &before);
    if (!error && request.before)
        error = choose_zone(&request, &before);
    if (!error)
        error = prepare_trials(&request, &after);
    return error ? error : replay_policies(&request, &after, &before);
}
