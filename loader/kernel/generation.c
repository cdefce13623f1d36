/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A generation: a compiled policy as the kernel holds it, its tables and the programs over them. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../memory.h"
#include "guard.h"
#include "inbound.skel.h"
#include "outbound.skel.h"

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

/* Both objects declare the same maps; all but the tables are the interface's. */
static int reuse_maps(const struct guard *guard, struct bpf_map *tables, int tables_fd,
                      struct bpf_map *counters, struct bpf_map *reasons)
{
    int error = bpf_map__reuse_fd(tables, tables_fd);
    if (!error)
        error = bpf_map__reuse_fd(counters, guard->maps[PIN_COUNTERS]);
    return error ? error : bpf_map__reuse_fd(reasons, guard->maps[PIN_REASONS]);
}

static int open_inbound(const struct guard *guard, const struct tables_header *header, int tables,
                        int flows, struct inbound_bpf **object)
{
    struct inbound_bpf *made = inbound_bpf__open();
    if (!made)
        return -errno;
    memcpy((void *)&made->rodata->header, header, sizeof(*header));
    int error =
        reuse_maps(guard, made->maps.tables, tables, made->maps.counters, made->maps.reasons);
    if (!error)
        error = bpf_map__reuse_fd(made->maps.flows, flows);
    if (error)
        inbound_bpf__destroy(made);
    else
        *object = made;
    return error;
}

static int open_outbound(const struct guard *guard, const struct tables_header *header, int tables,
                         int flows, struct outbound_bpf **object)
{
    struct outbound_bpf *made = outbound_bpf__open();
    if (!made)
        return -errno;
    memcpy((void *)&made->rodata->header, header, sizeof(*header));
    int error =
        reuse_maps(guard, made->maps.tables, tables, made->maps.counters, made->maps.reasons);
    if (!error)
        error = bpf_map__reuse_fd(made->maps.flows, flows);
    if (error)
        outbound_bpf__destroy(made);
    else
        *object = made;
    return error;
}

static int load_in(const struct guard *guard, const struct tables_header *header, int tables,
                   int *program)
{
    struct inbound_bpf *object;
    int error = open_inbound(guard, header, tables, guard->maps[PIN_FLOWS], &object);
    if (error)
        return error;
    bpf_program__set_autoload(object->progs.ask_in, false);
    error = inbound_bpf__load(object);
    if (!error)
        *program = dup(bpf_program__fd(object->progs.judge_in));
    inbound_bpf__destroy(object);
    return error ? error : *program < 0 ? -errno : 0;
}

static int load_out(const struct guard *guard, const struct tables_header *header, int tables,
                    int *program)
{
    struct outbound_bpf *object;
    int error = open_outbound(guard, header, tables, guard->maps[PIN_FLOWS], &object);
    if (error)
        return error;
    bpf_program__set_autoload(object->progs.ask_out, false);
    error = outbound_bpf__load(object);
    if (!error)
        *program = dup(bpf_program__fd(object->progs.judge_out));
    outbound_bpf__destroy(object);
    return error ? error : *program < 0 ? -errno : 0;
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
    int error = load_in(guard, header, tables, &made.in);
    if (!error)
        error = load_out(guard, header, tables, &made.out);
    if (error)
        return why_kernel(why, error, "cannot load the programs of the policy");
    *programs = (struct programs){TAKE_FD(made.in), TAKE_FD(made.out)};
    return 0;
}

/* Overwriting a place takes microseconds, emptying one first milliseconds: never empty it first. */
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

/* The same programs once more, to be asked instead of attached; flows they make are their own. */
#define ASKER_FLOWS 4096

struct asker {
    struct inbound_bpf *in;
    struct outbound_bpf *out;
};

void asker_free(struct asker *asker)
{
    if (!asker)
        return;
    inbound_bpf__destroy(asker->in);
    outbound_bpf__destroy(asker->out);
    free(asker);
}

static int asker_make(const struct guard *guard, struct asker **asker)
{
    const struct generation *generation = &guard->generations[guard->word->active];
    const struct tables_header *header = generation->block.memory;
    CLEANUP_CLOSE int flows =
        bpf_map_create(BPF_MAP_TYPE_LRU_HASH, "asker_flows", sizeof(struct flow_key),
                       sizeof(struct flow), ASKER_FLOWS, NULL);
    struct asker *made = calloc(1, sizeof(*made));
    int error = !made ? -ENOMEM : flows < 0 ? flows : 0;
    if (!error)
        error = open_inbound(guard, header, generation->tables, flows, &made->in);
    if (!error)
        error = open_outbound(guard, header, generation->tables, flows, &made->out);
    if (!error) {
        bpf_program__set_autoload(made->in->progs.judge_in, false);
        bpf_program__set_autoload(made->out->progs.judge_out, false);
        error = inbound_bpf__load(made->in) ?: outbound_bpf__load(made->out);
    }
    if (error)
        asker_free(made);
    else
        *asker = made;
    return error;
}

void guard_ask_anew(struct guard *guard)
{
    struct flow_key key;
    if (!guard->asker)
        return;
    int flows = bpf_map__fd(guard->asker->in->maps.flows);
    while (!bpf_map_get_next_key(flows, NULL, &key))
        bpf_map_delete_elem(flows, &key);
}

int guard_ask(struct guard *guard, enum direction direction, const void *frame, size_t length,
              struct outcome *outcome, struct why *why)
{
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = (u32)length,
                .repeat = 1);
    if (!guard->asker) {
        int error = asker_make(guard, &guard->asker);
        if (error)
            return why_kernel(why, error, "cannot load the programs to ask");
    }
    bool in = direction == DIRECTION_IN;
    int program = in ? bpf_program__fd(guard->asker->in->progs.ask_in)
                     : bpf_program__fd(guard->asker->out->progs.ask_out);
    const void *answer = in ? (const void *)&guard->asker->in->bss->answer
                            : (const void *)&guard->asker->out->bss->answer;
    int error = bpf_prog_test_run_opts(program, &options);
    if (error)
        return why_kernel(why, error, "the kernel would not run the program on this frame");
    memcpy(outcome, answer, sizeof(*outcome));
    return 0;
}
