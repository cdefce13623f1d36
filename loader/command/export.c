/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "../base/memory.h"
#include "../export/export.h"
#include "command.h"
#include "open.h"
#include "options.h"
#include "usage.h"

const struct option_help export_options_help[] = {
    {"--interface IFACE", "the interface that the ruleset guards (default: those that the policy "
                          "names, or " EXPORT_INTERFACE ")"},
    HOST_OPTIONS_HELP,
    {NULL, NULL},
};

static int export_policy(const char *path, const struct host *host, const char *interface)
{
    CLEANUP(prepared_clear) struct prepared read = {0};
    int error = open_text(path, host, &read);

    if (error)
        return error;
    error = export_nftables(prepared_whole(&read), diag_source(read.diag, 0), interface, stdout);
    if (error == -ENODEV)
        say_error("%s is in no zone of [interfaces] in %s", interface, path);
    else if (error)
        say_error("out of memory");
    return error;
}

int command_export(const struct command *command, int argc, char **argv)
{
    static const struct option options[] = {
        {"interface", required_argument, NULL, 'i'}, HOST_OPTIONS, {0}};
    CLEANUP(options_host_clear) struct host_options host = {0};
    const char *interface = NULL;
    int option, error;

    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        error = options_host(command, option, &host);
        if (error)
            return error;
        if (option == '?' || option == ':')
            return usage_bad_option(command, option, argv);
        if (option == 'i')
            interface = optarg;
    }
    error = usage_count(command, argc - optind, 2, 2);
    if (error)
        return error;
    if (strcmp(argv[optind], "nftables") != 0)
        return usage_error(command, "there is no export to %s: write nftables", argv[optind]);
    if (interface && !export_interface_is_good(interface))
        return usage_error(command, "\"%s\" is not a name for an interface", interface);
    error = options_host_complete(&host, interface ? interface : EXPORT_INTERFACE);
    return error ? error : export_policy(argv[optind + 1], host.host, interface);
}
