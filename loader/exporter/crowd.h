/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many clients there may be and how long each may stay: one request, no longer than it takes.
 * When there are many, the one that has been there longest gives way, so that a newcomer is always
 * heard. */
#ifndef EDGEXDP_CROWD_H
#define EDGEXDP_CROWD_H

#include <microhttpd.h>

#define CROWD_MAX        96 /* connections */
#define CROWD_PER_IP_MAX 80
#define CROWD_MANY       32 /* from here on, the oldest is cut off for each that comes */
#define CROWD_IDLE_S     5
#define CROWD_STAY_MS    30000u

/* For MHD_OPTION_NOTIFY_CONNECTION. */
void crowd_notify(void *context, struct MHD_Connection *connection, void **socket_context,
                  enum MHD_ConnectionNotificationCode code);

/* Cut off who has stayed too long. */
void crowd_tidy(void);

#endif
