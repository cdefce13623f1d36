/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program: which command, and what its outcome is as an exit status. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "command/complete.h"
#include "text.h"

static int command_help(const struct command *command, int argc, char **argv);

const struct command commands[] = {
    {"check", "POLICY...", "read, compile and test policies; needs no privilege", command_check,
     NULL},
    {"attach", "IFACE POLICY", "guard an interface", command_attach, attach_options_help},
    {"reload", "IFACE [POLICY]", "put a policy in force in place of the one there", command_reload,
     reload_options_help},
    {"confirm", "IFACE", "keep the policy that waits for confirmation", command_confirm, NULL},
    {"rollback", "IFACE", "go back to the policy before the last swap", command_rollback,
     rollback_options_help},
    {"detach", "IFACE", "stop guarding an interface", command_detach, NULL},
    {"status", "[IFACE]", "what is guarded, by which policy, and how", command_status,
     status_options_help},
    {"stats", "[IFACE]", "what matched what, by rule and by reason", command_stats,
     stats_options_help},
    {"replay", "POLICY CAPTURE", "what a policy would do to the packets of a capture",
     command_replay, replay_options_help},
    {"monitor", "IFACE", "drops and logged packets as they happen", command_monitor,
     monitor_options_help},
    {"ban", "IFACE ADDRESS...", "drop whatever comes from or goes to an address or a prefix",
     command_ban, ban_options_help},
    {"unban", "IFACE ADDRESS...", "end a ban", command_unban, unban_options_help},
    {"bans", "IFACE", "who is banned, and until when", command_bans, bans_options_help},
    {"explain", "POLICY|IFACE PACKET", "what becomes of a packet, by which rule, and why",
     command_explain, explain_options_help},
    {"diff", "OLD|IFACE NEW", "which traffic two policies judge differently", command_diff,
     diff_options_help},
    {"run", "IFACE POLICY", "the service: guard, and follow the interface", command_run,
     run_options_help},
    {"export", "nftables POLICY", "the same policy as a ruleset of nftables", command_export,
     export_options_help},
    {"help", "[COMMAND]", "what a command does and takes", command_help, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static void print_usage(FILE *stream)
{
    fputs("usage: edgexdp COMMAND ...\n\n"
          "Guards a network interface by a table of who may open what to whom.\n\n",
          stream);
    for (const struct command *c = commands; c->name; c++)
        fprintf(stream, "  %-8s %-20s %s\n", c->name, c->arguments, c->summary);
    fputs("\nedgexdp help COMMAND tells more; so does man edgexdp.\n", stream);
}

static void print_command(const struct command *command)
{
    printf("usage: edgexdp %s %s%s\n\n%s\n", command->name, command->options ? "[OPTION...] " : "",
           command->arguments, command->summary);
    for (const struct option_help *o = command->options; o && o->name; o++)
        printf("%s  %-21s %s\n", o == command->options ? "\n" : "", o->name, o->help);
}

const struct command *command_find(const char *name)
{
    for (const struct command *c = commands; c->name; c++)
        if (!strcmp(c->name, name))
            return c;
    return NULL;
}

static int command_help(const struct command *command, int argc, char **argv)
{
    int error = count_arguments(command, argc - 1, 0, 1);
    if (error)
        return error;
    if (argc == 1) {
        print_usage(stdout);
        return 0;
    }
    const struct command *about = command_find(argv[1]);
    if (!about)
        return usage_error(command, "there is no command %s", argv[1]);
    print_command(about);
    return 0;
}

int usage_error(const struct command *command, const char *format, ...)
{
    va_list arguments;
    char text[HARMLESS_BYTES];

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    fprintf(stderr, "edgexdp %s: %s", command->name, HARMLESS(text));
    fprintf(stderr, " (usage: edgexdp %s %s; more: edgexdp help %s)\n", command->name,
            command->arguments, command->name);
    va_end(arguments);
    return COMMAND_USAGE;
}

int say_why(int error, const struct why *why)
{
    if (why->text[0])
        fprintf(stderr, "edgexdp: %s\n", HARMLESS(why->text));
    return error;
}

int bad_option(const struct command *command, int returned, char **argv)
{
    const char *option = argv[optind - 1];
    if (returned == ':')
        return usage_error(command, "%s needs a value", option);
    return usage_error(command, "there is no option %s", option);
}

int count_arguments(const struct command *command, int given, int least, int most)
{
    if (given < least)
        return usage_error(command, "too few arguments");
    if (given > most)
        return usage_error(command, "too many arguments");
    return 0;
}

static bool is_help(const char *word)
{
    return !strcmp(word, "--help") || !strcmp(word, "-h");
}

/* Wherever it stands: nobody who asks for help wants the rest to be done. */
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
        print_usage(stderr);
        return 2;
    }
    if (!strcmp(argv[1], "--version")) {
        puts("edgexdp " EDGEXDP_VERSION);
        return 0;
    }
    if (is_help(argv[1])) {
        print_usage(stdout);
        return 0;
    }
    if (!strcmp(argv[1], "--complete"))
        return complete(argc - 2, argv + 2);
    const struct command *command = command_find(argv[1]);
    if (!command) {
        fprintf(stderr, "edgexdp: there is no command %s: edgexdp --help lists them\n",
                HARMLESS(argv[1]));
        return 2;
    }
    if (asks_for_help(argc - 2, argv + 2)) {
        print_command(command);
        return 0;
    }
    int result = command->run(command, argc - 1, argv + 1);
    return result < 0 ? 1 : result;
}

/* A full disk or a closed pipe must not pass for an answer. */
int main(int argc, char **argv)
{
    int result = dispatch(argc, argv);
    if (!fflush(stdout) && !ferror(stdout))
        return result;
    fprintf(stderr, "edgexdp: cannot write the output: %s\n", strerror(errno));
    return result ? result : 1;
}
