/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "../apply/prepared.h"
#include "../base/memory.h"
#include "../base/text.h"
#include "../judge/expect.h"
#include "../policy/format.h"
#include "command.h"
#include "open.h"
#include "options.h"
#include "tell.h"
#include "usage.h"

const struct option_help check_options_help[] = {
    {"--format short|long", "print the policy with its rules a line each, or a section each"},
    HOST_OPTIONS_HELP,
    {0},
};

/* Prints the policy PATH in FORM, if it has no errors. */
static int print_in_form(const char *path, enum policy_form form)
{
    CLEANUP(prepared_clear) struct prepared read = {0};
    int error = open_text(path, NULL, &read);

    if (error)
        return error;
    error = policy_format(diag_source(read.diag, 0), form, stdout);
    if (error == -ENOMEM)
        say_error("out of memory while printing %s", path);
    return error;
}

static int format(const struct command *command, const char *word, int argc, char **argv)
{
    enum policy_form form = strcmp(word, "long") ? POLICY_SHORT : POLICY_LONG;

    if (strcmp(word, "short") != 0 && strcmp(word, "long") != 0)
        return usage_error(command, "--format takes short or long");
    if (argc - optind != 1)
        return usage_error(command, "--format takes one policy file");
    return print_in_form(argv[optind], form);
}

static void print_counts(const char *path, const struct policy *policy)
{
    size_t vacuous = expect_count_vacuous(policy);
    size_t met = policy->expectation_count - vacuous;

    printf("%s: ok: %zu rule%s, %zu expectation%s met", HARMLESS(path), policy->rule_count,
           policy->rule_count == 1 ? "" : "s", met, met == 1 ? "" : "s");
    if (vacuous)
        printf(", %zu not asked (this host lacks the address that self is there)", vacuous);
    putchar('\n');
}

static int check(const char *path, const struct host *host)
{
    CLEANUP(prepared_clear) struct prepared prepared = {0};
    struct why why = {0};
    int error = prepared_read(&prepared, path, host, &why);

    tell_prepared(&prepared);
    if (error)
        return tell_failure(&prepared, error, &why);
    print_counts(path, prepared_whole(&prepared));
    return 0;
}

int command_check(const struct command *command, int argc, char **argv)
{
    static const struct option options[] = {
        {"format", required_argument, NULL, 'f'}, HOST_OPTIONS, {0}};
    CLEANUP(options_host_clear) struct host_options host = {0};
    const char *form = NULL;
    int result = 0, option;

    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        int error = options_host(command, option, &host);
        if (error)
            return error;
        if (option == '?' || option == ':')
            return usage_bad_option(command, option, argv);
        if (option == 'f')
            form = optarg;
    }
    if (optind == argc)
        return usage_error(command, "name at least one policy file");
    if (form)
        return format(command, form, argc, argv);
    result = options_host_complete(&host, NULL);
    for (int i = optind; i < argc && host.host; i++) {
        int error = check(argv[i], host.host);
        result = error ? error : result;
    }
    return result;
}
