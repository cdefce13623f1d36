/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "../base/duration.h"
#include "../base/memory.h"
#include "../base/text.h"
#include "../policy/zones.h"
#include "../show/live.h"
#include "../suggest/listen.h"
#include "../suggest/report.h"
#include "captured.h"
#include "command.h"
#include "usage.h"

#define FOR_DEFAULT_NS (60 * SECOND_NS)

const struct option_help suggest_options_help[] = {
    {"--merge exact|service|network",
     "a rule for each conversation, for each service (default), or with networks as well"},
    {"--for TIME", "listen to the interface for so long (default: 1m)"},
    CAPTURED_OPTIONS_HELP,
    {"--json", "as JSON"},
    HOST_OPTIONS_HELP,
    {NULL, NULL},
};

struct request {
    struct captured_options captured;
    const char *interface, *policy; /* only one of them; a capture has a policy */
    u64 for_ns;                     /* 0: not said */
    enum merge merge;
    bool json;
    bool about_capture; /* an option says so */
};

static int out_of_memory(void)
{
    say_error("out of memory");
    return -ENOMEM;
}

static int report(const struct request *request, const struct hearing *hearing,
                  const struct collection *collection,
                  bool (*is_taken)(const char *name, const void *context), const void *context)
{
    CLEANUP(findings_clear) struct findings findings = {0};
    const struct suggested_wish wish = {request->merge, hearing->zone, is_taken, context};
    int error = findings_make(collection, &wish, &findings);

    if (!error && request->json)
        error = report_print_json_rules(hearing, collection, &findings);
    else if (!error)
        report_print_rules(hearing, collection, &findings, stdout);
    return error ? out_of_memory() : 0;
}

/* A zone may have the name of an interface, which may be anything; a rule's words may not. */
static int check_zone(const char *zone)
{
    char harmless[HARMLESS_BYTES];

    if (!zone ||
        (!strchr(zone, '"') && !strcmp(text_harmless(zone, harmless, sizeof(harmless)), zone)))
        return 0;
    say_error("no rule can name the interface %s: put it into a zone of [interfaces]",
              HARMLESS(zone));
    return -EINVAL;
}

static void tell_patience(const struct request *request)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "listening to %s for %llu s; ^C ends it earlier\n",
                HARMLESS(request->interface), (unsigned long long)(request->for_ns / SECOND_NS));
}

static int report_heard(const struct request *request, const struct heard *heard,
                        const struct collection *collection)
{
    const struct hearing hearing = {
        .name = request->interface,
        .policy = heard->policy,
        .mode = heard->mode,
        .zone = heard->zone,
        .seconds = (double)heard->milliseconds / 1000,
        .share = heard->samples ? (double)heard->stood_for / (double)heard->samples : 1,
        .lost_packets = heard->lost_packets,
        .merge = request->merge,
    };
    struct why why = {0};
    int error = check_zone(heard->zone);

    if (!error)
        error = report(request, &hearing, collection, heard_has_name, heard);
    if (!error)
        error = live_flush(&why);
    if (error == -EPIPE)
        return 0; /* nobody reads our output any more */
    if (!error && *heard->trouble)
        error = why_set(&why, -EIO, "%s: %s", request->interface, heard->trouble);
    return error && *why.text ? say_why(error, &why) : error;
}

/* What was heard is half the truth if packets pass by our programs. */
static int suggest_interface(const struct request *request, struct collection *collection)
{
    CLEANUP(heard_clear) struct heard heard = {0};
    struct why why = {0};

    tell_patience(request);
    int error = listen_for(request->interface, request->for_ns, collection, &heard, &why);
    return error ? say_why(error, &why) : report_heard(request, &heard, collection);
}

static void on_judged(const struct event *event, void *context)
{
    struct sighting sighting = {
        .outcome = event->outcome,
        .direction = event->direction,
        .family = event->family,
        .protocol = event->protocol,
        .tcp_flags = event->tcp_flags,
        .fragment = event->fragment,
        .source_port = event->source_port,
        .destination_port = event->destination_port,
        .packets = 1,
        .bytes = event->frame_bytes,
    };

    memcpy(sighting.source, event->source, sizeof(sighting.source));
    memcpy(sighting.destination, event->destination, sizeof(sighting.destination));
    collection_add(context, &sighting);
}

static bool policy_has_name(const char *name, const void *context)
{
    const struct policy *policy = context;

    for (size_t i = 0; i < policy->rule_count; i++)
        if (!strcmp(policy->rules[i].name, name))
            return true;
    return false;
}

