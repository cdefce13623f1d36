/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of commands, and what is printed from it. */
#include "command.h"
#include "usage.h"

#include <string.h>

#define OPTION_WIDTH 21 /* of the names in a help, unless one is longer */

static int command_help(const struct command *command, int argc, char **argv);

const struct command commands[] = {
    {"check", "POLICY...", "read, compile and test policies; needs no privilege", "edgexdp-check",
     command_check, check_options_help},
    {"attach", "IFACE POLICY", "guard an interface", "edgexdp-attach", command_attach,
     attach_options_help},
    {"reload", "IFACE [POLICY]", "replace the policy in force", "edgexdp-attach", command_reload,
     reload_options_help},
    {"confirm", "IFACE", "keep the policy that waits for confirmation", "edgexdp-attach",
     command_confirm, NULL},
    {"rollback", "IFACE", "go back to the previous policy", "edgexdp-attach", command_rollback,
     rollback_options_help},
    {"detach", "IFACE", "stop guarding an interface", "edgexdp-attach", command_detach, NULL},
    {"status", "[IFACE]", "what is guarded, by which policy, and how", "edgexdp-stats",
     command_status, status_options_help},
    {"stats", "[IFACE]", "what was counted, by rule and by reason", "edgexdp-stats", command_stats,
     stats_options_help},
    {"replay", "POLICY CAPTURE", "what a policy would do to the packets of a capture",
     "edgexdp-replay", command_replay, replay_options_help},
    {"suggest", "IFACE|CAPTURE [POLICY]", "the rules that would accept what is dropped by default",
     "edgexdp-suggest", command_suggest, suggest_options_help},
    {"monitor", "IFACE", "dropped and logged packets as they happen", "edgexdp-monitor",
     command_monitor, monitor_options_help},
    {"top", "IFACE", "who sends what, now", "edgexdp-top", command_top, top_options_help},
    {"ban", "IFACE ADDRESS...", "drop everything from and to an address or prefix", "edgexdp-ban",
     command_ban, ban_options_help},
    {"unban", "IFACE ADDRESS...", "end bans", "edgexdp-ban", command_unban, unban_options_help},
    {"bans", "IFACE", "who is banned, and until when", "edgexdp-ban", command_bans,
     bans_options_help},
    {"flows", "IFACE", "conversations that go on: who, since when, by which rule", "edgexdp-stats",
     command_flows, flows_options_help},
    {"block", "IFACE PATTERN", "drop, or limit, at once what matches a pattern", "edgexdp-block",
     command_block, block_options_help},
    {"unblock", "IFACE NAME...", "end blocks", "edgexdp-block", command_unblock,
     unblock_options_help},
    {"blocks", "IFACE", "what is blocked, until when, and how much that was", "edgexdp-block",
     command_blocks, blocks_options_help},
    {"flowspec", "IFACE", "keep the flows that BGP announces in force, as ExaBGP passes them on",
     "edgexdp-flowspec", command_flowspec, flowspec_options_help},
    {"explain", "POLICY|IFACE PACKET", "what happens to a packet, by which rule, and why",
     "edgexdp-check", command_explain, explain_options_help},
    {"diff", "OLD|IFACE NEW", "which traffic two policies judge differently", "edgexdp-check",
     command_diff, diff_options_help},
    {"run", "IFACE POLICY", "the service: guard an interface and follow it", "edgexdp-run",
     command_run, run_options_help},
    {"export", "nftables POLICY", "write a policy as a ruleset of nftables", "edgexdp-export",
     command_export, export_options_help},
    {"import", "nftables|iptables FILE...", "make a policy of a ruleset of nftables or iptables",
     "edgexdp-import", command_import, import_options_help},
    {"help", "[COMMAND]", "what a command does, and its options", "edgexdp", command_help, NULL},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

void command_print_all(FILE *stream)
{
    fputs("usage: edgexdp COMMAND ...\n\n"
          "Guards a network interface with a policy of who may open what to whom.\n\n",
          stream);
    for (const struct command *c = commands; c->name; c++)
        fprintf(stream, "  %-8s %-25s %s\n", c->name, c->arguments, c->summary);
    fputs("\nMore: edgexdp help COMMAND, and man edgexdp\n", stream);
}

void command_print(const struct command *command)
{
    int width = OPTION_WIDTH;

    for (const struct option_help *o = command->options; o && o->name; o++)
        width = (int)strlen(o->name) > width ? (int)strlen(o->name) : width;
    printf("usage: edgexdp %s %s%s\n\n%s\n", command->name, command->options ? "[OPTION...] " : "",
           command->arguments, command->summary);
    for (const struct option_help *o = command->options; o && o->name; o++)
        printf("%s  %-*s %s\n", o == command->options ? "\n" : "", width, o->name, o->help);
    printf("\nMore: man %s\n", command->page);
}

const struct command *command_find(const char *name)
{
    for (const struct command *c = commands; c->name; c++)
        if (!strcmp(c->name, name))
            return c;
    return NULL;
}

struct hint command_hint(const char *name)
{
    struct nearest nearest = nearest_to(name, strlen(name));

    for (const struct command *c = commands; c->name; c++)
        nearest_try(&nearest, c->name);
    return nearest_hint(&nearest);
}

static int command_help(const struct command *command, int argc, char **argv)
{
    int error = usage_count(command, argc - 1, 0, 1);
    if (error)
        return error;
    if (argc == 1) {
        command_print_all(stdout);
        return 0;
    }
    const struct command *about = command_find(argv[1]);
    if (!about)
        return usage_error(command, "there is no command %s%s", argv[1],
                           command_hint(argv[1]).text);
    command_print(about);
    return 0;
}
