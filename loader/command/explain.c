/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/memory.h"
#include "../base/text.h"
#include "../judge/frame_build.h"
#include "../kernel/kernel.h"
#include "../policy/notation.h"
#include "command.h"
#include "open.h"
#include "options.h"
#include "tell.h"
#include "usage.h"

const struct option_help explain_options_help[] = {
    {"--json", "as JSON"},
    HOST_OPTIONS_HELP,
    {NULL, NULL},
};

struct request {
    struct host *host;
    struct packet_notation packet;
    bool json;
    _Alignas(16) u8 frame[FRAME_BUILD_BYTES]; /* of PACKET */
    size_t length;
};

static int out_of_memory(int error)
{
    if (error == -ENOMEM)
        say_error("out of memory");
    return error;
}

static void show(const struct request *request, const struct explanation *explanation,
                 const char *note)
{
    if (request->json) {
        explain_print_json(explanation, note);
        return;
    }
    explanation_print(explanation, stdout);
    if (note)
        printf("\n%s\n", HARMLESS(note));
}

static int show_explained(const struct policy *policy, const struct request *request,
                          struct decision decision)
{
    CLEANUP(explanation_clear) struct explanation explanation = {0};

    int error = explain(policy, &request->packet, &decision, &explanation);

    if (!error)
        show(request, &explanation, NULL);
    return error;
}

static int explain_policy(const char *path, const struct request *request)
{
    CLEANUP(prepared_clear) struct prepared read = {0};
    int error = open_policy(path, request->host, &read);

    if (error)
        return error;
    struct native *native = native_new(read.image->header);
    if (!native)
        return out_of_memory(-ENOMEM);
    struct decision decision = {.file = read.policy->path,
                                .audit = read.policy->mode == MODE_AUDIT};
    native_stray(native, request->packet.stray);
    decision.outcome =
        native_judge(native, request->packet.direction, request->frame, request->length, SECOND_NS);
    native_free(native);
    if (outcome_has_rule(&decision.outcome)) {
        const struct rule *rule =
            &read.policy->rules[read.image->entries[decision.outcome.rule].rule];
        decision.rule = rule->name;
        decision.file = rule_file(read.policy, rule);
        decision.line = rule->place.line;
    }
    return out_of_memory(show_explained(read.policy, request, decision));
}

/* Ask the program in force, with the state that the packet would find. */
static int ask(const struct guard *guard, const struct request *request, struct decision *decision,
               struct why *why)
{
    enum direction direction = request->packet.direction;
    struct fragment_key fragment;
    struct flow_key flow, reply;
    bool has_reply = native_reply_key(request->frame, request->length, &reply);
    bool has_flow = native_flow_key(request->frame, request->length, direction, &flow);
    bool has_fragment = native_fragment_key(request->frame, request->length, direction, &fragment);
    CLEANUP(asker_freep) struct asker *asker = NULL;
    int error = asker_new(guard, &asker, why);

    if (!error)
        error = asker_know(asker, has_flow ? &flow : NULL, has_fragment ? &fragment : NULL,
                           has_reply ? &reply : NULL, why);
    if (!error)
        error =
            asker_ask(asker, direction, request->frame, request->length, &decision->outcome, why);
    return error;
}

/* How far those whom the packet's limits are about have used them up. */
static void find_uses(const struct guard *guard, const struct request *request,
                      struct decision *decision)
{
    const struct tables_header *tables = guard_tables(guard);
    struct native_limit limit;
    struct limit_line line;

    if (decision->outcome.kind != OUTCOME_RULE && decision->outcome.kind != OUTCOME_LIMITED)
        return;
    for (u32 i = 0; i < RULE_LIMITS; i++) {
        struct limit_use *use = &decision->uses[i];

        if (!native_limit(tables, decision->outcome.rule, i, request->frame, request->length,
                          &limit))
            continue;
        use->known = !guard_limit_line(guard, limit.line, &line);
        if (use->known)
            use->percent = native_limit_use(tables, &limit, &line, monotonic_ns());
    }
}

