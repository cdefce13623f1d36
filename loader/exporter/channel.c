/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "channel.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/memory.h"
#include "../base/say.h"
#include "listing.h"
#include "sampling.h"

#define TRIES    5
#define END_S    2
#define TEXT_MAX (64u << 10) /* of a message */

struct question {
    u32 number;
    enum asked what;
};

struct message {
    u32 question; /* its number */
    bool is_end;
    bool is_complete; /* in the end message: every interface could be read */
    struct guard_status outline;
    size_t tables_bytes, rule_count;
    size_t text_bytes; /* length of the text that follows */
};

union control {
    char bytes[CMSG_SPACE(VIEW_FILES * sizeof(int))];
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
        rights->cmsg_len = CMSG_LEN(VIEW_FILES * sizeof(int));
        memcpy(CMSG_DATA(rights), maps, VIEW_FILES * sizeof(int));
    }
    return sendmsg(channel, &header, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

struct answering {
    int channel;
    u32 question;
};

/* The lock is held only until the descriptors are sent, so that no client can make others wait. */
static int answer_one(struct guard *guard, void *context, struct why *why)
{
    const struct answering *answering = context;
    CLEANUP(view_files_close) struct view_files files;
    int error = guard_share(guard, &files, why);

    if (error) {
        memset(files.files, -1, sizeof(files.files));
        return error;
    }
    struct message message = {.question = answering->question,
                              .outline = files.outline,
                              .tables_bytes = files.tables_bytes,
                              .rule_count = files.rule_count};
    error = send_message(answering->channel, &message, files.files);
    return error ? why_set(why, error, "cannot answer the exporter: %s", strerror(-error)) : 0;
}

/* A failure that recurs with every question is printed only once. */
static void say_once(const struct why *why)
{
    static struct why said;

    if (strcmp(said.text, why->text) != 0)
        say_why(0, why);
    said = *why;
}

static int answer_views(struct answering *answering, const char *interface)
{
    struct why why = {0};
    int error = snapshot_visit_guards(interface, answer_one, answering, &why);

    say_once(&why);
    return error;
}

/* Text too long for a message is left out; with names of 64 bytes that cannot happen. */
static int answer_text(const char *text, size_t bytes, void *context)
{
    const struct answering *answering = context;
    struct message message = {.question = answering->question, .text_bytes = bytes};
    struct iovec parts[] = {{&message, sizeof(message)}, {(void *)text, bytes}};
    struct msghdr header = {.msg_iov = parts, .msg_iovlen = ARRAY_SIZE(parts)};

    if (bytes > TEXT_MAX)
        return 0;
    return sendmsg(answering->channel, &header, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* A listener has to say when it stops, or dropped packets would cost more until somebody
 * notices. */
static volatile sig_atomic_t is_listening, is_ended;

static void on_end(int signal_number)
{
    (void)signal_number;
    if (!is_listening)
        _exit(EXIT_SUCCESS);
    is_ended = true;
    alarm(END_S); /* in case we wait for somebody's lock */
}

/* Listening goes on while no question comes. */
static void wait_for_question(int channel, struct sampling *sampling)
{
    struct pollfd wait = {.fd = channel, .events = POLLIN};

    while (!is_ended && sampling_is_active(sampling) && poll(&wait, 1, SAMPLING_TEND_MS) <= 0)
        sampling_tend(sampling);
    is_listening = sampling_is_active(sampling);
}

static int answer_bans(struct answering *answering, const char *interface, struct listing *listing)
{
    struct why why = {0};
    int error = listing_answer(listing, interface, answer_text, answering, &why);

    say_once(&why);
    return error;
}

/* What is kept from one question to the next. */
struct memory {
    struct sampling sampling;
    struct listing listing;
};

static int answer(struct answering *answering, enum asked what, const char *interface,
                  struct memory *memory)
{
    if (what == ASKED_BANS)
        return answer_bans(answering, interface, &memory->listing);
    if (what != ASKED_SOURCES)
        return answer_views(answering, interface);
    is_listening = true;
    return sampling_answer(&memory->sampling, interface, answer_text, answering);
}

static int answer_all(int channel, const char *interface, struct memory *memory)
{
    for (;;) {
        struct answering answering = {.channel = channel};
        struct question question;
        wait_for_question(channel, &memory->sampling);
        if (is_ended)
            return 0;
        ssize_t got = recv(channel, &question, sizeof(question), 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got != sizeof(question))
            return got < 0 ? -errno : 0;
        answering.question = question.number;
        int error = answer(&answering, question.what, interface, memory);
        struct message end = {
            .question = answering.question, .is_end = true, .is_complete = !error};
        error = send_message(channel, &end, NULL);
        if (error)
            return error;
    }
}

int channel_answer(int channel, const char *interface)
{
    struct memory memory = {0};

    signal(SIGTERM, on_end);
    int error = answer_all(channel, interface, &memory);
    sampling_end(&memory.sampling);
    listing_clear(&memory.listing);
    return error;
}

/* Take the descriptors that came with a message; missing ones are -1. */
static void take_maps(struct msghdr *header, int maps[VIEW_FILES])
{
    struct cmsghdr *rights = CMSG_FIRSTHDR(header);

    memset(maps, -1, VIEW_FILES * sizeof(int));
    if (rights && rights->cmsg_type == SCM_RIGHTS &&
        rights->cmsg_len == CMSG_LEN(VIEW_FILES * sizeof(int)))
        memcpy(maps, CMSG_DATA(rights), VIEW_FILES * sizeof(int));
}

/* TEXT has room for TEXT_MAX bytes. */
static int receive(int channel, int patience_ms, struct message *message, struct view_files *files,
                   char *text)
{
    union control control = {0};
    struct iovec parts[] = {{message, sizeof(*message)}, {text, TEXT_MAX}};
    struct msghdr header = {.msg_iov = parts,
                            .msg_iovlen = ARRAY_SIZE(parts),
                            .msg_control = control.bytes,
                            .msg_controllen = sizeof(control.bytes)};
    struct pollfd wait = {.fd = channel, .events = POLLIN};

    if (poll(&wait, 1, patience_ms) != 1)
        return -EAGAIN;
    ssize_t got = recvmsg(channel, &header, MSG_CMSG_CLOEXEC);
    if (got < (ssize_t)sizeof(*message) || got != (ssize_t)(sizeof(*message) + message->text_bytes))
        return -EPIPE;
    take_maps(&header, files->files);
    files->outline = message->outline;
    files->tables_bytes = message->tables_bytes;
    files->rule_count = message->rule_count;
    return 0;
}

/* -ESTALE: another policy came into force while this one was read. */
static int read_view(struct view_files *files, struct snapshots *snapshots)
{
    CLEANUP(shared_view_closep) struct shared_view *shared = NULL;
    struct why why = {0};
    int error = shared_view_open(files, &shared, &why);

    if (!error)
        error = snapshots_add(snapshots, shared_view(shared), &why);
    return error ? error : shared_view_is_current(shared) ? 0 : -ESTALE;
}

static int send_question(int channel, enum asked what, u32 *number)
{
    static u32 last;
    struct question question = {.number = ++last, .what = what};

    *number = last;
    if (send(channel, &question, sizeof(question), MSG_NOSIGNAL) != sizeof(question))
        return errno == EPIPE || errno == ECONNRESET ? -EPIPE : -EAGAIN;
    return 0;
}

/* Where an answer goes, for either kind of question. */
struct taking {
    int patience_ms; /* for each message */
    struct snapshots *snapshots;
    FILE *stream; /* for text */
    size_t texts;
    bool complete;
};

static int take(const struct message *message, struct view_files *files, const char *text,
                struct taking *taking)
{
    if (taking->snapshots)
        return read_view(files, taking->snapshots);
    fputs(taking->texts++ ? "," : "", taking->stream);
    fwrite(text, 1, message->text_bytes, taking->stream);
    return 0;
}

/* Reads to the end even after an error, so that the next question finds nothing left over. */
static int ask_once(int channel, enum asked what, struct taking *taking)
{
    CLEANUP_FREE char *text = malloc(TEXT_MAX);
    struct message message;
    u32 number;
    int result = text ? send_question(channel, what, &number) : -ENOMEM;

    if (result)
        return result;
    for (;;) {
        CLEANUP(view_files_close) struct view_files files;
        memset(files.files, -1, sizeof(files.files));
        int error = receive(channel, taking->patience_ms, &message, &files, text);
        if (error)
            return error;
        if (message.question != number)
            continue;
        taking->complete = message.is_complete;
        if (message.is_end)
            return result;
        error = take(&message, &files, text, taking);
        result = result ? result : error;
    }
}

int channel_ask(int channel, int patience_ms, struct snapshots *snapshots, bool *complete)
{
    struct taking taking = {.patience_ms = patience_ms, .snapshots = snapshots};
    int error = -ESTALE;

    for (int tries = 0; error == -ESTALE && tries < TRIES; tries++) {
        snapshots_clear(snapshots);
        error = ask_once(channel, ASKED_VIEWS, &taking);
    }
    if (error)
        snapshots_clear(snapshots);
    else
        *complete = taking.complete;
    return error == -ESTALE ? -EAGAIN : error;
}

int channel_ask_text(int channel, enum asked what, char **text)
{
    CLEANUP_FREE char *made = NULL;
    size_t length;
    struct taking taking = {.patience_ms = CHANNEL_PATIENCE_MS,
                            .stream = open_memstream(&made, &length)};

    if (!taking.stream)
        return -ENOMEM;
    fputc('[', taking.stream);
    int error = ask_once(channel, what, &taking);
    fputs("]\n", taking.stream);
    if (ferror(taking.stream) && !error)
        error = -ENOMEM;
    if (fclose(taking.stream) && !error)
        error = -ENOMEM;
    if (!error)
        *text = TAKE_PTR(made);
    return error;
}
