/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking for names by a process without privilege: it is started for one round of questions, writes
 * the answers and ends. */
#ifndef EDGEXDP_NAMES_LOOKUP_H
#define EDGEXDP_NAMES_LOOKUP_H

#include "../base/why.h"
#include "answer.h"

struct lookup;

/* Start a process that asks for HOSTS[COUNT], which are copied. Only for a caller with a single
 * thread. Returns 0, with *lookup for lookup_free(), or -errno with WHY. */
int lookup_start(const char *const *hosts, size_t count, struct lookup **lookup, struct why *why);

/* Ends the process, if it still lives. */
void lookup_free(struct lookup *lookup);

/* To be polled: readable when lookup_read() has something to do. */
int lookup_descriptor(const struct lookup *lookup);

/* When (CLOCK_MONOTONIC) to call lookup_read() even if nothing is readable. */
u64 lookup_patience_ns(const struct lookup *lookup);

/* Take what has been written, without waiting. Returns whether the lookup is over: by then there is
 * an answer to each question, be it a failure. */
bool lookup_read(struct lookup *lookup);

/* Once it is over: the question and the answer of that NUMBER; NULL: there are no more. */
const char *lookup_host(const struct lookup *lookup, size_t number);
const struct name_answer *lookup_answer(const struct lookup *lookup, size_t number);

/* Asks, and waits until it is over. Returns as lookup_start() does. */
int lookup_wait(const char *const *hosts, size_t count, struct lookup **lookup, struct why *why);

#endif
