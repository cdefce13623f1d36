/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "../base/memory.h"
#include "../import/import.h"
#include "../policy/piece.h"
#include "../policy/policy.h"
#include "command.h"
#include "exported.h"
#include "nft.h"
#include "usage.h"

#define PATTERNS_MAX 64

const struct option_help import_options_help[] = {
    {"--strict", "write no policy if anything cannot be said exactly"},
    {"--interface IFACE", "only what concerns this interface"},
    {"--without PATTERN", "leave out chains and tables of other programs, such as 'f2b-*'"},
    {"--name NAME", "the name of the policy (default: that of the file)"},
    {NULL, NULL},
};

struct request {
    struct import_options options;
    const char *patterns[PATTERNS_MAX];
    char name[NAME_BYTES];
    bool strict;
    struct diag *diag;
};

/* Makes the name of a policy of PATH. */
static void name_after(const char *path, char name[NAME_BYTES])
{
    const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    size_t length = 0, end = strcspn(base, ".");

    for (size_t i = 0; i < end && length < NAME_BYTES - 1; i++) {
        bool good = is_letter(base[i]) || is_digit(base[i]);
        if (good || (length && name[length - 1] != '-'))
            name[length++] = good ? base[i] : '-';
    }
    while (length && name[length - 1] == '-')
        length--;
    name[length] = '\0';
    if (!length)
        memcpy(name, "imported", sizeof("imported"));
}

static int read_source(struct diag *diag, const char *path, const struct source **source)
{
    bool is_stdin = !strcmp(path, "-");
    int error = is_stdin ? source_read(diag, "stdin", STDIN_FILENO, source)
                         : source_open(diag, path, source);

    if (error)
        say_error("cannot read %s: %s", path, source_error(error));
    return error;
}

/* JSON begins with a brace, which no ruleset does. */
static bool is_json(const struct source *source)
{
    size_t blanks = strspn(source->text, " \t\r\n");

    return source->text[blanks] == '{' || source->text[blanks] == '[';
}

/* A policy that a ruleset carries is taken as it is. */
static int import_json(struct request *request, const struct source *json,
                       const struct source *text, struct import_result *result)
{
    struct exported exported = {0};
    int error = exported_find(json, text, &request->options, request->diag, &exported);

    if (error == -ENOENT)
        return import_nftables(json, text, &request->options, request->diag, result);
    if (!error)
        error = exported_take(&exported, text, request->diag, result);
    exported_clear(&exported);
    return error;
}

static int import_one(struct request *request, const struct source *source,
                      struct import_result *result)
{
    const struct source *json = source, *text = NULL;
    struct why why = {0};
    int error = 0;

    if (!is_json(source)) {
        text = source;
        error = nft_list(text, request->diag, &json, &why);
    }
    if (error)
        return say_why(error, &why);
    return import_json(request, json, text, result);
}

/* Prints the policy, if there is one to print. */
static int finish(const struct request *request, int error, struct import_result *result)
{
    diag_print(request->diag, stderr);
    if (error == -ENOMEM)
        say_error("out of memory");
    if (error)
        return error;
    if (!result->complaints || !request->strict)
        fputs(result->policy, stdout);
    if (result->complaints)
        say_error("%zu thing%s cannot be said exactly: %s", result->complaints,
                  result->complaints == 1 ? "" : "s",
                  request->strict ? "--strict writes nothing then"
                                  : "comments in the policy say where");
    free(result->policy);
    return result->complaints ? COMMAND_NO : 0;
}

static int read_and_import(struct request *request, bool nftables, char **paths, int count)
{
    const struct source *sources[2] = {NULL, NULL};
    struct import_result result = {0};
    int error = 0;

    for (int i = 0; i < count && !error; i++)
        error = read_source(request->diag, paths[i], &sources[i]);
    if (error)
        return error;
    error = nftables ? import_one(request, sources[0], &result)
                     : import_iptables(sources, &request->options, request->diag, &result);
    return finish(request, error, &result);
}

static int import_files(struct request *request, bool nftables, char **paths, int count)
{
    request->diag = diag_new();
    int result = request->diag ? read_and_import(request, nftables, paths, count) : -ENOMEM;

    diag_free(request->diag);
    return result;
}

static int add_pattern(const struct command *command, struct request *request, const char *pattern)
{
    if (request->options.without_count == PATTERNS_MAX)
        return usage_error(command, "--without may be given %d times", PATTERNS_MAX);
    request->patterns[request->options.without_count++] = pattern;
    return 0;
}

static int read_option(const struct command *command, struct request *request, int option,
                       char **argv)
{
    switch (option) {
    case 's':
        request->strict = true;
        return 0;
    case 'i':
        request->options.interface = optarg;
        return 0;
    case 'w':
        return add_pattern(command, request, optarg);
    case 'n':
        request->options.name = optarg;
        return 0;
    default:
        return usage_bad_option(command, option, argv);
    }
}

int command_import(const struct command *command, int argc, char **argv)
{
    static const struct option options[] = {{"strict", no_argument, NULL, 's'},
                                            {"interface", required_argument, NULL, 'i'},
                                            {"without", required_argument, NULL, 'w'},
                                            {"name", required_argument, NULL, 'n'},
                                            {0}};
    struct request request = {.options.without = request.patterns};
    int option, error;

    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        error = read_option(command, &request, option, argv);
        if (error)
            return error;
    }
    bool nftables = optind < argc && !strcmp(argv[optind], "nftables");
    error = usage_count(command, argc - optind, 2, nftables ? 2 : 3);
    if (error)
        return error;
    if (!nftables && strcmp(argv[optind], "iptables") != 0)
        return usage_error(command, "there is no import from %s: write nftables or iptables",
                           argv[optind]);
    name_after(argv[optind + 1], request.name);
    if (!request.options.name)
        request.options.name = request.name;
    return import_files(&request, nftables, argv + optind + 1, argc - optind - 1);
}
