/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "crowd.h"

#include <stdbool.h>
#include <sys/socket.h>

#include <edgexdp/types.h>

#include "../base/clock.h"

/* MHD does not cut off who sends a byte now and then; it does when the socket ends. */
struct guest {
    int socket;
    bool is_there;
    bool is_cut_off;
    u64 came_ms;
};

static struct guest guests[CROWD_MAX];

static u64 now_ms(void)
{
    return monotonic_ns() / 1000000;
}

static void cut_off(struct guest *guest)
{
    guest->is_cut_off = true;
    shutdown(guest->socket, SHUT_RDWR);
}

static void cut_off_the_oldest_of_many(void)
{
    struct guest *oldest = NULL;
    int count = 0;

    for (int i = 0; i < CROWD_MAX; i++) {
        if (!guests[i].is_there || guests[i].is_cut_off)
            continue;
        count++;
        if (!oldest || guests[i].came_ms < oldest->came_ms)
            oldest = &guests[i];
    }
    if (count >= CROWD_MANY)
        cut_off(oldest);
}

void crowd_tidy(void)
{
    u64 now = now_ms();

    for (int i = 0; i < CROWD_MAX; i++)
        if (guests[i].is_there && !guests[i].is_cut_off && now - guests[i].came_ms > CROWD_STAY_MS)
            cut_off(&guests[i]);
}

static void enter(struct MHD_Connection *connection, void **socket_context)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    cut_off_the_oldest_of_many();
    for (int i = 0; info && i < CROWD_MAX; i++) {
        if (guests[i].is_there)
            continue;
        guests[i] = (struct guest){info->connect_fd, true, false, now_ms()};
        *socket_context = &guests[i];
        return;
    }
}

void crowd_notify(void *context, struct MHD_Connection *connection, void **socket_context,
                  enum MHD_ConnectionNotificationCode code)
{
    (void)context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        enter(connection, socket_context);
    else if (*socket_context)
        ((struct guest *)*socket_context)->is_there = false;
}
