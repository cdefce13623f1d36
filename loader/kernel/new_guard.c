/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turning a guard that was made into one that is attached: putting its root programs on the
 * interface for the first time, and pinning what they depend on. */
#include "new_guard.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "../base/memory.h"

static int pin_into(const char *folder, const char *name, int descriptor)
{
    char path[PATH_BYTES];
    bpffs_join(folder, name, path);
    return bpf_obj_pin(descriptor, path) ? -errno : 0;
}

/* Pins all maps, in a folder that nobody reads, before anything is attached. Seats are emptied once
 * neither a process nor a pin refers to them, and the programs of a killed command outlive its
 * descriptors for a moment, during which they would drop everything. */
static int pin_maps(struct new_guard *made)
{
    const struct guard *guard = made->guard;
    char fresh[PATH_BYTES], name[16];

    bpffs_interface_path(guard->interface, true, fresh);
    int error = mkdir(fresh, 0700) ? -errno : 0;
    made->unfinished = !error;
    for (int pin = 0; !error && pin < PINS; pin++)
        error = pin_into(fresh, pin_names[pin], guard->maps[pin]);
    for (u32 seat = 0; !error && seat < SEATS; seat++) {
        snprintf(name, sizeof(name), "tables_%u", seat);
        if (guard->generations[seat].tables >= 0)
            error = pin_into(fresh, name, guard->generations[seat].tables);
    }
    if (!error)
        error = blocks_pin_all(guard, pin_into, fresh);
    return error;
}

/* Pins the links as well; then the folder gets its final name. */
static int pin_links(struct new_guard *made, int link_in)
{
    const struct guard *guard = made->guard;
    char fresh[PATH_BYTES];
    int error = 0;

    bpffs_interface_path(guard->interface, true, fresh);
    if (made->link_out >= 0)
        error = pin_into(fresh, link_pins[DIRECTION_OUT], made->link_out);
    if (!error && link_in >= 0)
        error = pin_into(fresh, link_pins[DIRECTION_IN], link_in);
    if (!error && guard->completer >= 0)
        error = pin_into(fresh, COMPLETER_PIN, guard->completer);
    if (!error && rename(fresh, guard->path))
        error = -errno;
    made->unfinished = error;
    return error;
}

static int why_unpinned(struct why *why, int error)
{
    return why_kernel(why, error, "cannot pin the state under " PINS_ROOT);
}

static struct hanging hanging_of(const struct new_guard *made)
{
    return (struct hanging){made->guard, &made->roots, made->mode};
}

int new_guard_attach_out(struct new_guard *made, struct why *why)
{
    const struct hanging hanging = hanging_of(made);
    int error = attach_is_vacant(made->guard, why);

    if (error)
        return error;
    error = pin_maps(made);
    if (error)
        return why_unpinned(why, error);
    error = attach_egress(&hanging, &made->link_out, why);
    made->out_attached = !error;
    return error;
}

int new_guard_attach(struct new_guard *made, struct why *note, struct why *why)
{
    const struct hanging hanging = hanging_of(made);
    CLEANUP_CLOSE int link_in = -1;

    int error = made->out_attached ? 0 : new_guard_attach_out(made, why);
    if (!error)
        error = attach_ingress(&hanging, &link_in, note, why);
    if (error)
        return error;
    error = pin_links(made, link_in);
    if (error)
        return why_unpinned(why, error);
    made->out_attached = false;
    return 0;
}

struct guard *new_guard_guard(const struct new_guard *made)
{
    return made->guard;
}

struct new_guard *new_guard_new(const char *interface, enum attach_mode mode)
{
    struct new_guard *made = calloc(1, sizeof(*made));

    if (!made)
        return NULL;
    *made = (struct new_guard){
        .guard = guard_new(interface), .roots = {{-1, -1}}, .mode = mode, .link_out = -1};
    if (made->guard)
        return made;
    free(made);
    return NULL;
}

/* A link ends with its descriptor; a filter on clsact has to be taken off. */
static void abandon(struct new_guard *made)
{
    char fresh[PATH_BYTES];

    if (made->out_attached)
        attach_clear_clsact(made->guard);
    close_descriptor(&made->link_out);
    if (!made->unfinished)
        return;
    bpffs_interface_path(made->guard->interface, true, fresh);
    bpffs_remove(fresh);
}

void new_guard_close(struct new_guard *made)
{
    if (!made)
        return;
    abandon(made);
    roots_close(&made->roots);
    guard_close(made->guard);
    free(made);
}

void new_guard_closep(struct new_guard **made)
{
    new_guard_close(*made);
}
