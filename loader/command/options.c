/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/memory.h"
#include "../lockout/session.h"
#include "../names/ask.h"
#include "../netlink/addresses.h"

static int parse_mode(const char *text, enum attach_mode *mode)
{
    for (int i = 0; attach_mode_names[i]; i++) {
        if (!strcmp(text, attach_mode_names[i])) {
            *mode = (enum attach_mode)i;
            return 0;
        }
    }
    return -EINVAL;
}

static int parse_count(const char *text, u32 *count)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno || *end || end == text || value < 1024 || value > 1u << 26)
        return -EINVAL;
    *count = (u32)value;
    return 0;
}

const struct attach_options attach_presets = {
    .mode = ATTACH_AUTO, .flows_max = FLOWS_MAX_DEFAULT, .limits_max = LIMITS_MAX_DEFAULT};

int options_attach(const struct command *command, int option, struct attach_options *options)
{
    if (option == 'm' && parse_mode(optarg, &options->mode))
        return usage_error(command, "there is no mode %s: write auto, native, generic or offload",
                           optarg);
    if (option == 'n' && parse_count(optarg, &options->flows_max))
        return usage_error(command, "--flows takes a number from 1024 to 67108864, not %s", optarg);
    if (option == 'L' && parse_count(optarg, &options->limits_max))
        return usage_error(command, "--limits takes a number from 1024 to 67108864, not %s",
                           optarg);
    if (option == 'a')
        options->audit = true;
    return 0;
}

static int read_host(int option, struct host *host, struct fault *fault)
{
    switch (option) {
    case 'S':
        return host_read_self(host, optarg, fault);
    case 'N':
        return host_read_networks(host, optarg, fault);
    case 'A':
        return host_read_names(host, optarg, fault);
    default:
        return 0;
    }
}

int options_host(const struct command *command, int option, struct host_options *host)
{
    static const char *const names[] = {
        ['S'] = "--self", ['N'] = "--networks", ['A'] = "--names", ['O'] = "--no-names"};
    struct fault fault;

    if (option < 0 || option >= (int)ARRAY_SIZE(names) || !names[option])
        return 0;
    if (!host->host)
        host->host = host_new();
    int error = host->host ? read_host(option, host->host, &fault) : -ENOMEM;
    if (error == -EINVAL)
        return usage_error(command, "%s: %s", names[option], fault.text);
    host->has_addresses |= option == 'S' || option == 'N';
    host->has_names |= option == 'A' || option == 'O';
    return error;
}

void options_host_clear(struct host_options *host)
{
    host_free(host->host);
    *host = (struct host_options){0};
}

/* Puts the addresses of this host in the place of the host without any, which may know names. */
static int ask_kernel(struct host_options *host, const char *interface)
{
    CLEANUP(host_freep) struct host *named = TAKE_PTR(host->host);
    int error = addresses_ask(interface, &host->host);

    for (size_t i = 0; !error && named && i < host_count(named); i++)
        if (host_word_is_name(host_at(named, i)))
            error = host_keep(host->host, named, piece_of(host_at(named, i)->name));
    return error;
}

int options_host_complete(struct host_options *host, const char *interface)
{
    static struct name_asking asking; /* as long as the command */
    int error = host->has_addresses ? 0 : ask_kernel(host, interface);

    if (!error && interface)
        error = session_imply(host->host);
    if (!error && !host->has_names)
        host_set_asker(host->host, names_answer, &asking);
    if (error)
        say_error("cannot ask the kernel for the addresses of this host: %s", strerror(-error));
    return error;
}

/* An interface's name has no slash. If a file of that name exists, it is meant, whatever its
 * name. */
bool options_name_policy(const char *name)
{
    size_t length = strlen(name);
    struct stat status;

    return strchr(name, '/') || (length > 4 && !strcmp(name + length - 4, ".ini")) ||
           (!stat(name, &status) && S_ISREG(status.st_mode));
}
