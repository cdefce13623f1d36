/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "../base/memory.h"
#include "../base/text.h"
#include "../kernel/kernel.h"
#include "command.h"
#include "open.h"
#include "status_snapshot.h"
#include "tell.h"
#include "usage.h"

const struct option_help status_options_help[] = {
    {"--json", "as JSON"},
    {NULL, NULL},
};

struct status_request {
    struct json_object *json; /* an array, or NULL: text */
    bool shown;
    bool broken; /* something is not guarded as it should be */
    bool failed; /* something could not be shown */
};

static int status_of(const char *interface, void *context, struct why *why)
{
    struct status_request *request = context;
    CLEANUP(status_snapshot_clear) struct status_snapshot shown = {0};
    const struct guard_status *status = &shown.snapshot.status;
    int error = status_snapshot_take(interface, &shown, why);

    if (error)
        return error;
    if (request->json)
        json_object_array_add(request->json, status_snapshot_json(&shown));
    else
        status_snapshot_print(&shown);
    request->shown = true;
    if (tell_trouble_of(status))
        request->broken = true;
    return 0;
}

/* An interface that cannot be shown does not hide the others. */
static int visit(const char *interface, void *context)
{
    struct why why = {0};
    struct status_request *request = context;
    int error = status_of(interface, request, &why);
    /* It is gone, belongs to another namespace, or was detached just now: not ours to show. */
    if (error && error != -EXDEV && error != -ENODEV && error != -ENOENT)
        request->failed = !!say_why(error, &why);
    return 0;
}

static void tell_unseen(const struct why *why, void *context)
{
    struct status_request *request = context;

    request->failed = true;
    say_why(0, why);
}

/* WHY stays empty if it was said. */
static int show_some(const char *given, struct status_request *request, struct why *why)
{
    CLEANUP(interfaces_clear) struct interfaces interfaces = {0};
    int error = open_interfaces(given, NULL, &interfaces);

    return error ? error : interfaces_each(&interfaces, status_of, request, why);
}

int command_status(const struct command *command, int argc, char **argv)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'}, {0}};
    struct status_request request = {0};
    struct why why = {0};
    int option = getopt_long(argc, argv, ":", options, NULL);
    bool json = option == 'j';

    while (option == 'j')
        option = getopt_long(argc, argv, ":", options, NULL);
    if (option != -1)
        return usage_bad_option(command, option, argv);
    int error = usage_count(command, argc - optind, 0, 1);
    if (error)
        return error;
    if (json)
        request.json = json_object_new_array();
    bool everything = !argv[optind] || !strcmp(argv[optind], INTERFACES_ALL);
    if (everything)
        error = guard_each(visit, &request, &why);
    else
        error = show_some(argv[optind], &request, &why);
    if (!error && everything)
        guard_each_unseen(tell_unseen, &request);
    if (error) {
        json_object_put(request.json);
        return *why.text ? say_why(error, &why) : error;
    }
    if (json)
        json_print(request.json);
    else if (!request.shown && !request.failed)
        puts("no interface of this network namespace is guarded");
    return request.broken || request.failed ? COMMAND_NO : 0;
}
