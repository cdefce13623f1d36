/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

static int parse_flows(const char *text, u32 *flows)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno || *end || end == text || value < 1024 || value > 1u << 26)
        return -EINVAL;
    *flows = (u32)value;
    return 0;
}

int options_attach(const struct command *command, int option, struct attach_options *options)
{
    if (option == 'm' && parse_mode(optarg, &options->mode))
        return usage_error(command, "there is no mode %s: write auto, native, generic or offload",
                           optarg);
    if (option == 'n' && parse_flows(optarg, &options->flows_max))
        return usage_error(command, "--flows takes a number from 1024 to 67108864, not %s", optarg);
    if (option == 'a')
        options->audit = true;
    return 0;
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