static const char *zone_of_capture(const struct request *request, const struct policy *whole)
{
    unsigned int number = whole ? zone_said(whole, request->captured.on) : ZONE_HERE;

    if (!whole)
        return NULL;
    return number == ZONE_ELSEWHERE ? request->captured.on : zone_name(whole, number);
}

/* If a capture breaks off, what was read before still counts. */
static int suggest_capture(const struct request *request, struct collection *collection)
{
    CLEANUP(prepared_clear) struct prepared prepared = {0};
    CLEANUP(replay_clear) struct replay replay = {.judged = on_judged, .context = collection};
    struct why why = {0};
    bool begun = false;
    int error = captured_open(&request->captured, request->policy, &prepared);

    if (error)
        return error;
    const struct hearing hearing = {
        .name = captured_name(&request->captured),
        .is_capture = true,
        .share = 1,
        .policy = prepared.policy->name,
        .mode = prepared.policy->mode == MODE_AUDIT ? "audit" : "enforce",
        .zone = zone_of_capture(request, prepared.whole),
        .merge = request->merge,
    };
    error = check_zone(hearing.zone);
    if (error)
        return error;
    replay.after = captured_bench(&request->captured, &prepared);
    error = captured_run(&request->captured, &replay, &begun, &why);
    if (error)
        say_why(error, &why);
    if (error && !(begun && error == -EIO))
        return error;
    int failed = report(request, &hearing, collection, policy_has_name, prepared_whole(&prepared));
    return failed ? failed : error;
}

static int read_merge(const struct command *command, struct request *request)
{
    for (int merge = 0; merge < MERGES; merge++) {
        if (!strcmp(optarg, merge_names[merge])) {
            request->merge = (enum merge)merge;
            return 0;
        }
    }
    return usage_error(command, "--merge takes exact, service or network, not %s", optarg);
}

/* Returns 0, or COMMAND_USAGE after saying why. */
static int take_option(const struct command *command, int option, struct request *request)
{
    if (option == 'm')
        return read_merge(command, request);
    if (option == 'j') {
        request->json = true;
        return 0;
    }
    if (option == 'f')
        return duration_parse(optarg, &request->for_ns) || !request->for_ns
                   ? usage_error(command, "--for takes a time such as 10s or 1m, not %s", optarg)
                   : 0;
    request->about_capture = true;
    return captured_take(command, option, &request->captured);
}

static int take_arguments(const struct command *command, int count, char **arguments,
                          struct request *request)
{
    int error = usage_count(command, count, 1, 2);

    if (error)
        return error;
    if (count == 1 && options_name_policy(arguments[0]))
        return usage_error(command, "which policy has judged it? write suggest CAPTURE POLICY");
    if (count == 1 && request->about_capture)
        return usage_error(command, "of these options, an interface takes only --merge, --for and "
                                    "--json");
    if (count == 2 && request->for_ns)
        return usage_error(command, "--for is for an interface: a capture is read to its end");
    request->interface = count == 1 ? arguments[0] : NULL;
    request->captured.capture = count == 2 ? arguments[0] : NULL;
    request->policy = count == 2 ? arguments[1] : NULL;
    request->for_ns = request->for_ns ? request->for_ns : FOR_DEFAULT_NS;
    return captured_check(command, &request->captured);
}

static int parse(const struct command *command, int argc, char **argv, struct request *request)
{
    static const struct option options[] = {{"merge", required_argument, NULL, 'm'},
                                            {"for", required_argument, NULL, 'f'},
                                            {"json", no_argument, NULL, 'j'},
                                            CAPTURED_OPTIONS,
                                            {0}};
    int option, error = 0;

    while (!error && (option = getopt_long(argc, argv, ":", options, NULL)) != -1)
        error = option == '?' || option == ':' ? usage_bad_option(command, option, argv)
                                               : take_option(command, option, request);
    return error ? error : take_arguments(command, argc - optind, &argv[optind], request);
}

static void request_clear(struct request *request)
{
    captured_clear(&request->captured);
}

int command_suggest(const struct command *command, int argc, char **argv)
{
    CLEANUP(request_clear)
    struct request request = {.captured = CAPTURED_PRESETS, .merge = MERGE_SERVICE};
    CLEANUP(collection_clear) struct collection collection = {0};
    u64 seed;
    int error = parse(command, argc, argv, &request);

    if (!error && request.policy)
        error = options_host_complete(&request.captured.host, NULL);
    if (error)
        return error;
    if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed) ||
        collection_init(&collection, TALKS_LINES_MAX, seed))
        return out_of_memory();
    return request.interface ? suggest_interface(&request, &collection)
                             : suggest_capture(&request, &collection);
}
