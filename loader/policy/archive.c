/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "archive.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "../base/file.h"
#include "../base/memory.h"
#include "read.h"
#include "zones.h"

/* One file: this header, the path as requested, the absolute path, both with their NUL, and the
 * packed bytes, padded to a multiple of ALIGNMENT. The host comes last, as host_print() writes it;
 * its paths are empty. */
struct archived {
    u64 size; /* of the file */
    u64 packed_bytes;
    u32 asked_bytes;
    u32 path_bytes;
    u32 is_regular; /* 0: it was read from a pipe */
    u32 is_host;
    u8 sha256[SHA256_DIGEST_SIZE];
};
ASSERT_SIZE(struct archived, 64);

#define ALIGNMENT 8u

static void digest(const void *bytes, size_t length, u8 sha256[SHA256_DIGEST_SIZE])
{
    struct sha256_ctx context;

    sha256_init(&context);
    sha256_update(&context, length, bytes);
    sha256_digest(&context, SHA256_DIGEST_SIZE, sha256);
}

void archive_clear(struct archive *archive)
{
    free(archive->bytes);
    *archive = (struct archive){0};
}

static size_t align(size_t length)
{
    return (length + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

/* Adds FILE, of which size, digest and kind are known, with its two paths and its BYTES. Prefers
 * speed to size: even so, lists of addresses shrink to a third. */
static int add(struct archive *archive, struct archived file, const char *asked, const char *path,
               const void *bytes)
{
    size_t asked_bytes = strlen(asked) + 1, path_bytes = strlen(path) + 1;
    uLong packed_bytes = compressBound(file.size);
    size_t before = archive->length, names = sizeof(struct archived) + asked_bytes + path_bytes;
    char *grown = realloc(archive->bytes, before + align(names + packed_bytes));

    if (!grown)
        return -ENOMEM;
    archive->bytes = grown;
    if (compress2((Bytef *)grown + before + names, &packed_bytes, bytes, file.size, Z_BEST_SPEED) !=
        Z_OK)
        return -ENOMEM;
    file.packed_bytes = packed_bytes;
    file.asked_bytes = (u32)asked_bytes;
    file.path_bytes = (u32)path_bytes;
    digest(bytes, file.size, file.sha256);
    memcpy(grown + before, &file, sizeof(file));
    memcpy(grown + before + sizeof(file), asked, asked_bytes);
    memcpy(grown + before + sizeof(file) + asked_bytes, path, path_bytes);
    size_t end = names + packed_bytes;
    memset(grown + before + end, 0, align(end) - end);
    archive->length = before + align(end);
    return 0;
}

static int add_source(struct archive *archive, const struct source *source)
{
    CLEANUP_FREE char *path = file_absolute(source->path);
    struct archived file = {.size = source->size, .is_regular = file_is_regular(source->path)};

    return path ? add(archive, file, source->path, path, source->bytes) : -ENOMEM;
}

static int add_host(struct archive *archive, const struct host *host)
{
    CLEANUP_FREE char *text = host_print(host);
    struct archived file = {.is_host = true};

    if (!text)
        return -ENOMEM;
    file.size = strlen(text);
    return add(archive, file, "", "", text);
}

int archive_pack(const struct diag *diag, const struct host *host, struct archive *archive)
{
    CLEANUP(archive_clear) struct archive made = {0};
    const struct source *source;
    int error = 0;

    for (size_t i = 0; !error && (source = diag_source(diag, i)); i++)
        error = add_source(&made, source);
    if (!error && host)
        error = add_host(&made, host);
    if (error)
        return error;
    *archive = made;
    made = (struct archive){0};
    return 0;
}

/* An archived file found at *at. next() moves *at past it, and returns 0, -ENOENT at the end, or
 * -EPROTO. */
struct found {
    struct archived file;
    const char *asked, *path;
    const Bytef *packed;
};

static int next(const char *bytes, size_t length, size_t *at, struct found *found)
{
    size_t left = length - *at;

    if (left < sizeof(found->file)) /* padding of a block */
        return -ENOENT;
    memcpy(&found->file, bytes + *at, sizeof(found->file));
    const struct archived *file = &found->file;
    if (!file->asked_bytes)
        return -ENOENT;
    left -= sizeof(*file);
    if (file->asked_bytes > left || file->path_bytes > left - file->asked_bytes ||
        file->packed_bytes > left - file->asked_bytes - file->path_bytes || !file->path_bytes)
        return -EPROTO;
    found->asked = bytes + *at + sizeof(*file);
    found->path = found->asked + file->asked_bytes;
    found->packed = (const Bytef *)found->path + file->path_bytes;
    if (found->asked[file->asked_bytes - 1] || found->path[file->path_bytes - 1])
        return -EPROTO;
    *at += align(sizeof(*file) + file->asked_bytes + file->path_bytes + file->packed_bytes);
    return *at > length ? -EPROTO : 0;
}

/* Returns the text of FOUND, for the caller to free, or NULL with -EPROTO or -ENOMEM in *error. */
static char *unpack(const struct found *found, int *error)
{
    uLongf size = found->file.size;

    *error = -EPROTO;
    if (size > SOURCE_BYTES_MAX)
        return NULL;
    CLEANUP_FREE char *text = malloc(size + 1);
    if (!text)
        *error = -ENOMEM;
    if (!text ||
        uncompress((Bytef *)text, &size, found->packed, found->file.packed_bytes) != Z_OK ||
        size != found->file.size)
        return NULL;
    *error = 0;
    return TAKE_PTR(text);
}

static int read_source(const struct found *found, struct diag *diag)
{
    const struct source *source;
    int error;
    CLEANUP_FREE char *text = unpack(found, &error);

    return text ? source_copy(diag, found->asked, text, found->file.size, &source) : error;
}

static int read_host(const struct found *found, struct host **host)
{
    int error;
    CLEANUP_FREE char *text = unpack(found, &error);

    if (*host)
        return -EPROTO;
    if (text)
        error = host_parse(text, found->file.size, host);
    return error == -EINVAL ? -EPROTO : error;
}

static size_t count_sources(const struct diag *diag)
{
    size_t count = 0;

    while (diag_source(diag, count))
        count++;
    return count;
}

static bool path_replace(char **path, const char *by)
{
    char *copy = strdup(by);

    if (!copy)
        return false;
    free(*path);
    *path = copy;
    return true;
}

/* Opens a file that the policy names: of the sources of DIAG with this path, the last is the
 * archive's. */
static int open_unpacked(struct diag *diag, const char *path, const struct source **source)
{
    for (size_t i = count_sources(diag); i; i--) {
        const struct source *one = diag_source(diag, i - 1);
        if (!strcmp(one->path, path)) {
            *source = one;
            return 0;
        }
    }
    return -ENOENT;
}

/* In the place of each file's path as requested puts the absolute one. PATH is the policy's. */
static int set_paths(const void *bytes, size_t length, const char *path, struct policy *policy)
{
    struct found found;

    if (!path_replace(&policy->path, path))
        return -ENOMEM;
    for (size_t i = 0; i < policy->included_count; i++) {
        size_t at = 0;
        bool is_found = false;

        while (!is_found && !next(bytes, length, &at, &found))
            is_found = !strcmp(found.asked, policy->included[i]);
        if (is_found && !path_replace(&policy->included[i], found.path))
            return -ENOMEM;
    }
    return 0;
}

int archive_read(const void *bytes, size_t length, const char *path, struct policy **policy,
                 struct diag *diag)
{
    CLEANUP(policy_freep) struct policy *made = NULL;
    CLEANUP(host_freep) struct host *host = NULL;
    size_t at = 0, first = count_sources(diag);
    struct found found;
    int error = 0;

    while (!error && !(error = next(bytes, length, &at, &found)))
        error = found.file.is_host ? read_host(&found, &host) : read_source(&found, diag);
    if (error != -ENOENT)
        return error;
    if (!diag_source(diag, first))
        return -EPROTO;
    error = policy_read_source(diag_source(diag, first), open_unpacked, host, &made, diag);
    if (!error && path)
        error = set_paths(bytes, length, path, made);
    if (!error)
        *policy = TAKE_PTR(made);
    return error;
}

int archive_read_own(const void *bytes, size_t length, const char *path, struct policy **policy,
                     struct diag *diag)
{
    CLEANUP(policy_freep) struct policy *made = NULL;
    int error = archive_read(bytes, length, path, &made, diag);

    if (!error)
        error = policy_narrow(&made);
    if (!error)
        *policy = TAKE_PTR(made);
    return error;
}

/* Reads no more bytes than the file had when it was archived. */
static enum archived_state compare(int file, const struct archived *archived)
{
    struct stat status;
    u8 sha256[SHA256_DIGEST_SIZE];

    if (fstat(file, &status))
        return ARCHIVED_UNREADABLE;
    if ((u64)status.st_size != archived->size || archived->size > SOURCE_BYTES_MAX)
        return ARCHIVED_CHANGED;
    CLEANUP_FREE char *text = malloc(archived->size + 1);
    size_t length = 0;
    while (text && length < archived->size) {
        ssize_t got = read(file, text + length, archived->size - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got ? ARCHIVED_UNREADABLE : ARCHIVED_CHANGED;
        length += (size_t)got;
    }
    if (!text)
        return ARCHIVED_UNREADABLE;
    digest(text, length, sha256);
    return memcmp(sha256, archived->sha256, sizeof(sha256)) ? ARCHIVED_CHANGED : ARCHIVED_SAME;
}

static enum archived_state state_of(const struct found *found)
{
    CLEANUP_CLOSE int file = found->file.is_regular ? source_file(found->path) : -ESTALE;

    if (file >= 0)
        return compare(file, &found->file);
    switch (file) {
    case -ENOENT:
    case -ENOTDIR:
    case -EISDIR:
    case -ENOTSUP:
        return ARCHIVED_GONE;
    default:
        return ARCHIVED_UNREADABLE;
    }
}

int archive_compare(const void *bytes, size_t length, archived_visitor *visit, void *context)
{
    struct found found;
    size_t at = 0;
    int result;

    while (!(result = next(bytes, length, &at, &found))) {
        result = found.file.is_host ? 0 : visit(found.path, state_of(&found), context);
        if (result)
            return result;
    }
    return result == -ENOENT ? 0 : result;
}

int archive_host(const void *bytes, size_t length, struct host **host)
{
    struct host *kept = NULL;
    struct found found;
    size_t at = 0;
    int error = 0;

    while (!error && !(error = next(bytes, length, &at, &found)))
        if (found.file.is_host)
            error = read_host(&found, &kept);
    if (error != -ENOENT) {
        host_free(kept);
        return error;
    }
    *host = kept;
    return 0;
}

int archive_readdress(const void *bytes, size_t length, const struct host *host,
                      struct archive *archive)
{
    CLEANUP(archive_clear) struct archive made = {.bytes = malloc(length + 1)};
    struct found found;
    size_t at = 0;
    int error = made.bytes ? 0 : -ENOMEM;

    while (!error) {
        size_t before = at;

        error = next(bytes, length, &at, &found);
        if (error || found.file.is_host)
            continue;
        memcpy((char *)made.bytes + made.length, (const char *)bytes + before, at - before);
        made.length += at - before;
    }
    if (error == -ENOENT)
        error = add_host(&made, host);
    if (error)
        return error;
    *archive = made;
    made = (struct archive){0};
    return 0;
}
