/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What systemd is told by the protocol of sd_notify(3). Nothing is sent without systemd. */
#ifndef EDGEXDP_REPORT_H
#define EDGEXDP_REPORT_H

#include "guarding.h"

/* Send the line that systemctl status shows of COUNT interfaces, if it has changed. */
void report_status(struct guarding *const *list, size_t count);

void report_ready(void);
void report_reloading(void);
void report_stopping(void);

#endif