/* Which rule the number means: as the interface has it, not the file. NAME is room for it. */
static void name_rule(const struct guard *guard, struct decision *decision,
                      char name[RULE_NAME_BYTES])
{
    const struct tables_header *tables = guard_tables(guard);
    size_t capacity;
    const struct rule_entry *rules = guard_rules(guard, &capacity);

    if (!outcome_has_rule(&decision->outcome) || decision->outcome.rule >= capacity)
        return;
    memcpy(name, rules[decision->outcome.rule].name, RULE_NAME_BYTES);
    decision->rule = name;
    decision->line = rules[decision->outcome.rule].line;
    for (u32 i = 0; i < tables->rules_count; i++)
        if (tables_rules(tables)[i].number == decision->outcome.rule)
            decision->file = tables_rule_path(tables, &tables_rules(tables)[i]);
}

static int explain_guard(const char *interface, const struct request *request, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    CLEANUP(prepared_clear) struct prepared read = {0};
    char name[RULE_NAME_BYTES];
    int error = guard_open(interface, GUARD_READ, &guard, why);
    if (error)
        return error;

    const struct tables_header *tables = guard_tables(guard);
    struct decision decision = {.file = tables->switches.unguarded ? NULL : tables_path(tables),
                                .audit = tables->switches.audit,
                                .blind = tables->seated.blind,
                                .interface = guard_interface(guard)};
    error = ask(guard, request, &decision, why);
    if (error)
        return error;
    find_uses(guard, request, &decision);
    name_rule(guard, &decision, name);
    decision.loses_answers = request->packet.direction == DIRECTION_IN &&
                             guard_answers_are_lost(guard, &(struct why){0});
    guard_unlock(guard);
    read.diag = diag_new();
    if (read.diag && !tables_policy(tables, &read.policy, read.diag)) {
        error = show_explained(read.policy, request, decision);
        if (error != -ESTALE)
            return error ? why_set(why, error, "out of memory") : tell_trouble(guard);
    }
    struct explanation explanation = {.packet = request->packet, .decision = decision};
    show(request, &explanation,
         tables->switches.unguarded
             ? NULL
             : "No trace: the policy in force was not kept, or another version put it there.");
    return tell_trouble(guard);
}

/* The words of ARGV as one text, for the caller to free. */
static char *join(int argc, char **argv)
{
    size_t size = 1;

    for (int i = 0; i < argc; i++)
        size += strlen(argv[i]) + 1;
    char *text = calloc(size, 1);
    for (int i = 0; text && i < argc; i++) {
        strcat(text, i ? " " : "");
        strcat(text, argv[i]);
    }
    return text;
}

static int read_packet(int argc, char **argv, struct request *request)
{
    CLEANUP_FREE char *text = join(argc, argv);
    struct fault fault;

    if (!text)
        return out_of_memory(-ENOMEM);
    if (strchr(text, '\n')) {
        say_error("a packet is one line");
        return COMMAND_USAGE;
    }
    if (notation_parse_for(request->host, text, &request->packet, &fault)) {
        tell_fault("PACKET", text, &fault);
        return COMMAND_USAGE;
    }
    if (request->packet.lacks_self) {
        say_error("this host has no IPv%c address that self could stand for: write an address, or "
                  "name it with --self",
                  request->packet.family == FAMILY_IPV4 ? '4' : '6');
        return -EADDRNOTAVAIL;
    }
    request->length = frame_build(&request->packet, request->frame);
    return 0;
}

static int parse(const struct command *command, int argc, char **argv, struct request *request)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'}, HOST_OPTIONS, {0}};
    int option, error = 0;

    while (!error && (option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (option == '?' || option == ':')
            return usage_bad_option(command, option, argv);
        request->json |= option == 'j';
        error = options_host(command, option, &request->host);
    }
    if (!error && argc - optind < 2)
        return usage_error(command, "name a policy or an interface, and a packet");
    return error;
}

static void request_clear(struct request *request)
{
    host_free(request->host);
}

int command_explain(const struct command *command, int argc, char **argv)
{
    CLEANUP(request_clear) struct request request = {0};
    struct why why = {0};
    int error = parse(command, argc, argv, &request);

    if (error)
        return error;
    bool is_policy = options_name_policy(argv[optind]);
    error = options_host_complete(&request.host, is_policy ? NULL : argv[optind]);
    if (!error)
        error = read_packet(argc - optind - 1, argv + optind + 1, &request);
    if (error)
        return error;
    if (is_policy)
        return explain_policy(argv[optind], &request);
    error = explain_guard(argv[optind], &request, &why);
    return error < 0 ? say_why(error, &why) : error;
}
