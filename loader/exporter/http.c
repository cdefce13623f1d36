/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http.h"

#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/memory.h"
#include "../child/child.h"
#include "../show/json.h"
#include "../show/times.h"
#include "channel.h"
#include "clients.h"
#include "host.h"
#include "jail.h"
#include "page.h"
#include "status_page.h"

/* A connection's limit: its request line and headers must fit. */
#define REQUEST_BYTES 8192
#define TIDY_MS       1000
#define LOOK_MS       500 /* clients wait no longer for the history to be kept */

/* The answer of this round: all clients waiting at the same time share it, however large it is and
 * however many they are. */
struct served {
    struct MHD_Response *response; /* NULL: nothing made yet */
    unsigned int status;
};

struct http {
    int channel;
    struct hosts *hosts;              /* our names */
    struct MHD_Response *status_page; /* the page for people */
    struct served served[PAGES];
    struct history history;
    u64 look_ns; /* when to look for it again */
};

static struct MHD_Response *with_headers(struct MHD_Response *response, const char *type)
{
    if (!response)
        return NULL;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    /* One request per connection, so that its total time can be limited. */
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    return response;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned int status,
                              const char *text)
{
    struct MHD_Response *response = with_headers(
        MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_PERSISTENT),
        "text/plain; charset=utf-8");

    if (!response)
        return MHD_NO;
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

/* Returns 0 or -ENOMEM. */
static int serve_page(const struct http *http, size_t number, struct served *served)
{
    CLEANUP(snapshots_clear) struct snapshots snapshots = {0};
    CLEANUP_FREE char *text = NULL;
    enum asked asks = page_asks(number);
    struct facts facts = {.history = &http->history};
    struct page page;

    snapshots.count_sources = page_counts_sources(number);

    if (asks == ASKED_VIEWS) {
        if (!channel_ask(http->channel, CHANNEL_PATIENCE_MS, &snapshots, &facts.complete))
            facts.snapshots = &snapshots;
    } else if (asks != ASKED_NOTHING) {
        channel_ask_text(http->channel, asks, &text);
        facts.text = text;
    }
    int error = page_make(number, &facts, &page);
    if (error)
        return error;
    served->status = page.status;
    served->response = with_headers(
        MHD_create_response_from_buffer(page.length, page.text, MHD_RESPMEM_MUST_FREE), page.type);
    if (!served->response)
        free(page.text);
    return served->response ? 0 : -ENOMEM;
}

static void forget_served(struct http *http)
{
    for (size_t number = 0; number < PAGES; number++)
        if (http->served[number].response)
            MHD_destroy_response(http->served[number].response);
    memset(http->served, 0, sizeof(http->served));
}

struct addressed {
    const struct hosts *hosts;
    bool wrongly;
};

static enum MHD_Result check_host(void *context, enum MHD_ValueKind kind, const char *key,
                                  const char *value)
{
    struct addressed *addressed = context;

    (void)kind;
    if (!strcasecmp(key, MHD_HTTP_HEADER_HOST) && !host_is_ours(addressed->hosts, value))
        addressed->wrongly = true;
    return MHD_YES;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_bytes, void **request)
{
    struct http *http = context;
    struct addressed addressed = {.hosts = http->hosts};
    size_t number = page_find(path);

    (void)version, (void)upload, (void)upload_bytes, (void)request;
    MHD_get_connection_values(connection, MHD_HEADER_KIND, check_host, &addressed);
    if (addressed.wrongly)
        return refuse(connection, MHD_HTTP_MISDIRECTED_REQUEST,
                      "this is not a name of this host: use its address, or start edgexdp run with "
                      "--host NAME\n");
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
    if (!strcmp(path, "/"))
        return MHD_queue_response(connection, MHD_HTTP_OK, http->status_page);
    if (number == PAGES)
        return refuse(connection, MHD_HTTP_NOT_FOUND,
                      "there are /, /metrics, /healthz, /status.json, /stats.json, "
                      "/sources.json, /bans.json and /history.json\n");
    struct served *page = &http->served[number];
    if (!page->response && serve_page(http, number, page))
        return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory\n");
    return MHD_queue_response(connection, page->status, page->response);
}

