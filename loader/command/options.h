/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options and arguments that several commands take. */
#ifndef EDGEXDP_OPTIONS_H
#define EDGEXDP_OPTIONS_H

#include "../kernel/kernel.h"
#include "../policy/host.h"
#include "usage.h"

#define BAD_TIME "%s is not a time: write a number and s, m, h or d, for example 90s"

/* The options that say how to attach: for getopt_long(), for help, and how to handle one of them.
 * options_attach() returns 0, also for any other option, or COMMAND_USAGE. */
#define ATTACH_OPTIONS                                                                             \
    {"mode", required_argument, NULL, 'm'}, {"audit", no_argument, NULL, 'a'},                     \
        {"limits", required_argument, NULL, 'L'},                                                  \
    {                                                                                              \
        "flows", required_argument, NULL, 'n'                                                      \
    }
#define ATTACH_OPTIONS_HELP                                                                        \
    {"--mode MODE", "native, generic, offload, or auto: native if the driver can (default)"},      \
        {"--audit", "count and report what would be dropped, but let everything pass"},            \
        {"--flows N", "room for N flows (default 131072)"},                                        \
    {                                                                                              \
        "--limits N", "room for N sources that are ahead of a limit (default 1000000)"             \
    }
extern const struct attach_options attach_presets; /* what holds without options */
int options_attach(const struct command *command, int option, struct attach_options *options);

/* The options that say which addresses the host has, and what names stand for, for commands that
 * only read a policy. After all options, options_host_complete() asks the kernel for the host, as
 * seen from INTERFACE (NULL: none), unless they said what it has: then it has nothing else. In the
 * same way, names are asked for unless they said that. It returns 0, or -errno after saying why;
 * the caller initialises *host with zeros, and clears it. */
struct host_options {
    struct host *host;
    bool has_addresses, has_names;
};

#define HOST_OPTIONS                                                                               \
    {"self", required_argument, NULL, 'S'}, {"networks", required_argument, NULL, 'N'},            \
        {"names", required_argument, NULL, 'A'},                                                   \
    {                                                                                              \
        "no-names", no_argument, NULL, 'O'                                                         \
    }
#define HOST_OPTIONS_HELP                                                                          \
    {"--self ADDRESS,...", "what self stands for (default: the addresses of this host)"},          \
        {"--networks IFACE=PREFIX,...",                                                            \
         "what IFACE:networks stands for, or IFACE=ADDRESS/LENGTH,..."},                           \
        {"--names HOST=ADDRESS,...",                                                               \
         "what name:HOST stands for (default: what HOST resolves to)"},                            \
    {                                                                                              \
        "--no-names", "ask for no names: they match nothing"                                       \
    }
int options_host(const struct command *command, int option, struct host_options *host);
void options_host_clear(struct host_options *host);
int options_host_complete(struct host_options *host, const char *interface);

/* Where a command takes a policy or an interface: does NAME mean a policy? */
bool options_name_policy(const char *name);

#endif
