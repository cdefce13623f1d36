/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many clients there may be, and how long each may stay: for one request, within a time limit.
 * When there are many, the oldest makes room, so that a newcomer is always heard. */
#ifndef EDGEXDP_CLIENTS_H
#define EDGEXDP_CLIENTS_H

#include <microhttpd.h>

#define CLIENTS_MAX        96 /* connections */
#define CLIENTS_PER_IP_MAX 80
#define CLIENTS_MANY       32 /* from here on, each newcomer cuts off the oldest */
#define CLIENTS_IDLE_S     5
#define CLIENTS_STAY_MS    30000u

/* For MHD_OPTION_NOTIFY_CONNECTION. */
void clients_notify(void *context, struct MHD_Connection *connection, void **socket_context,
                    enum MHD_ConnectionNotificationCode code);

/* Cut off clients that have stayed too long. */
void clients_tidy(void);

#endif
