/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands: one table gives usage, help and dispatch. */
#ifndef EDGEXDP_COMMAND_H
#define EDGEXDP_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

#include "../base/nearest.h"
#include "../base/say.h"

/* What a command returns besides 0 (done) and -errno (it failed, and has said why). */
#define COMMAND_USAGE 2 /* the command line is wrong; the command has said how */
#define COMMAND_NO    1 /* done, and the answer is no */

struct option_help {
    const char *name; /* "--mode MODE" */
    const char *help;
};

struct command {
    const char *name;
    const char *arguments;
    const char *summary;
    const char *page; /* of the manual, in section 8 */
    int (*run)(const struct command *command, int argc, char **argv);
    const struct option_help *options; /* ends with a NULL name; NULL: none */
};

extern const struct command commands[]; /* ends with a NULL name */

/* The command called NAME, or NULL. */
const struct command *command_find(const char *name);

/* When no command is called NAME: which one was probably meant. */
struct hint command_hint(const char *name);

/* The usage of all commands, and the help for one of them (to stdout). */
void command_print_all(FILE *stream);
void command_print(const struct command *command);

int command_check(const struct command *command, int argc, char **argv);
int command_attach(const struct command *command, int argc, char **argv);
int command_reload(const struct command *command, int argc, char **argv);
int command_confirm(const struct command *command, int argc, char **argv);
int command_rollback(const struct command *command, int argc, char **argv);
int command_detach(const struct command *command, int argc, char **argv);
int command_status(const struct command *command, int argc, char **argv);
int command_stats(const struct command *command, int argc, char **argv);
int command_ban(const struct command *command, int argc, char **argv);
int command_unban(const struct command *command, int argc, char **argv);
int command_bans(const struct command *command, int argc, char **argv);
int command_flows(const struct command *command, int argc, char **argv);
int command_block(const struct command *command, int argc, char **argv);
int command_unblock(const struct command *command, int argc, char **argv);
int command_blocks(const struct command *command, int argc, char **argv);
int command_flowspec(const struct command *command, int argc, char **argv);
int command_diff(const struct command *command, int argc, char **argv);
int command_explain(const struct command *command, int argc, char **argv);
int command_top(const struct command *command, int argc, char **argv);
int command_monitor(const struct command *command, int argc, char **argv);
int command_suggest(const struct command *command, int argc, char **argv);
int command_replay(const struct command *command, int argc, char **argv);
int command_export(const struct command *command, int argc, char **argv);
int command_import(const struct command *command, int argc, char **argv);
int command_run(const struct command *command, int argc, char **argv);

extern const struct option_help check_options_help[];
extern const struct option_help attach_options_help[];
extern const struct option_help reload_options_help[];
extern const struct option_help rollback_options_help[];
extern const struct option_help status_options_help[];
extern const struct option_help stats_options_help[];
extern const struct option_help ban_options_help[];
extern const struct option_help unban_options_help[];
extern const struct option_help bans_options_help[];
extern const struct option_help flows_options_help[];
extern const struct option_help block_options_help[];
extern const struct option_help unblock_options_help[];
extern const struct option_help blocks_options_help[];
extern const struct option_help flowspec_options_help[];
extern const struct option_help diff_options_help[];
extern const struct option_help explain_options_help[];
extern const struct option_help monitor_options_help[];
extern const struct option_help top_options_help[];
extern const struct option_help suggest_options_help[];
extern const struct option_help replay_options_help[];
extern const struct option_help export_options_help[];
extern const struct option_help import_options_help[];
extern const struct option_help run_options_help[];

#endif
