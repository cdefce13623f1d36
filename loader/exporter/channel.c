/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "channel.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../memory.h"

/* A keeper who waits for the lock is no reason to let clients wait much longer. */
#define PATIENCE_MS 2000
#define TRIES       5

struct message {
    u32 question; /* its number */
    bool is_end;
    bool is_complete; /* of the end: every interface could be read */
    struct guard_status outline;
    size_t tables_bytes, rule_count;
};

union control {
    char bytes[CMSG_SPACE(VIEW_MAPS * sizeof(int))];
    struct cmsghdr align;
};

static int send_message(int channel, const struct message *message, const int *maps)
{
    union control control = {0};
    struct iovec part = {(void *)message, sizeof(*message)};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};

    if (maps) {
        header.msg_control = control.bytes;
        header.msg_controllen = sizeof(control.bytes);
        struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(VIEW_MAPS * sizeof(int));
        memcpy(CMSG_DATA(rights), maps, VIEW_MAPS * sizeof(int));
    }
    return sendmsg(channel, &header, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

struct answering {
    int channel;
    u32 question;
};

/* The lock is held only until the descriptors are sent: no client can make others wait for it. */
static int answer_one(struct guard *guard, void *context, struct why *why)
{
    const struct answering *answering = context;
    CLEANUP(guard_view_close) struct guard_view view;
    int error = guard_view(guard, &view, why);

    if (error) {
        memset(view.maps, -1, sizeof(view.maps));
        return error;
    }
    struct message message = {.question = answering->question,
                              .outline = view.outline,
                              .tables_bytes = view.tables_bytes,
                              .rule_count = view.rule_count};
    error = send_message(answering->channel, &message, view.maps);
    return error ? why_set(why, error, "cannot answer the exporter: %s", strerror(-error)) : 0;
}

/* What is tried again with every question need not be said again and again. */
static void say_once(const struct why *why)
{
    static struct why said;

    if (strcmp(said.text, why->text) != 0 && why->text[0])
        fprintf(stderr, "edgexdp: %s\n", why->text);
    said = *why;
}

int channel_answer(int channel, const char *interface)
{
    for (;;) {
        struct answering answering = {.channel = channel};
        struct why why = {0};
        ssize_t got = recv(channel, &answering.question, sizeof(answering.question), 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got != sizeof(answering.question))
            return got < 0 ? -errno : 0;
        int error = guards_visit(interface, answer_one, &answering, &why);
        say_once(&why);
        struct message end = {
            .question = answering.question, .is_end = true, .is_complete = !error};
        error = send_message(channel, &end, NULL);
        if (error)
            return error;
    }
}

/* The descriptors that came with a message, or -1. */
static void take_maps(struct msghdr *header, int maps[VIEW_MAPS])
{
    struct cmsghdr *rights = CMSG_FIRSTHDR(header);

    memset(maps, -1, VIEW_MAPS * sizeof(int));
    if (rights && rights->cmsg_type == SCM_RIGHTS &&
        rights->cmsg_len == CMSG_LEN(VIEW_MAPS * sizeof(int)))
        memcpy(maps, CMSG_DATA(rights), VIEW_MAPS * sizeof(int));
}

static int receive(int channel, struct message *message, struct guard_view *view)
{
    union control control = {0};
    struct iovec part = {message, sizeof(*message)};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control.bytes,
                            .msg_controllen = sizeof(control.bytes)};
    struct pollfd wait = {.fd = channel, .events = POLLIN};

    if (poll(&wait, 1, PATIENCE_MS) != 1)
        return -EAGAIN;
    ssize_t got = recvmsg(channel, &header, MSG_CMSG_CLOEXEC);
    if (got != sizeof(*message))
        return -EPIPE;
    take_maps(&header, view->maps);
    view->outline = message->outline;
    view->tables_bytes = message->tables_bytes;
    view->rule_count = message->rule_count;
    return 0;
}

/* -ESTALE: another policy came into force while this one was read. */
static int read_view(struct guard_view *view, struct snapshots *snapshots)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    struct why why = {0};
    int error = guard_from_view(view, &guard, &why);

    if (!error)
        error = snapshots_add(snapshots, guard, &why);
    return error ? error : guard_is_current(guard) ? 0 : -ESTALE;
}

/* Reads to the end also after an error, so that the next question finds nothing left over. */
static int ask_once(int channel, struct snapshots *snapshots, bool *complete)
{
    static u32 question;
    struct message message;
    int result = 0;

    question++;
    if (send(channel, &question, sizeof(question), MSG_NOSIGNAL) != sizeof(question))
        return errno == EPIPE || errno == ECONNRESET ? -EPIPE : -EAGAIN;
    for (;;) {
        CLEANUP(guard_view_close) struct guard_view view;
        memset(view.maps, -1, sizeof(view.maps));
        int error = receive(channel, &message, &view);
        if (error)
            return error;
        if (message.question != question)
            continue;
        if (message.is_end) {
            *complete = message.is_complete;
            return result;
        }
        error = read_view(&view, snapshots);
        result = result ? result : error;
    }
}

int channel_ask(int channel, struct snapshots *snapshots, bool *complete)
{
    int error = -ESTALE;

    for (int tries = 0; error == -ESTALE && tries < TRIES; tries++) {
        snapshots_clear(snapshots);
        error = ask_once(channel, snapshots, complete);
    }
    if (error)
        snapshots_clear(snapshots);
    return error == -ESTALE ? -EAGAIN : error;
}
