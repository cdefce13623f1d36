/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports events: to the journal with fields (EDGEXDP_EVENT and others) if our stderr goes there,
 * else as lines on stderr. */
#ifndef EDGEXDP_JOURNAL_H
#define EDGEXDP_JOURNAL_H

#include <syslog.h>

#include "guarding.h"

void journal(const struct guarding *guarding, int priority, const char *event, const char *format,
             ...) __attribute__((format(printf, 4, 5)));

/* Report a packet that matched a rule with log = yes: RULE is its name, or NULL. */
void journal_packet(const struct guarding *guarding, const struct event *event, const char *rule);

#endif
