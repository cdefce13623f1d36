/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "../base/memory.h"
#include "../policy/limit.h"
#include "../replay/replay.h"
#include "captured.h"
#include "command.h"
#include "tell.h"
#include "usage.h"

#define TOP_DEFAULT 10u
#define TOP_MAX     1000000u

const struct option_help replay_options_help[] = {
    CAPTURED_OPTIONS_HELP,
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
    struct captured_options captured;
    const char *policy, *before, *rule;
    const char *tried[TRIALS_MAX]; /* as given */
    struct trials trials;
    unsigned int top;
    bool json, verdicts;
};

static int show(const struct replay *replay, const struct request *request)
{
    const char *name = captured_name(&request->captured);

    if (request->json)
        return replay_print_json(replay, name, request->top);
    return request->verdicts ? 0 : replay_print(replay, name, request->top);
}

static int show_sites(const struct sites *sites, const struct request *request)
{
    const char *name = captured_name(&request->captured);

    if (request->json)
        return sites_print_json(sites, name, request->top);
    return request->verdicts ? 0 : sites_print(sites, name, request->top);
}

static int out_of_memory(void)
{
    say_error("out of memory");
    return -ENOMEM;
}

/* If a capture breaks off, what was read before is still shown. */
static bool is_shown(bool begun, int error)
{
    return !error || (begun && error == -EIO);
}

static int replay_one(struct request *request, const struct prepared *after,
                      const struct prepared *before)
{
    CLEANUP(replay_clear)
    struct replay replay = {.after = captured_bench(&request->captured, after),
                            .before = captured_bench(&request->captured, before),
                            .trials = request->trials.count ? &request->trials : NULL,
                            .verdicts = request->verdicts};
    struct why why = {0};
    bool begun = false;
    int error = captured_run(&request->captured, &replay, &begun, &why);

    if (is_shown(begun, error) && show(&replay, request))
        return out_of_memory();
    return error ? say_why(error, &why) : 0;
}

static int replay_several(const struct request *request, const struct prepared *after,
                          const struct prepared *before)
{
    CLEANUP(sites_clear) struct sites sites = {.pattern.verdicts = request->verdicts};
    struct why why = {0};
    bool begun = false;
    int error = captured_run_several(&request->captured, after, before, &sites, &begun, &why);

    if (error == COMMAND_USAGE)
        return error;
    if (is_shown(begun, error) && show_sites(&sites, request))
        return out_of_memory();
    if (!error && !sites_were_judged(&sites))
        error = why_set(&why, -EINVAL,
                        "nothing was judged: say with --on where the packets were captured");
    return error ? say_why(error, &why) : 0;
}

/* Is one of both for several interfaces, and nobody says which? */
static bool is_several(const struct prepared *after, const struct prepared *before)
{
    return !after->policy || (before->whole && !before->policy);
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

/* Returns 0, or COMMAND_USAGE after saying why. */
static int take_option(const struct command *command, int option, struct request *request)
{
    struct fault fault;

    if (option == 'c')
        request->before = optarg;
    else if (option == 'j')
        request->json = true;
    else if (option == 'v')
        request->verdicts = true;
    else if (option == 'r')
        request->rule = optarg;
    else if (option == 'y')
        return take_limit(command, optarg, request);
    else if (option != 't')
        return captured_take(command, option, &request->captured);
    else if (piece_number(piece_of(optarg), TOP_MAX, "number", &request->top, &fault))
        return usage_error(command, "--top: %s", fault.text);
    return 0;
}

static int parse(const struct command *command, int argc, char **argv, struct request *request)
{
    static const struct option options[] = {CAPTURED_OPTIONS,
                                            {"compare", required_argument, NULL, 'c'},
                                            {"try", required_argument, NULL, 'y'},
                                            {"rule", required_argument, NULL, 'r'},
                                            {"verdicts", no_argument, NULL, 'v'},
                                            {"top", required_argument, NULL, 't'},
                                            {"json", no_argument, NULL, 'j'},
                                            {0}};
    int option, error = 0;

    while (!error && (option = getopt_long(argc, argv, ":", options, NULL)) != -1)
        error = option == '?' || option == ':' ? usage_bad_option(command, option, argv)
                                               : take_option(command, option, request);
    if (error)
        return error;
    error = captured_check(command, &request->captured);
    if (error)
        return error;
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
    request->captured.capture = argv[optind + 1];
    request->captured.takes_several = !request->trials.count;
    return 0;
}

static void request_clear(struct request *request)
{
    trials_clear(&request->trials);
    captured_clear(&request->captured);
}

int command_replay(const struct command *command, int argc, char **argv)
{
    CLEANUP(prepared_clear) struct prepared after = {0};
    CLEANUP(prepared_clear) struct prepared before = {0};
    CLEANUP(request_clear)
    struct request request = {.captured = CAPTURED_PRESETS, .top = TOP_DEFAULT};
    int error = parse(command, argc, argv, &request);

    if (!error)
        error = options_host_complete(&request.captured.host, NULL);
    if (!error)
        error = captured_open(&request.captured, request.policy, &after);
    if (!error && request.before)
        error = captured_open(&request.captured, request.before, &before);
    if (!error)
        error = prepare_trials(&request, &after);
    if (error)
        return error;
    return is_several(&after, &before) ? replay_several(&request, &after, &before)
                                       : replay_one(&request, &after, &before);
}
