/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "block.h"

#include <errno.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/memory.h"
#include "../kernel/interface.h"
#include "../lockout/lockout.h"
#include "../netlink/addresses.h"
#include "apply.h"

#define TRIES 100 /* while others change the blocks, too */

static bool has_expired(const struct block *block, const void *now_ns)
{
    return block->expires_ns <= *(const u64 *)now_ns;
}

static int why_image(int error, struct why *why)
{
    return why_set(why, error, "%s",
                   error == -ENOMEM ? "out of memory" : "the blocks in force cannot be read");
}

int apply_read_blocks(struct guard *guard, enum block_origin origin, struct blocks *blocks,
                      struct why *why)
{
    const struct tables_header *image;
    u64 now_ns = monotonic_ns();
    int error = guard_blocks(guard, origin, &image, why);

    if (error)
        return error;
    error = blocks_of_image(image, blocks);
    if (!error)
        blocks_remove(blocks, has_expired, &now_ns);
    return error ? why_image(error, why) : 0;
}

/* The blocks as they will be, and what they depend on. */
struct change {
    struct blocks blocks;
    u64 changes;         /* as it was when they were read */
    struct image *image; /* NULL: there are none */
};

static void change_clear(struct change *change)
{
    blocks_clear(&change->blocks);
    image_free(change->image);
    *change = (struct change){0};
}

static int read_and_edit(const struct block_request *request, struct change *change,
                         struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    int error = guard_open(request->interface, GUARD_READ, &guard, why);

    if (!error)
        error = apply_read_blocks(guard, request->origin, &change->blocks, why);
    if (!error)
        error = request->edit(&change->blocks, monotonic_ns(), request->context, why);
    if (error)
        return error;
    change->changes = guard_block_changes(guard);
    blocks_number(&change->blocks, guard_next_block(guard));
    if (request->origin == BLOCK_MANUAL)
        blocks_sort(&change->blocks);
    return 0;
}

static int why_diag(int error, const struct diag *diag, struct why *why)
{
    char text[sizeof(why->text)] = "out of memory";

    diag_first(diag, SEVERITY_ERROR, text, sizeof(text));
    return why_set(why, error, "%s", text);
}

static int ask_host(const char *interface, struct host **host, struct why *why)
{
    int error = addresses_ask(interface, host);

    if (!error)
        error = session_imply(*host);
    return error ? why_set(why, error, "cannot ask the kernel for the addresses of this host: %s",
                           strerror(-error))
                 : 0;
}

static bool is_old(const struct block *block, const void *context)
{
    (void)context;
    return !block->fresh;
}

/* Would those that are fresh lock somebody out? */
static int check_lockout(const struct block_request *request, const struct blocks *blocks,
                         const struct host *host, struct diag *diag, struct why *why)
{
    CLEANUP(blocks_clear) struct blocks fresh = {0};
    char name[INTERFACE_NAME_BYTES];
    struct image *image = NULL;
    int error = 0;

    for (size_t i = 0; !error && i < blocks->count; i++)
        if (!is_old(&blocks->list[i], NULL))
            error = blocks_add(&fresh, &blocks->list[i]);
    if (!error && !fresh.count)
        return 0;
    if (!error)
        error = blocks_compile_list(&fresh, host, &image, diag);
    if (error)
        return why_diag(error, diag, why);
    interface_canonical(request->interface, name);
    error = lockout_check_blocks(image->header, blocks_name, &fresh, name, why);
    image_free(image);
    return error;
}

static int compile(const struct block_request *request, struct change *change, struct diag *diag,
                   struct why *why)
{
    CLEANUP(host_freep) struct host *host = NULL;
    int error = change->blocks.count ? ask_host(request->interface, &host, why) : 0;

    if (error || !change->blocks.count)
        return error;
    error = blocks_compile_list(&change->blocks, host, &change->image, diag);
    if (error)
        return why_diag(error, diag, why);
    return request->force ? 0 : check_lockout(request, &change->blocks, host, diag, why);
}

/* Returns -EAGAIN if somebody else has changed blocks since they were read. */
static int set(const struct block_request *request, const struct change *change, struct why *mended,
               struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    int error = apply_open(request->interface, false, &guard, mended, why);

    if (error)
        return error;
    if (guard_block_changes(guard) != change->changes)
        return -EAGAIN;
    return guard_set_blocks(guard, request->origin, change->image, why);
}

int apply_blocks(const struct block_request *request, struct diag *diag, struct why *mended,
                 struct why *why)
{
    int error = -EAGAIN;

    for (int tries = 0; error == -EAGAIN && tries < TRIES; tries++) {
        CLEANUP(change_clear) struct change change = {0};
        error = read_and_edit(request, &change, why);
        if (!error)
            error = compile(request, &change, diag, why);
        if (!error && !request->only_try)
            error = set(request, &change, mended, why);
    }
    return error == -EAGAIN ? why_set(why, error, "others change the blocks of %s all the time",
                                      request->interface)
                            : error;
}
