/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What keeper and exporter say to each other over a pair of SOCK_SEQPACKET sockets: the exporter
 * asks with a number, the keeper answers with a view of each interface, or with text, and then with
 * the end. */
#ifndef EDGEXDP_CHANNEL_H
#define EDGEXDP_CHANNEL_H

#include <stdbool.h>

#include "../metrics/snapshot.h"

/* What is asked for: views, or finished text. */
enum asked { ASKED_VIEWS, ASKED_SOURCES, ASKED_BANS };

/* The keeper: answer questions of INTERFACE, or of all, until the other end is closed or SIGTERM
 * comes. */
int channel_answer(int channel, const char *interface);

/* The exporter: all snapshots as of now, each of one policy and of no other. An interface that
 * could not be read is missing, and *complete false. Returns 0, -EPIPE when there is no keeper any
 * more, -EAGAIN when it does not answer in time or policies change faster than they can be read. */
int channel_ask(int channel, struct snapshots *snapshots, bool *complete);

/* The exporter: *text, for free(), is JSON: WHAT of each interface. Returns as channel_ask() does,
 * or -ENOMEM. */
int channel_ask_text(int channel, enum asked what, char **text);

#endif
