/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Views: the read-only part of a guard, and sharing it with a process that has only read-only
 * descriptors. */
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

static const enum pin pins_of_view[VIEW_MAPS] = {
    [VIEW_COUNTERS] = PIN_COUNTERS,
    [VIEW_REASONS] = PIN_REASONS,
    [VIEW_FLOWS] = PIN_FLOWS,
    [VIEW_SEEN] = PIN_SEEN,
    [VIEW_INTERFACE] = PIN_INTERFACE,
    [VIEW_BANS] = PIN_BANS,
    [VIEW_BAN_PREFIXES] = PIN_BAN_PREFIXES,
    [VIEW_BANNING] = PIN_BANNING,
    [VIEW_LIMIT_BANS] = PIN_LIMIT_BANS,
    [VIEW_LIMIT_LINES] = PIN_LIMIT_LINES,
    [VIEW_REFUSALS] = PIN_REFUSALS,
    [VIEW_COOKIES] = PIN_COOKIES,
    [VIEW_BLOCKING] = PIN_BLOCKING,
    [VIEW_BLOCK_NAMES] = PIN_BLOCK_NAMES,
    [VIEW_BLOCK_COUNTERS] = PIN_BLOCK_COUNTERS,
};

void guard_view(const struct guard *guard, struct view *view)
{
    guard_outline(guard, &view->outline);
    view->tables = guard_tables(guard);
    view->rules = guard->rules;
    view->rule_count = guard_numbers(guard);
    for (enum view_map map = 0; map < VIEW_MAPS; map++)
        view->maps[map] = guard->maps[pins_of_view[map]];
}

static int open_maps(const struct guard *guard, struct view_files *files)
{
    LIBBPF_OPTS(bpf_obj_get_opts, options, .file_flags = BPF_F_RDONLY);

    for (enum view_map map = 0; map < VIEW_MAPS; map++) {
        char path[PATH_BYTES];
        bpffs_join(guard->path, pin_names[pins_of_view[map]], path);
        files->files[map] = bpf_obj_get_opts(path, &options);
        if (files->files[map] < 0)
            return -errno;
    }
    return 0;
}

static int write_all(int file, const void *from, size_t bytes)
{
    ssize_t wrote = write(file, from, bytes);
    return wrote == (ssize_t)bytes ? 0 : wrote < 0 ? -errno : -EIO;
}

/* Writes the header, the rules, the path and which rules have limits as a block like that of the
 * tables. */
static int write_tables(const struct guard *guard, int file, size_t *bytes)
{
    const struct tables_header *tables = guard_tables(guard);
    struct tables_header header = *tables;
    u32 rules_words = tables->rules_count * (u32)(sizeof(struct tables_rule) / sizeof(u32));
    u32 words =
        sizeof(header) / sizeof(u32) + rules_words + tables->path_words + tables->limits_count;

    header.words = (words + 1) & ~1u; /* entries are 64-bit aligned */
    header.rules = sizeof(header) / sizeof(u32);
    header.path = header.rules + rules_words;
    header.limits = header.path + tables->path_words;
    header.archive = header.archive_words = 0;
    *bytes = header.words * sizeof(u32);
    int error = write_all(file, &header, sizeof(header));
    if (!error)
        error = write_all(file, tables_rules(tables), rules_words * sizeof(u32));
    if (!error)
        error = write_all(file, tables_path(tables), tables->path_words * sizeof(u32));
    if (!error)
        error = write_all(file, (const u32 *)tables + tables->limits,
                          tables->limits_count * sizeof(u32));
    if (!error && words < header.words)
        error = write_all(file, &(u32){0}, sizeof(u32));
    return error;
}

/* Linux 6.3 and newer want a file to be marked as not executable, and may insist. */
static int create_file(void)
{
    int file = memfd_create("rules", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
    if (file < 0 && errno == EINVAL)
        file = memfd_create("rules", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return file < 0 ? -errno : file;
}

static int write_rules(const struct guard *guard, struct view_files *files)
{
    int file = create_file();

    if (file < 0)
        return file;
    files->files[VIEW_RULES] = file;
    files->rule_count = guard_numbers(guard);
    int error = write_tables(guard, file, &files->tables_bytes);
    if (!error)
        error = write_all(file, guard->rules, files->rule_count * sizeof(*guard->rules));
    if (!error && fcntl(file, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK))
        error = -errno;
    return error;
}

int guard_share(const struct guard *guard, struct view_files *files, struct why *why)
{
    CLEANUP(view_files_close) struct view_files made;

    memset(made.files, -1, sizeof(made.files));
    guard_outline(guard, &made.outline);
    int error = open_maps(guard, &made);
    if (!error)
        error = write_rules(guard, &made);
    if (error)
        return why_kernel(why, error, "cannot prepare the state to be read by others");
    *files = made;
    memset(made.files, -1, sizeof(made.files));
    return 0;
}

void view_files_close(struct view_files *files)
{
    for (int file = 0; file < VIEW_FILES; file++) {
        close_descriptor(&files->files[file]);
        files->files[file] = -1;
    }
}

int view_prepare(void)
{
    int cpus = guard_cpus();
    return cpus < 0 ? cpus : 0;
}

struct shared_view {
    struct view view;
    struct view_files files;
    struct mapping rules;
};

static int map_rules(struct shared_view *shared)
{
    const struct view_files *files = &shared->files;
    size_t bytes = files->tables_bytes + files->rule_count * sizeof(struct rule_entry);

    if (files->tables_bytes < sizeof(struct tables_header))
        return -EPROTO;
    void *memory = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, files->files[VIEW_RULES], 0);
    if (memory == MAP_FAILED)
        return -errno;
    shared->rules = (struct mapping){memory, bytes};
    shared->view.tables = memory;
    shared->view.rules = (void *)((char *)memory + files->tables_bytes);
    shared->view.rule_count = files->rule_count;
    return 0;
}

static void shared_view_close(struct shared_view *shared)
{
    if (!shared)
        return;
    mapping_close(&shared->rules);
    view_files_close(&shared->files);
    free(shared);
}

void shared_view_closep(struct shared_view **shared)
{
    shared_view_close(*shared);
}

int shared_view_open(struct view_files *files, struct shared_view **shared, struct why *why)
{
    CLEANUP(view_files_close) struct view_files taken = *files;
    CLEANUP(shared_view_closep) struct shared_view *made = calloc(1, sizeof(*made));

    memset(files->files, -1, sizeof(files->files));
    if (!made)
        return why_set(why, -ENOMEM, "out of memory");
    made->files = taken;
    memset(taken.files, -1, sizeof(taken.files));
    made->view.outline = made->files.outline;
    memcpy(made->view.maps, made->files.files, sizeof(made->view.maps));
    int error = map_rules(made);
    if (error)
        return why_kernel(why, error, "cannot read the state");
    *shared = TAKE_PTR(made);
    return 0;
}

const struct view *shared_view(const struct shared_view *shared)
{
    return &shared->view;
}

bool shared_view_is_current(const struct shared_view *shared)
{
    struct interface_state now;
    u32 key = 0;

    return !bpf_map_lookup_elem(shared->view.maps[VIEW_INTERFACE], &key, &now) &&
           now.swaps == shared->view.outline.state.swaps;
}
