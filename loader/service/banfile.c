/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "banfile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/file.h"
#include "../base/memory.h"
#include "../policy/source.h"
#include "../show/times.h"

#define NEVER "never"

void banfile_path(const char *interface, char path[BANFILE_PATH_BYTES])
{
    state_path(interface, "bans", path);
}

static void print_ban(FILE *stream, const struct banned *banned)
{
    char address[RANGE_TEXT_BYTES], since[TIME_TEXT_BYTES], expires[TIME_TEXT_BYTES];

    saved_times_print(banned->since_ns, banned->expires_ns, since, expires);
    fprintf(stream, "%s %s %s\n", banned_print(banned, address), since, expires);
}

static void print(FILE *stream, const void *context)
{
    const struct bans *bans = context;

    fputs("# Written by edgexdp run, which restores these bans after a reboot: who, since when, "
          "until when.\n",
          stream);
    for (size_t i = 0; i < bans->count; i++)
        print_ban(stream, &bans->list[i]);
}

int banfile_write(const char *path, const struct bans *bans, struct why *why)
{
    int error = 0;

    if (bans->count) {
        state_make_folder(path);
        error = file_replace(path, 0600, print, bans);
    } else if (unlink(path) && errno != ENOENT) {
        error = -errno;
    }
    return error ? why_set(why, error, "cannot save the bans in %s: %s", path, strerror(-error))
                 : 0;
}

static int read_time(struct piece word, u64 *ns)
{
    char text[TIME_TEXT_BYTES];
    struct tm parts = {0};

    if (word.length >= sizeof(text))
        return -EINVAL;
    memcpy(text, word.text, word.length);
    text[word.length] = '\0';
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    if (!end || *end)
        return -EINVAL;
    *ns = (u64)timegm(&parts) * SECOND_NS;
    return 0;
}

int saved_times_read(struct piece since, struct piece expires, struct saved_times *times)
{
    u64 since_ns, expires_ns = BAN_FOREVER, now_ns = realtime_ns();

    if (read_time(since, &since_ns))
        return -EINVAL;
    if (!piece_equals(expires, NEVER) && (read_time(expires, &expires_ns) || expires_ns < since_ns))
        return -EINVAL;
    *times = (struct saved_times){.expires_ns = BAN_FOREVER, .expired = expires_ns <= now_ns};
    /* A clock that is wrong at boot makes nothing longer than it was. A time before the boot is
     * negative, in two's complement, and is still printed correctly. */
    u64 left_ns = expires_ns - now_ns;
    if (left_ns > expires_ns - since_ns)
        left_ns = expires_ns - since_ns;
    times->since_ns = monotonic_ns() - (now_ns - since_ns);
    if (expires_ns != BAN_FOREVER)
        times->expires_ns = monotonic_ns() + left_ns;
    return 0;
}

void saved_times_print(u64 since_ns, u64 expires_ns, char since[TIME_TEXT_BYTES],
                       char expires[TIME_TEXT_BYTES])
{
    strcpy(expires, NEVER);
    if (expires_ns != BAN_FOREVER)
        time_print(time_from_monotonic(expires_ns), expires);
    time_print(time_from_monotonic(since_ns), since);
}

static int read_line(struct piece line, struct bans *bans)
{
    struct banned banned = {.expires_ns = BAN_FOREVER};
    struct piece address = piece_next_word(&line), since = piece_next_word(&line);
    struct piece expires = piece_next_word(&line);
    struct saved_times times;
    struct fault fault;

    if (banned_read(address, &banned, &fault) || saved_times_read(since, expires, &times))
        return -EINVAL;
    banned.since_ns = times.since_ns;
    banned.expires_ns = times.expires_ns;
    return times.expired ? 0 : bans_add(bans, &banned);
}

static struct piece line_of(const struct source *source, unsigned int number)
{
    struct source_line line = source_line(source, number);
    struct piece whole = {.text = line.text, .length = (unsigned int)line.length};

    return piece_trim(piece_part(whole, 0, piece_find(whole, '#')));
}

static int read_lines(const char *path, const struct source *source, struct bans *bans,
                      struct why *why)
{
    int first = 0;

    for (unsigned int number = 1; number <= source->line_count; number++) {
        struct piece line = line_of(source, number);
        int error = line.length ? read_line(line, bans) : 0;
        if (error == -ENOMEM)
            return why_set(why, error, "out of memory");
        if (error && !first)
            first =
                why_set(why, error, "%s:%u: this is not a saved ban; it is left out", path, number);
    }
    return first;
}

int banfile_read(const char *path, struct bans *bans, struct why *why)
{
    CLEANUP(diag_freep) struct diag *diag = diag_new();
    const struct source *source;
    int error = diag ? source_open_regular(diag, path, &source) : -ENOMEM;

    if (error == -ENOENT)
        return 0;
    if (error)
        return why_set(why, error, "cannot read the bans saved in %s: %s", path,
                       source_error(error));
    return read_lines(path, source, bans, why);
}
