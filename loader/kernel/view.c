/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Views: reading a guard with nothing but descriptors that can only read. */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../base/memory.h"
#include "guard.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8u
#endif

static const enum pin pins_of_view[VIEW_RULES] = {
    [VIEW_COUNTERS] = PIN_COUNTERS,
    [VIEW_REASONS] = PIN_REASONS,
    [VIEW_FLOWS] = PIN_FLOWS,
    [VIEW_SEEN] = PIN_SEEN,
    [VIEW_INTERFACE] = PIN_INTERFACE,
    [VIEW_BANS] = PIN_BANS,
    [VIEW_BAN_PREFIXES] = PIN_BAN_PREFIXES,
    [VIEW_BANNING] = PIN_BANNING,
};

static int open_maps(const struct guard *guard, struct guard_view *view)
{
    LIBBPF_OPTS(bpf_obj_get_opts, options, .file_flags = BPF_F_RDONLY);

    for (enum view_map map = 0; map < VIEW_RULES; map++) {
        char path[PATH_BYTES];
        bpffs_join(guard->path, pin_names[pins_of_view[map]], path);
        view->maps[map] = bpf_obj_get_opts(path, &options);
        if (view->maps[map] < 0)
            return -errno;
    }
    return 0;
}

static int write_all(int file, const void *from, size_t bytes)
{
    ssize_t wrote = write(file, from, bytes);
    return wrote == (ssize_t)bytes ? 0 : wrote < 0 ? -errno : -EIO;
}

/* The header, the rules and the path, in a block like that of the tables. */
static int write_tables(const struct guard *guard, int file, size_t *bytes)
{
    const struct tables_header *tables = guard_tables(guard);
    struct tables_header header = *tables;
    u32 rules_words = tables->rules_count * (u32)(sizeof(struct tables_rule) / sizeof(u32));
    u32 words = sizeof(header) / sizeof(u32) + rules_words + tables->path_words;

    header.words = (words + 1) & ~1u; /* entries are made of 64 bits */
    header.rules = sizeof(header) / sizeof(u32);
    header.path = header.rules + rules_words;
    header.archive = header.archive_words = 0;
    *bytes = header.words * sizeof(u32);
    int error = write_all(file, &header, sizeof(header));
    if (!error)
        error = write_all(file, tables_rules(tables), rules_words * sizeof(u32));
    if (!error)
        error = write_all(file, tables_path(tables), tables->path_words * sizeof(u32));
    if (!error && words < header.words)
        error = write_all(file, &(u32){0}, sizeof(u32));
    return error;
}

/* Linux 6.3 and newer want to know that nobody will execute it, and may insist. */
static int create_file(void)
{
    int file = memfd_create("rules", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
    if (file < 0 && errno == EINVAL)
        file = memfd_create("rules", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return file < 0 ? -errno : file;
}

static int write_rules(const struct guard *guard, struct guard_view *view)
{
    int file = create_file();

    if (file < 0)
        return file;
    view->maps[VIEW_RULES] = file;
    view->rule_count = guard_numbers(guard);
    int error = write_tables(guard, file, &view->tables_bytes);
    if (!error)
        error = write_all(file, guard->rules, view->rule_count * sizeof(*guard->rules));
    if (!error && fcntl(file, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK))
        error = -errno;
    return error;
}

int guard_view(const struct guard *guard, struct guard_view *view, struct why *why)
{
    CLEANUP(guard_view_close) struct guard_view made;

    memset(made.maps, -1, sizeof(made.maps));
    guard_outline(guard, &made.outline);
    int error = open_maps(guard, &made);
    if (!error)
        error = write_rules(guard, &made);
    if (error)
        return why_kernel(why, error, "cannot prepare the state to be read by others");
    *view = made;
    memset(made.maps, -1, sizeof(made.maps));
    return 0;
}

void guard_view_close(struct guard_view *view)
{
    for (enum view_map map = 0; map < VIEW_MAPS; map++) {
        close_descriptor(&view->maps[map]);
        view->maps[map] = -1;
    }
}

int view_prepare(void)
{
    int cpus = guard_cpus();
    return cpus < 0 ? cpus : 0;
}

static int map_rules(struct guard *guard, const struct guard_view *view)
{
    struct mapping *block = &guard->generations[guard->word->active].block;
    size_t bytes = view->tables_bytes + view->rule_count * sizeof(*guard->rules);

    if (view->tables_bytes < sizeof(struct tables_header))
        return -EPROTO;
    void *memory = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, view->maps[VIEW_RULES], 0);
    if (memory == MAP_FAILED)
        return -errno;
    *block = (struct mapping){memory, bytes};
    guard->rules = (void *)((char *)memory + view->tables_bytes);
    guard->capacity = view->rule_count;
    return 0;
}

int guard_from_view(struct guard_view *view, struct guard **guard, struct why *why)
{
    CLEANUP(guard_view_close) struct guard_view taken = *view;
    CLEANUP(guard_closep) struct guard *made = guard_new(view->outline.interface);

    memset(view->maps, -1, sizeof(view->maps));
    if (!made)
        return why_set(why, -ENOMEM, "out of memory");
    if (taken.outline.seat.active >= SEATS)
        return why_set(why, -EPROTO, "the state of %s is damaged", taken.outline.interface);
    made->is_view = true;
    made->outline = taken.outline;
    made->word = &made->outline.seat;
    made->state = &made->outline.state;
    for (enum view_map map = 0; map < VIEW_RULES; map++)
        made->maps[pins_of_view[map]] = TAKE_FD(taken.maps[map]);
    int error = map_rules(made, &taken);
    if (error)
        return why_kernel(why, error, "cannot read the state");
    *guard = TAKE_PTR(made);
    return 0;
}

bool guard_is_current(const struct guard *guard)
{
    struct interface_state now;
    u32 key = 0;

    return !bpf_map_lookup_elem(guard->maps[PIN_INTERFACE], &key, &now) &&
           now.swaps == guard->outline.state.swaps;
}
