/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What keeper and exporter say to each other over a pair of SOCK_SEQPACKET sockets: the exporter
 * sends a numbered question, the keeper answers with a view of each interface, or with text, and
 * then with an end message. */
#ifndef EDGEXDP_CHANNEL_H
#define EDGEXDP_CHANNEL_H

#include <stdbool.h>

#include "../metrics/snapshot.h"

/* What a question asks for: views, or finished text; or what needs no question. */
enum asked { ASKED_VIEWS, ASKED_SOURCES, ASKED_BANS, ASKED_NOTHING };

/* For the keeper: answer questions about INTERFACE, or about all, until the other end is closed or
 * SIGTERM comes. */
int channel_answer(int channel, const char *interface);

/* Clients need not wait much longer than this just because the keeper waits for the lock. */
#define CHANNEL_PATIENCE_MS 2000

/* For the exporter: get all snapshots as of now, each from a single policy. An interface that could
 * not be read is missing, and *complete is false. Returns 0, -EPIPE when the keeper is gone,
 * -EAGAIN when it does not answer within PATIENCE_MS or policies change faster than they can be
 * read. */
int channel_ask(int channel, int patience_ms, struct snapshots *snapshots, bool *complete);

/* For the exporter: *text, for free(), is JSON: WHAT of each interface. Returns as channel_ask()
 * does, or -ENOMEM. */
int channel_ask_text(int channel, enum asked what, char **text);

#endif
