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

/* One file: this header, the path as requested, the absolute path, both with their NUL, and the
 * packed bytes, padded to a multiple of ALIGNMENT. */
struct archived {
    u64 size; /* of the file */
    u64 packed_bytes;
    u32 asked_bytes;
    u32 path_bytes;
    u32 is_regular; /* 0: it was read from a pipe */
    u32 reserved;
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

/* Prefers speed to size: even so, lists of addresses shrink to a third. */
static int pack(const struct source *source, struct archive *archive)
{
    CLEANUP_FREE char *path = file_absolute(source->path);
    size_t asked_bytes = strlen(source->path) + 1, path_bytes = path ? strlen(path) + 1 : 0;
    uLong packed_bytes = compressBound(source->size);
    size_t before = archive->length, names = sizeof(struct archived) + asked_bytes + path_bytes;
    char *grown = path ? realloc(archive->bytes, before + align(names + packed_bytes)) : NULL;

    if (!grown)
        return -ENOMEM;
    archive->bytes = grown;
    if (compress2((Bytef *)grown + before + names, &packed_bytes, (const Bytef *)source->bytes,
                  source->size, Z_BEST_SPEED) != Z_OK)
        return -ENOMEM;
    struct archived file = {.size = source->size,
                            .packed_bytes = packed_bytes,
                            .asked_bytes = (u32)asked_bytes,
                            .path_bytes = (u32)path_bytes,
                            .is_regular = file_is_regular(source->path)};
    digest(source->bytes, source->size, file.sha256);
    memcpy(grown + before, &file, sizeof(file));
    memcpy(grown + before + sizeof(file), source->path, asked_bytes);
    memcpy(grown + before + sizeof(file) + asked_bytes, path, path_bytes);
    size_t end = names + packed_bytes;
    memset(grown + before + end, 0, align(end) - end);
    archive->length = before + align(end);
    return 0;
}

int archive_pack(const struct diag *diag, struct archive *archive)
{
    CLEANUP(archive_clear) struct archive made = {0};
    const struct source *source;
    int error = 0;

    for (size_t i = 0; !error && (source = diag_source(diag, i)); i++)
        error = pack(source, &made);
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

static int unpack(const struct found *found, struct diag *diag)
{
    uLongf size = found->file.size;
    const struct source *source;

    if (size > SOURCE_BYTES_MAX)
        return -EPROTO;
    CLEANUP_FREE Bytef *text = malloc(size + 1);
    if (!text)
        return -ENOMEM;
    if (uncompress(text, &size, found->packed, found->file.packed_bytes) != Z_OK ||
        size != found->file.size)
        return -EPROTO;
    return source_copy(diag, found->asked, (const char *)text, size, &source);
}

static size_t count_sources(const struct diag *diag)
{
    size_t count = 0;

    while (diag_source(diag, count))
        count++;
    return count;
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

int archive_read(const void *bytes, size_t length, const char *path, struct policy **policy,
                 struct diag *diag)
{
    CLEANUP_FREE char *shown = path ? strdup(path) : NULL;
    size_t at = 0, first = count_sources(diag);
    struct found found;
    int error = path && !shown ? -ENOMEM : 0;

    while (!error && !(error = next(bytes, length, &at, &found)))
        error = unpack(&found, diag);
    if (error != -ENOENT)
        return error;
    if (!diag_source(diag, first))
        return -EPROTO;
    error = policy_read_source(diag_source(diag, first), open_unpacked, NULL, policy, diag);
    if (!error && shown) {
        free((*policy)->path);
        (*policy)->path = TAKE_PTR(shown);
    }
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
        result = visit(found.path, state_of(&found), context);
        if (result)
            return result;
    }
    return result == -ENOENT ? 0 : result;
}
