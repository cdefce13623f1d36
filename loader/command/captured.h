/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What commands share that judge a capture: how it is read, and which way its packets went. */
#ifndef EDGEXDP_CAPTURED_H
#define EDGEXDP_CAPTURED_H

#include "../apply/apply.h"
#include "../replay/replay.h"
#include "../replay/sites.h"
#include "options.h"

struct captured_options {
    struct host_options host;
    const char *capture;  /* "-": standard input */
    const char *local;    /* or NULL */
    const char *on, *via; /* interfaces or zones; or NULL */
    enum heading heading; /* of all packets, if said */
    bool takes_several;   /* the command can judge a capture of several interfaces */
};

#define CAPTURED_PRESETS                                                                           \
    {                                                                                              \
        .heading = HEADING_UNKNOWN                                                                 \
    }

/* For getopt_long(), and for help; HOST_OPTIONS_HELP comes last there. */
#define CAPTURED_OPTIONS                                                                           \
    {"local", required_argument, NULL, 'l'}, {"direction", required_argument, NULL, 'd'},          \
        {"on", required_argument, NULL, 'o'}, {"via", required_argument, NULL, 'V'}, HOST_OPTIONS
#define CAPTURED_OPTIONS_HELP                                                                      \
    {"--local ADDRESS,...", "packets from one of these went out, all others came in"},             \
        {"--direction in|out", "all packets went this way"},                                       \
        {"--on IFACE", "the interface, or its zone, where they were captured"},                    \
    {                                                                                              \
        "--via IFACE",                                                                             \
            "where those came in that were forwarded, and went out (default: elsewhere)"           \
    }

/* Handle one of these options, or any other; then check them together. Both return 0, or
 * COMMAND_USAGE after saying why. The caller clears *options. */
int captured_take(const struct command *command, int option, struct captured_options *options);
int captured_check(const struct command *command, const struct captured_options *options);
void captured_clear(struct captured_options *options);

/* What the capture is called in what is printed. */
const char *captured_name(const struct captured_options *options);

/* Read the policy PATH; one for several interfaces becomes that of the zone where the capture is
 * from. If nobody says which that is, and the command takes several, it stays whole, and only its
 * `policy` is NULL. Returns 0, -errno or COMMAND_USAGE, after saying why. */
int captured_open(const struct captured_options *options, const char *path,
                  struct prepared *prepared);

struct bench captured_bench(const struct captured_options *options,
                            const struct prepared *prepared);

/* Judge the capture as REPLAY, whose benches are set, says. *begun is set once packets are judged;
 * then -EIO means that the capture broke off. Returns 0, or -errno with WHY. */
int captured_run(const struct captured_options *options, struct replay *replay, bool *begun,
                 struct why *why);

/* The same for several interfaces by AFTER and BEFORE, one of which is whole; SITES->pattern says
 * the rest. It may return COMMAND_USAGE, after saying why. */
int captured_run_several(const struct captured_options *options, const struct prepared *after,
                         const struct prepared *before, struct sites *sites, bool *begun,
                         struct why *why);

#endif
