/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What several commands take, and what several of them say. */
#ifndef EDGEXDP_OPTIONS_H
#define EDGEXDP_OPTIONS_H

#include "../apply/apply.h"
#include "command.h"

#define BAD_TIME "%s is no time: write a number and s, m, h or d, for example 90s"

/* The options that say how to attach: for getopt_long(), for help, and what to do with one of them.
 * attach_option() returns 0, also for any other option, or COMMAND_USAGE. */
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
int attach_option(const struct command *command, int option, struct attach_options *options);

/* prepared_compile(), and all that is to be said of it, to stderr. */
int compile_file(const char *path, struct prepared *prepared);

/* All that was found in PREPARED's files, to stderr. */
void say_prepared(const struct prepared *prepared);

/* WHY, unless say_prepared() has said it; returns ERROR. */
int say_why_besides(const struct prepared *prepared, int error, const struct why *why);

/* Each of NOTES as a warning to stderr. */
void say_notes(const char *interface, const struct apply_notes *notes);

/* Tell people what they have to do within CONFIRM_NS, unless it is 0. */
void say_confirm(const char *interface, u64 confirm_ns);

#endif
