/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"
#include "../policy/notation.h"
#include "command.h"
#include "options.h"
#include "tell.h"
#include "usage.h"

const struct option_help explain_options_help[] = {
    {"--json", "as JSON"},
    HOST_OPTIONS_HELP,
    {NULL, NULL},
};

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

static int read_packet(int argc, char **argv, struct explain_request *request)
{
    CLEANUP_FREE char *text = join(argc, argv);
    struct fault fault;

    if (!text) {
        say_error("out of memory");
        return -ENOMEM;
    }
    if (strchr(text, '\n')) {
        say_error("a packet is one line");
        return COMMAND_USAGE;
    }
    if (notation_parse_for(request->host.host, text, &request->packet, &fault)) {
        tell_fault("PACKET", text, &fault);
        return COMMAND_USAGE;
    }
    if (request->packet.lacks_self) {
        say_error("this host has no IPv%c address that self could stand for: write an address, or "
                  "name it with --self",
                  request->packet.family == FAMILY_IPV4 ? '4' : '6');
        return -EADDRNOTAVAIL;
    }
    return 0;
}

static int parse(const struct command *command, int argc, char **argv,
                 struct explain_request *request)
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

static void request_clear(struct explain_request *request)
{
    options_host_clear(&request->host);
}

int command_explain(const struct command *command, int argc, char **argv)
{
    CLEANUP(request_clear) struct explain_request request = {0};
    int error = parse(command, argc, argv, &request);

    if (error)
        return error;
    const char *asked = argv[optind];
    bool is_policy = options_name_policy(asked), all = !strcmp(asked, "all");
    error = options_host_complete(&request.host, is_policy || all ? NULL : asked);
    if (!error)
        error = read_packet(argc - optind - 1, argv + optind + 1, &request);
    if (error)
        return error;
    return is_policy ? explain_policy(asked, &request) : explain_guard(asked, &request);
}
