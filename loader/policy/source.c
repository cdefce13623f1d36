/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source.h"

#include "../base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char byte_order_mark[] = {'\xef', '\xbb', '\xbf'};

void source_free(struct source *source)
{
    if (!source)
        return;
    free(source->path);
    free(source->bytes);
    free(source->lines);
    free(source);
}

static void source_freep(struct source **source)
{
    source_free(*source);
}

static void close_file(int *file)
{
    if (*file >= 0)
        close(*file);
}

static bool is_plain(const char *text, size_t length)
{
    unsigned char strange = 0;

    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];

        strange |= (unsigned char)(byte > 0x7e) |
                   (unsigned char)(byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t');
    }
    return !strange;
}

static int index_lines(struct source *source)
{
    const char *at = source->text, *end = source->text + source->length;
    size_t count = 1;

    for (const char *found = at; (found = memchr(found, '\n', (size_t)(end - found))); found++)
        count++;
    if (count > SOURCE_LINES_MAX)
        return -EFBIG;
    source->lines = malloc(count * sizeof(*source->lines));
    if (!source->lines)
        return -ENOMEM;
    do {
        source->lines[source->line_count++] = (size_t)(at - source->text);
        at = memchr(at, '\n', (size_t)(end - at));
        at = at ? at + 1 : end;
    } while (at < end);
    return 0;
}

/* Makes BYTES, which are followed by a NUL, a source of DIAG; frees them on failure. */
static int source_new(struct diag *diag, const char *path, char *bytes, size_t size,
                      const struct source **out)
{
    CLEANUP_FREE char *owned = bytes;
    CLEANUP(source_freep) struct source *source = calloc(1, sizeof(*source));
    size_t mark = sizeof(byte_order_mark);
    int error;

    if (!source)
        return -ENOMEM;
    source->path = strdup(path);
    source->bytes = TAKE_PTR(owned);
    source->size = size;
    if (!source->path)
        return -ENOMEM;
    if (size < mark || memcmp(bytes, byte_order_mark, mark) != 0)
        mark = 0;
    source->text = bytes + mark;
    source->length = size - mark;
    source->plain = is_plain(source->text, source->length);
    error = index_lines(source);
    if (error)
        return error;
    error = diag_adopt(diag, source);
    if (error)
        return error;
    *out = TAKE_PTR(source);
    return 0;
}

/* One byte more than the size of the file, so that its end is noticed without growing. */
static size_t first_capacity(int file)
{
    struct stat status;

    if (fstat(file, &status) || !S_ISREG(status.st_mode) || status.st_size < 65536)
        return 65536;
    return (size_t)status.st_size + 2;
}

static int read_whole(int file, char **out, size_t *size)
{
    size_t capacity = first_capacity(file), length = 0;
    CLEANUP_FREE char *bytes = NULL;

    if (capacity > SOURCE_BYTES_MAX + 2)
        return -EFBIG;
    bytes = malloc(capacity);
    while (bytes) {
        ssize_t got = read(file, bytes + length, capacity - 1 - length);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        length += (size_t)got;
        if (length > SOURCE_BYTES_MAX)
            return -EFBIG;
        if (!got) {
            bytes[length] = '\0';
            *size = length;
            *out = TAKE_PTR(bytes);
            return 0;
        }
        if (length + 1 == capacity) {
            char *grown = realloc(bytes, capacity * 2);

            if (!grown)
                break;
            bytes = grown;
            capacity *= 2;
        }
    }
    return -ENOMEM;
}

/* Returns how to open what LOOK (O_PATH) stands for, or -errno. */
static int open_flags(int look, bool pipes_too)
{
    struct stat status;

    if (fstat(look, &status))
        return -errno;
    if (S_ISREG(status.st_mode)) /* also from /proc, where some files would block */
        return O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    if (pipes_too && S_ISFIFO(status.st_mode))
        return O_RDONLY | O_CLOEXEC;
    return S_ISDIR(status.st_mode) ? -EISDIR : -ENOTSUP;
}

/* Nothing is opened until it is known to be harmless: opening a pipe would block, and opening a
 * device has effects. */
static int open_harmless(const char *path, bool pipes_too)
{
    CLEANUP(close_file) int look = open(path, O_PATH | O_CLOEXEC);
    int flags = look < 0 ? -errno : open_flags(look, pipes_too);
    char same[32];
    int file;

    if (flags < 0)
        return flags;
    snprintf(same, sizeof(same), "/proc/self/fd/%d", look);
    file = open(same, flags);
    if (file < 0 && errno == ENOENT) /* without /proc, as in some chroots */
        file = open(path, flags);
    return file < 0 ? -errno : file;
}

int source_file(const char *path)
{
    return open_harmless(path, false);
}

static int open_and_read(struct diag *diag, const char *path, bool pipes_too,
                         const struct source **source)
{
    CLEANUP(close_file) int file = open_harmless(path, pipes_too);

    return file < 0 ? file : source_read(diag, path, file, source);
}

int source_open_regular(struct diag *diag, const char *path, const struct source **source)
{
    return open_and_read(diag, path, false, source);
}

int source_open(struct diag *diag, const char *path, const struct source **source)
{
    return open_and_read(diag, path, true, source);
}

int source_read(struct diag *diag, const char *path, int file, const struct source **source)
{
    char *bytes = NULL;
    size_t size = 0;
    int error = read_whole(file, &bytes, &size);

    return error ? error : source_new(diag, path, bytes, size, source);
}

char *source_path_beside(const struct source *source, const char *name, size_t length)
{
    const char *slash = strrchr(source->path, '/');
    size_t folder = slash && !(length && *name == '/') ? (size_t)(slash - source->path) + 1 : 0;
    char *path = malloc(folder + length + 1);

    if (!path)
        return NULL;
    memcpy(path, source->path, folder);
    memcpy(path + folder, name, length);
    path[folder + length] = '\0';
    return path;
}

const char *source_error(int error)
{
    switch (error) {
    case -EFBIG:
        return "it has more than 128 MiB or 4,194,304 lines";
    case -ENOTSUP:
        return "it is not a regular file";
    case -EAGAIN:
        return "it cannot be read at once";
    default:
        return strerror(-error);
    }
}

int source_copy(struct diag *diag, const char *path, const char *text, size_t length,
                const struct source **source)
{
    char *bytes;

    if (length > SOURCE_BYTES_MAX)
        return -EFBIG;
    bytes = malloc(length + 1);
    if (!bytes)
        return -ENOMEM;
    if (length)
        memcpy(bytes, text, length);
    bytes[length] = '\0';
    return source_new(diag, path, bytes, length, source);
}

struct source_line source_line(const struct source *source, unsigned int number)
{
    struct source_line line = {source->text + source->length, 0};
    size_t start, end = source->length;

    if (!number || number > source->line_count)
        return line;
    start = source->lines[number - 1];
    if (number < source->line_count)
        end = source->lines[number];
    if (end > start && source->text[end - 1] == '\n')
        end--;
    if (end > start && source->text[end - 1] == '\r')
        end--;
    line.text = source->text + start;
    line.length = end - start;
    return line;
}
