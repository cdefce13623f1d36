/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A generation: a compiled policy as the kernel holds it, its tables and the programs over them. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../base/memory.h"
#include "embedded.h"
#include "guard.h"

int generation_create_tables(const struct tables_header *header, int *tables, struct why *why)
{
    LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
    size_t bytes = (size_t)header->words * sizeof(u32);
    CLEANUP_CLOSE int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "tables", sizeof(u32),
                                          (u32)(bytes + TABLES_SLACK * sizeof(u32)), 1, &options);
    if (fd < 0)
        return why_kernel(why, fd, "cannot create the tables");
    struct mapping mapping = {.bytes = bytes};
    int error = mapping_open(fd, true, &mapping);
    if (error)
        return why_kernel(why, error, "cannot fill the tables");
    memcpy(mapping.memory, header, bytes);
    mapping_close(&mapping);
    *tables = TAKE_FD(fd);
    return 0;
}

static int load(const struct guard *guard, enum direction direction,
                const struct tables_header *header, int tables, int *program)
{
    const struct embedded *embedded = embedded_of(direction, header);
    struct bpf_object *object = embedded_open(embedded);
    int error = object ? embedded_prepare(guard, object, header, tables, embedded->judge) : -errno;

    if (!error)
        error = bpf_object__load(object);
    if (!error)
        *program = dup(bpf_program__fd(bpf_object__find_program_by_name(object, embedded->judge)));
    if (!error && *program < 0)
        error = -errno;
    bpf_object__close(object);
    return error;
}

void programs_close(struct programs *programs)
{
    close_descriptor(&programs->in);
    close_descriptor(&programs->out);
}

int generation_load(const struct guard *guard, const struct tables_header *header, int tables,
                    struct programs *programs, struct why *why)
{
    CLEANUP(programs_close) struct programs made = {-1, -1};
    int error = load(guard, DIRECTION_IN, header, tables, &made.in);
    if (!error)
        error = load(guard, DIRECTION_OUT, header, tables, &made.out);
    if (error)
        return why_kernel(why, error, "cannot load the programs of the policy");
    *programs = (struct programs){TAKE_FD(made.in), TAKE_FD(made.out)};
    return 0;
}

/* Overwriting a seat takes microseconds, emptying it first takes milliseconds: never empty it
 * first. */
int generation_enter(const struct guard *guard, u32 seat, const struct programs *programs,
                     struct why *why)
{
    int error = bpf_map_update_elem(guard->maps[PIN_SEATS_IN], &seat, &programs->in, BPF_ANY);
    if (!error)
        error = bpf_map_update_elem(guard->maps[PIN_SEATS_OUT], &seat, &programs->out, BPF_ANY);
    return error ? why_kernel(why, error, "cannot seat the programs of the policy") : 0;
}

void generation_leave(const struct guard *guard, u32 seat)
{
    bpf_map_delete_elem(guard->maps[PIN_SEATS_IN], &seat);
    bpf_map_delete_elem(guard->maps[PIN_SEATS_OUT], &seat);
}
