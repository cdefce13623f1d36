/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../lockout/session.h"
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

int options_host(const struct command *command, int option, struct host **host)
{
    struct fault fault;
    int error = 0;

    if (option != 'S' && option != 'N')
        return 0;
    if (!*host)
        *host = host_new();
    if (*host)
        error = option == 'S' ? host_read_self(*host, optarg, &fault)
                              : host_read_networks(*host, optarg, &fault);
    if (error == -EINVAL)
        return usage_error(command, "%s: %s", option == 'S' ? "--self" : "--networks", fault.text);
    return *host ? error : -ENOMEM;
}

int options_host_complete(struct host **host, const char *interface)
{
    int error = *host ? 0 : addresses_ask(interface, host);

    if (!error && interface)
        error = session_imply(*host);

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
