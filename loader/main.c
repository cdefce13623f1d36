/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program: which command runs, and how its outcome becomes an exit status. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "command/command.h"
#include "command/complete.h"

static bool is_help(const char *word)
{
    return !strcmp(word, "--help") || !strcmp(word, "-h");
}

/* Help may be asked for anywhere on the line: whoever asks for it does not want the rest done. */
static bool asks_for_help(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (is_help(argv[i]))
            return true;
    return false;
}

static int dispatch(int argc, char **argv)
{
    if (argc < 2) {
        command_print_all(stderr);
        return 2;
    }
    if (!strcmp(argv[1], "--version")) {
        puts("edgexdp " EDGEXDP_VERSION);
        return 0;
    }
    if (is_help(argv[1])) {
        command_print_all(stdout);
        return 0;
    }
    if (!strcmp(argv[1], "--complete"))
        return complete(argc - 2, argv + 2);
    const struct command *command = command_find(argv[1]);
    if (!command) {
        say_error("there is no command %s%s: edgexdp --help lists them", argv[1],
                  command_hint(argv[1]).text);
        return 2;
    }
    if (asks_for_help(argc - 2, argv + 2)) {
        command_print(command);
        return 0;
    }
    int result = command->run(command, argc - 1, argv + 1);
    return result < 0 ? 1 : result;
}

/* A full disk or a closed pipe must not look like a complete answer. */
int main(int argc, char **argv)
{
    int result = dispatch(argc, argv);
    if (!fflush(stdout) && !ferror(stdout))
        return result;
    say_error("cannot write the output: %s", strerror(errno));
    return result ? result : 1;
}
