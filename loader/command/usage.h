/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors in a command line. */
#ifndef EDGEXDP_USAGE_H
#define EDGEXDP_USAGE_H

#include "command.h"

/* Print "edgexdp COMMAND: TEXT" to stderr, and where to read more; returns COMMAND_USAGE. */
int usage_error(const struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Say what getopt_long() objected to, given what it returned; returns COMMAND_USAGE. */
int usage_bad_option(const struct command *command, int returned, char **argv);

/* Check that between LEAST and MOST arguments are left; say so if not. */
int usage_count(const struct command *command, int given, int least, int most);

#endif
