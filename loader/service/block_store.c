/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "block_store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../apply/block.h"
#include "../base/file.h"
#include "../base/memory.h"
#include "../policy/source.h"
#include "banfile.h"
#include "journal.h"

/* Writing takes at most 1/SHARE of our time. */
#define SHARE 100

/* What stands in the file for blocks that drop everything. */
#define NO_LIMIT "-"

/* ---- the file: a line for each block, its fields between tabs ---- */

static void print(FILE *stream, const void *context)
{
    const struct blocks *blocks = context;

    fputs("# Written by edgexdp run, which restores these blocks after a reboot: name, since when, "
          "until when, limit, pattern.\n",
          stream);
    for (size_t i = 0; i < blocks->count; i++) {
        const struct block *block = &blocks->list[i];
        char since[TIME_TEXT_BYTES], expires[TIME_TEXT_BYTES];

        saved_times_print(block->since_ns, block->expires_ns, since, expires);
        fprintf(stream, "%s\t%s\t%s\t%s\t%s\n", block->name, since, expires,
                block->limit ? block->limit : NO_LIMIT, block->patterns);
    }
}

static int write_file(const char *path, const struct blocks *blocks, struct why *why)
{
    int error = 0;

    if (blocks->count) {
        state_make_folder(path);
        error = file_replace(path, 0600, print, blocks);
    } else if (unlink(path) && errno != ENOENT) {
        error = -errno;
    }
    return error ? why_set(why, error, "cannot save the blocks in %s: %s", path, strerror(-error))
                 : 0;
}

static struct piece next_field(struct piece *line)
{
    struct piece field = piece_part(*line, 0, piece_find(*line, '\t'));

    *line = field.length < line->length
                ? piece_part(*line, field.length + 1, line->length - field.length - 1)
                : piece_part(*line, line->length, 0);
    return field;
}

/* Returns 0, -EINVAL or -ENOMEM; an expired block is left out. */
static int read_line(struct piece line, struct blocks *blocks)
{
    struct piece name = next_field(&line), since = next_field(&line), expires = next_field(&line);
    struct piece limit = next_field(&line);
    CLEANUP_FREE char *limit_text = strndup(limit.text, limit.length);
    CLEANUP_FREE char *pattern = strndup(line.text, line.length);
    struct block block = {.fresh = true, .patterns = pattern};
    struct saved_times times;

    if (!limit_text || !pattern)
        return -ENOMEM;
    if (!name.length || name.length >= sizeof(block.name) || !line.length ||
        saved_times_read(since, expires, &times))
        return -EINVAL;
    memcpy(block.name, name.text, name.length);
    block.limit = piece_equals(limit, NO_LIMIT) ? NULL : limit_text;
    block.since_ns = times.since_ns;
    block.expires_ns = times.expires_ns;
    return times.expired ? 0 : blocks_add(blocks, &block);
}

static struct piece line_of(const struct source *source, unsigned int number)
{
    struct source_line line = source_line(source, number);

    return (struct piece){.text = line.text, .length = (unsigned int)line.length};
}

static int read_file(const char *path, struct blocks *blocks, struct why *why)
{
    CLEANUP(diag_freep) struct diag *diag = diag_new();
    const struct source *source;
    int error = diag ? source_open_regular(diag, path, &source) : -ENOMEM, first = 0;

    if (error == -ENOENT)
        return 0;
    if (error)
        return why_set(why, error, "cannot read the blocks saved in %s: %s", path,
                       source_error(error));
    for (unsigned int number = 1; number <= source->line_count; number++) {
        struct piece line = line_of(source, number);
        error = line.length && *line.text != '#' ? read_line(line, blocks) : 0;
        if (error && !first)
            first = why_set(why, error, "%s:%u: this is not a saved block; it is left out", path,
                            number);
    }
    return first;
}

/* ---- the kernel ---- */

