/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <getopt.h>
#include <string.h>

#include "../apply/apply.h"
#include "../apply/interfaces.h"
#include "../base/memory.h"
#include "../exporter/host.h"
#include "../service/service.h"
#include "options.h"
#include "tell.h"
#include "usage.h"

const struct option_help run_options_help[] = {
    ATTACH_OPTIONS_HELP,
    {"--on-stop keep|detach", "whether the kernel continues to guard (default: keep)"},
    {"--listen ADDRESS", "metrics by HTTP: 127.0.0.1:9469 (default), another address, or none"},
    {"--host NAME,...", "more names of this host that requests for metrics may use"},
    {"--textfile FILE", "metrics as a file, for the node exporter"},
    {"--check", "only say whether a reload would be refused"},
    {"--force", "even if your own SSH session could not be opened again"},
    {NULL, NULL},
};

static int parse_run(const struct command *command, int argc, char **argv,
                     struct service_options *service, bool *check)
{
    static const struct option options[] = {
        ATTACH_OPTIONS,
        {"on-stop", required_argument, NULL, 's'},
        {"listen", required_argument, NULL, 'l'},
        {"host", required_argument, NULL, 'h'},
        {"textfile", required_argument, NULL, 't'},
        {"check", no_argument, NULL, 'c'},
        {"force", no_argument, NULL, 'f'},
        {0},
    };
    int option;

    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        int error = options_attach(command, option, &service->attach);
        if (error)
            return error;
        if (option == 's' && strcmp(optarg, "keep") != 0 && strcmp(optarg, "detach") != 0)
            return usage_error(command, "--on-stop takes keep or detach, not %s", optarg);
        if (option == 's')
            service->detach_on_stop = !strcmp(optarg, "detach");
        if (option == 'l')
            service->listen = optarg;
        if (option == 'h' && !hosts_are_names(optarg))
            return usage_error(command, "--host takes names with commas between, not %s", optarg);
        if (option == 'h')
            service->names = optarg;
        if (option == 't')
            service->textfile = optarg;
        if (option == 'c')
            *check = true;
        if (option == 'f')
            service->force = true;
        if (option == '?' || option == ':')
            return usage_bad_option(command, option, argv);
    }
    return usage_count(command, argc - optind, 2, 2);
}

/* Would a reload of INTERFACE be refused? Messages about the policy are printed for the FIRST one,
 * and for one that fails. */
static int check_one(const struct service_options *service, const char *interface, bool first)
{
    CLEANUP(prepared_clear) struct prepared prepared = {0};
    struct apply_request request = {
        .interface = interface, .options = service->attach, .force = service->force};
    struct apply_notes notes = {0};
    struct why why = {0};
    struct name_asking asking = {.is_service = true};
    struct why ignored;

    known_read(interface, &asking.known, &ignored);
    int error = apply_read(interface, service->policy, &asking, &prepared, &why);
    known_clear(&asking.known);

    if (!error) {
        apply_note_policy(&prepared, interface, &notes);
        error = apply_lockout(&request, &prepared, &why);
    }
    if (error || first)
        tell_prepared(&prepared);
    tell_notes(interface, &notes);
    return error ? tell_failure(&prepared, error, &why) : 0;
}

/* For systemctl reload, which reports this result: the service itself can only report later. */
static int check_reload(const struct service_options *service)
{
    CLEANUP(interfaces_clear) struct interfaces interfaces = {0};
    CLEANUP(prepared_clear) struct prepared read = {0};
    struct why why = {0};
    int error = interfaces_take(service->interface, service->policy, MISSING_WAITS, &interfaces,
                                &read, &why);

    if (error) {
        tell_prepared(&read);
        return tell_failure(&read, error, &why);
    }
    for (size_t i = 0; i < interfaces.count && !error; i++)
        error = check_one(service, interfaces.names[i], !i);
    return error;
}

int command_run(const struct command *command, int argc, char **argv)
{
    struct service_options service = {.attach = attach_presets};
    bool check = false;
    int error = parse_run(command, argc, argv, &service, &check);

    if (error)
        return error;
    service.attach.make_way = true;
    service.interface = argv[optind];
    service.policy = argv[optind + 1];
    return check ? check_reload(&service) : service_run(&service);
}
