/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "clients.h"

#include <stdbool.h>
#include <sys/socket.h>

#include <edgexdp/types.h>

#include "../base/clock.h"

/* MHD does not cut off a client that sends a byte now and then; it does once its socket has
 * ended. */
struct client {
    int socket;
    bool is_there;
    bool is_cut_off;
    u64 came_ms;
};

static struct client clients[CLIENTS_MAX];

static u64 now_ms(void)
{
    return monotonic_ns() / 1000000;
}

static void cut_off(struct client *client)
{
    client->is_cut_off = true;
    shutdown(client->socket, SHUT_RDWR);
}

static void cut_off_the_oldest_of_many(void)
{
    struct client *oldest = NULL;
    int count = 0;

    for (int i = 0; i < CLIENTS_MAX; i++) {
        if (!clients[i].is_there || clients[i].is_cut_off)
            continue;
        count++;
        if (!oldest || clients[i].came_ms < oldest->came_ms)
            oldest = &clients[i];
    }
    if (count >= CLIENTS_MANY)
        cut_off(oldest);
}

void clients_tidy(void)
{
    u64 now = now_ms();

    for (int i = 0; i < CLIENTS_MAX; i++)
        if (clients[i].is_there && !clients[i].is_cut_off &&
            now - clients[i].came_ms > CLIENTS_STAY_MS)
            cut_off(&clients[i]);
}

static void enter(struct MHD_Connection *connection, void **socket_context)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    cut_off_the_oldest_of_many();
    for (int i = 0; info && i < CLIENTS_MAX; i++) {
        if (clients[i].is_there)
            continue;
        clients[i] = (struct client){info->connect_fd, true, false, now_ms()};
        *socket_context = &clients[i];
        return;
    }
}

void clients_notify(void *context, struct MHD_Connection *connection, void **socket_context,
                    enum MHD_ConnectionNotificationCode code)
{
    (void)context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        enter(connection, socket_context);
    else if (*socket_context)
        ((struct client *)*socket_context)->is_there = false;
}