static void complain(struct guarding *guarding, const struct why *why)
{
    if (why->text[0] && strcmp(why->text, guarding->block_store.trouble.text) != 0)
        journal(guarding, LOG_WARNING, "blocks-failed", "%s", why->text);
    guarding->block_store.trouble = *why;
}

static int change(const struct guarding *guarding, blocks_editor *edit, void *context,
                  struct why *why)
{
    CLEANUP(diag_freep) struct diag *diag = diag_new();
    struct why mended = {0};
    char name[INTERFACE_NAME_BYTES];

    if (!diag)
        return why_set(why, -ENOMEM, "out of memory");
    guarding_name(guarding, name);
    return apply_blocks(&(struct block_request){.interface = name,
                                                .origin = BLOCK_MANUAL,
                                                .force = true,
                                                .edit = edit,
                                                .context = context},
                        diag, &mended, why);
}

/* Puts the saved blocks in the place of none. */
static int put_back(struct blocks *blocks, u64 now_ns, void *context, struct why *why)
{
    const struct blocks *saved = context;
    int error = 0;

    (void)now_ns;
    for (size_t i = 0; !error && i < saved->count && !blocks_find(blocks, saved->list[i].name); i++)
        error = blocks_add(blocks, &saved->list[i]);
    return error ? why_set(why, error, "out of memory") : 0;
}

void block_store_restore(const struct guarding *guarding)
{
    if (!guarding->snapshot.block_changes)
        block_store_put_back(guarding);
}

void block_store_put_back(const struct guarding *guarding)
{
    CLEANUP(blocks_clear) struct blocks saved = {0};
    char path[BANFILE_PATH_BYTES];
    struct why why = {0};

    state_path(guarding->options->interface, "blocks", path);
    if (read_file(path, &saved, &why))
        journal(guarding, LOG_WARNING, "blocks-failed", "%s", why.text);
    if (!saved.count)
        return;
    if (change(guarding, put_back, &saved, &why))
        journal(guarding, LOG_WARNING, "blocks-failed", "%s", why.text);
    else
        journal(guarding, LOG_NOTICE, "blocks-restored", "%zu block%s restored", saved.count,
                saved.count == 1 ? "" : "s");
}

/* Those that have expired are left out when blocks are read. */
static int leave(struct blocks *blocks, u64 now_ns, void *context, struct why *why)
{
    (void)blocks;
    (void)now_ns;
    (void)context;
    (void)why;
    return 0;
}

static int open_and_write(const struct guarding *guarding, u64 *changes, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    CLEANUP(blocks_clear) struct blocks blocks = {0};
    char path[BANFILE_PATH_BYTES];
    int error = guarding_open(guarding, GUARD_READ, &guard, why);

    if (!error)
        error = apply_read_blocks(guard, BLOCK_MANUAL, &blocks, why);
    if (error)
        return error;
    state_path(guarding->options->interface, "blocks", path);
    *changes = guard_block_changes(guard);
    guard_unlock(guard);
    return write_file(path, &blocks, why);
}

static bool is_kept(const struct guarding *guarding)
{
    const struct ban_store *store = &guarding->block_store;

    return store->attached_at_ns == guarding->snapshot.status.state.attached_at_ns &&
           store->changes == guarding->snapshot.block_changes;
}

void block_store_follow(struct guarding *guarding, bool hurry)
{
    struct ban_store *store = &guarding->block_store;
    struct why why = {0};
    u64 begun_ns = monotonic_ns();

    if (!guarding->ifindex || guarding->detached || (!hurry && begun_ns < store->not_before_ns))
        return;
    if (guarding->snapshot.blocks_expired)
        change(guarding, leave, NULL, &why);
    else if (is_kept(guarding))
        return;
    if (!open_and_write(guarding, &store->changes, &why))
        store->attached_at_ns = guarding->snapshot.status.state.attached_at_ns;
    store->not_before_ns = monotonic_ns() + SHARE * (monotonic_ns() - begun_ns);
    complain(guarding, &why);
}
