/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options and arguments that several commands take. */
#ifndef EDGEXDP_OPTIONS_H
#define EDGEXDP_OPTIONS_H

#include "../kernel/kernel.h"
#include "usage.h"

#define BAD_TIME "%s is not a time: write a number and s, m, h or d, for example 90s"

/* The options that say how to attach: for getopt_long(), for help, and how to handle one of them.
 * options_attach() returns 0, also for any other option, or COMMAND_USAGE. */
#define ATTACH_OPTIONS                                                                             \
    {"mode", required_argument, NULL, 'm'}, {"audit", no_argument, NULL, 'a'},                     \
    {                                                                                              \
        "flows", required_argument, NULL, 'n'                                                      \
    }
#define ATTACH_OPTIONS_HELP                                                                        \
    {"--mode MODE", "native, generic, offload, or auto: native if the driver can (default)"},      \
        {"--audit", "count and report what would be dropped, but let everything pass"},            \
    {                                                                                              \
        "--flows N", "room for N flows (default 131072)"                                           \
    }
int options_attach(const struct command *command, int option, struct attach_options *options);

/* Where a command takes a policy or an interface: does NAME mean a policy? */
bool options_name_policy(const char *name);

#endif