static struct MHD_Daemon *start(struct http *http, int listener)
{
    return MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, handle, http, MHD_OPTION_LISTEN_SOCKET,
                            listener, MHD_OPTION_CONNECTION_LIMIT, (unsigned int)CLIENTS_MAX,
                            MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned int)CLIENTS_PER_IP_MAX,
                            MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)CLIENTS_IDLE_S,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_BYTES,
                            MHD_OPTION_NOTIFY_CONNECTION, clients_notify, NULL, MHD_OPTION_END);
}

static int prepare_status_page(struct http *http)
{
    struct status_page made;
    int error = status_page_make(hosts_own(http->hosts), &made);

    if (error)
        return error;
    http->status_page =
        with_headers(MHD_create_response_from_buffer(made.length, made.text, MHD_RESPMEM_MUST_FREE),
                     "text/html; charset=utf-8");
    if (!http->status_page) {
        free(made.text);
        error = -ENOMEM;
    } else if (!MHD_add_response_header(http->status_page, "Content-Security-Policy",
                                        made.policy) ||
               !MHD_add_response_header(http->status_page, "Referrer-Policy", "no-referrer")) {
        error = -ENOMEM;
    }
    free(made.policy);
    return error;
}

/* Files that libraries open on first use must be opened now, while we still can. */
static int prepare(void)
{
    char text[TIME_TEXT_BYTES];
    struct json_object *object = json_object_new_object();

    json_add_text(object, "time", time_print(0, text));
    json_object_put(object);
    return view_prepare();
}

/* Counters that cannot be read now are read when the next step ends, and not all the time. Returns
 * how many milliseconds that is away. */
static int look(struct http *http)
{
    CLEANUP(snapshots_clear) struct snapshots snapshots = {0};
    bool complete;
    u64 now_ns = monotonic_ns();

    if (now_ns >= http->look_ns) {
        if (!channel_ask(http->channel, LOOK_MS, &snapshots, &complete))
            history_note(&http->history, &snapshots, monotonic_ns());
        now_ns = monotonic_ns();
        http->look_ns = history_next_ns(&http->history, now_ns);
    }
    return (int)((http->look_ns - now_ns) / 1000000) + 1;
}

/* Run until the keeper is gone. */
static void loop(struct MHD_Daemon *daemon, struct http *http)
{
    struct pollfd wait[] = {
        {.fd = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, .events = POLLIN},
        {.fd = http->channel}, /* POLLHUP is always reported */
    };

    while (!wait[1].revents) {
        MHD_UNSIGNED_LONG_LONG longest;
        int milliseconds = look(http);
        if (milliseconds > TIDY_MS)
            milliseconds = TIDY_MS;
        if (MHD_get_timeout(daemon, &longest) == MHD_YES && longest < (unsigned int)milliseconds)
            milliseconds = (int)longest;
        if (poll(wait, ARRAY_SIZE(wait), milliseconds) < 0 && errno != EINTR)
            return;
        MHD_run(daemon);
        forget_served(http);
        clients_tidy();
    }
}

int http_serve(int listener, int channel, const char *names)
{
    struct http http = {.channel = channel};
    int error = child_silence();

    if (!error)
        error = jail_lift(&listener);
    if (!error)
        error = prepare();
    if (!error)
        error = hosts_read(names, &http.hosts);
    if (!error)
        error = prepare_status_page(&http);
    if (error)
        return error;
    struct MHD_Daemon *daemon = start(&http, listener);
    if (!daemon)
        return -ENOMEM;
    history_begin(&http.history, monotonic_ns(), realtime_ns());
    error = jail_enter();
    if (!error)
        loop(daemon, &http);
    return error;
}
