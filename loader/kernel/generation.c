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

/* Before it is loaded: OBJECT, whose constant data begins with *CONSTANT, is to judge by TABLES,
 * which begin with HEADER. */
static int prepare(const struct guard *guard, const struct bpf_object *object,
                   const volatile struct tables_header *constant,
                   const struct tables_header *header, int tables)
{
    memcpy((void *)constant, header, sizeof(*header));
    int error = pin_maps_reuse(guard, object);
    return error ? error
                 : bpf_map__reuse_fd(bpf_object__find_map_by_name(object, "tables"), tables);
}

static int load_in(const struct guard *guard, const struct tables_header *header, int tables,
                   int *program)
{
    struct inbound_bpf *object = inbound_bpf__open();
    if (!object)
        return -errno;
    bpf_program__set_autoload(object->progs.ask_in, false);
    int error = prepare(guard, object->obj, &object->rodata->header, header, tables);
    if (!error)
        error = inbound_bpf__load(object);
    if (!error)
        *program = dup(bpf_program__fd(object->progs.judge_in));
    inbound_bpf__destroy(object);
    return error ? error : *program < 0 ? -errno : 0;
}

static int load_out(const struct guard *guard, const struct tables_header *header, int tables,
                    int *program)
{
    struct outbound_bpf *object = outbound_bpf__open();
    if (!object)
        return -errno;
    bpf_program__set_autoload(object->progs.ask_out, false);
    object->rodata->socket_backlog_at = socket_backlog_offset();
    int error = prepare(guard, object->obj, &object->rodata->header, header, tables);
    if (!error)
        error = outbound_bpf__load(object);
    if (!error)
        *program = dup(bpf_program__fd(object->progs.judge_out));
    outbound_bpf__destroy(object);
    return error ? error : *program < 0 ? -errno : 0;
}

u64 version_of_programs(void)
{
    struct iovec objects[2];

    objects[0].iov_base = (void *)inbound_bpf__elf_bytes(&objects[0].iov_len);
    objects[1].iov_base = (void *)outbound_bpf__elf_bytes(&objects[1].iov_len);
    return version_of(objects, 2);
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

/* The same programs once more, to be asked instead of attached; what they remember is their own. */
#define ASKER_ENTRIES 4096

static const struct {
    enum pin pin;
    size_t stamps; /* of CLOCK_MONOTONIC, that its values begin with */
} asker_own[] = {{PIN_FLOWS, 2}, {PIN_FRAGMENTS, 1}, {PIN_REPLIES, 1}};

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

static void asker_freep(struct asker **asker)
{
    asker_free(*asker);
}

/* Instead of the interface's, both programs get a map of their own; of the same name, since libbpf
 * renames what reuses another. */
static int asker_share(const struct asker *asker, enum pin pin, u32 entries)
{
    struct bpf_map *in = pin_map(asker->in->obj, pin), *out = pin_map(asker->out->obj, pin);
    LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = bpf_map__map_flags(in));
    CLEANUP_CLOSE int map =
        bpf_map_create(bpf_map__type(in), bpf_map__name(in), bpf_map__key_size(in),
                       bpf_map__value_size(in), entries, &options);
    if (map < 0)
        return map;
    int error = bpf_map__reuse_fd(in, map);
    return error ? error : bpf_map__reuse_fd(out, map);
}

static int asker_prepare(const struct guard *guard, struct asker *asker)
{
    const struct generation *generation = &guard->generations[guard->word->active];
    const struct tables_header *header = generation->block.memory;

    bpf_program__set_autoload(asker->in->progs.judge_in, false);
    bpf_program__set_autoload(asker->out->progs.judge_out, false);
    asker->out->rodata->socket_backlog_at = socket_backlog_offset();
    int error =
        prepare(guard, asker->in->obj, &asker->in->rodata->header, header, generation->tables);
    if (!error)
        error = prepare(guard, asker->out->obj, &asker->out->rodata->header, header,
                        generation->tables);
    for (size_t i = 0; !error && i < ARRAY_SIZE(asker_own); i++)
        error = asker_share(asker, asker_own[i].pin, ASKER_ENTRIES);
    return error ? error : asker_share(asker, PIN_REMOTES, 1);
}

static int asker_make(const struct guard *guard, struct asker **asker)
{
    CLEANUP(asker_freep) struct asker *made = calloc(1, sizeof(*made));
    if (!made || !(made->in = inbound_bpf__open()) || !(made->out = outbound_bpf__open()))
        return -errno;
    int error = asker_prepare(guard, made);
    if (!error)
        error = inbound_bpf__load(made->in);
    if (!error)
        error = outbound_bpf__load(made->out);
    if (!error)
        *asker = TAKE_PTR(made);
    return error;
}

static int asker_open(struct guard *guard, struct why *why)
{
    int error = guard->asker ? 0 : asker_make(guard, &guard->asker);
    return error ? why_kernel(why, error, "cannot load the programs to ask") : 0;
}

/* Returns -ENOENT when the interface has nothing under KEY. */
static int asker_copy(const struct guard *guard, enum pin pin, const void *key)
{
    union {
        struct flow flow;
        struct fragment fragment;
    } value;
    int own = bpf_map__fd(pin_map(guard->asker->in->obj, pin));
    int error = bpf_map_lookup_elem(guard->maps[pin], key, &value);

    return error ? error : bpf_map_update_elem(own, key, &value, BPF_ANY);
}

/* After the flows: where one stands, its bit was set before. */
static int asker_copy_remotes(const struct guard *guard)
{
    CLEANUP_FREE struct remotes *remotes = calloc(1, sizeof(*remotes));
    int own = bpf_map__fd(pin_map(guard->asker->in->obj, PIN_REMOTES));
    u32 zero = 0;
    if (!remotes)
        return -ENOMEM;

    int error = bpf_map_lookup_elem(guard->maps[PIN_REMOTES], &zero, remotes);
    return error ? error : bpf_map_update_elem(own, &zero, remotes, BPF_ANY);
}

int guard_ask_knowing(struct guard *guard, const struct flow_key *flow,
                      const struct fragment_key *fragment, struct why *why)
{
    const void *const keys[] = {flow, fragment}; /* as asker_own has them */
    int error = asker_open(guard, why);

    for (size_t i = 0; !error && i < ARRAY_SIZE(keys); i++) {
        int result = keys[i] ? asker_copy(guard, asker_own[i].pin, keys[i]) : 0;
        if (result && result != -ENOENT)
            error = why_kernel(why, result, "cannot read the flows");
    }
    int result = error ? 0 : asker_copy_remotes(guard);
    return result ? why_kernel(why, result, "cannot read the flows") : error;
}

void guard_ask_anew(struct guard *guard)
{
    u8 key[sizeof(struct flow_key) + sizeof(struct fragment_key)]; /* longer than any */

    for (size_t i = 0; guard->asker && i < ARRAY_SIZE(asker_own); i++) {
        int map = bpf_map__fd(pin_map(guard->asker->in->obj, asker_own[i].pin));
        while (!bpf_map_get_next_key(map, NULL, key))
            bpf_map_delete_elem(map, key);
    }
}

/* Set the first STAMPS words of every value back by NS. */
static int map_age(const struct bpf_map *map, size_t stamps, u64 ns)
{
    size_t value_bytes = bpf_map__value_size(map);
    CLEANUP_FREE void *keys = calloc(ASKER_ENTRIES, bpf_map__key_size(map));
    CLEANUP_FREE u8 *values = calloc(ASKER_ENTRIES, value_bytes);
    u32 count = ASKER_ENTRIES, place;
    if (!keys || !values)
        return -ENOMEM;

    int error = bpf_map_lookup_batch(bpf_map__fd(map), NULL, &place, keys, values, &count, NULL);
    if (error && error != -ENOENT) /* which says that these are all */
        return error;
    for (u32 i = 0; i < count; i++) {
        u64 *stamp = (u64 *)(values + i * value_bytes);
        for (size_t n = 0; n < stamps; n++) {
            if (stamp[n] < ns)
                return -ERANGE;
            stamp[n] -= ns;
        }
    }
    return count ? bpf_map_update_batch(bpf_map__fd(map), keys, values, &count, NULL) : 0;
}

int guard_ask_later(struct guard *guard, unsigned int seconds)
{
    int error = 0;

    for (size_t i = 0; !error && guard->asker && i < ARRAY_SIZE(asker_own); i++)
        error = map_age(pin_map(guard->asker->in->obj, asker_own[i].pin), asker_own[i].stamps,
                        seconds * SECOND_NS);
    return error;
}

/* A frame of ours belongs to no socket. To have come in by some interface before it went out is to
 * be forwarded. */
void guard_ask_of_stranger(struct guard *guard, bool stranger)
{
    guard->asks_of_stranger = stranger;
}

int guard_ask(struct guard *guard, enum direction direction, const void *frame, size_t length,
              struct outcome *outcome, struct why *why)
{
    struct __sk_buff forwarded = {.ingress_ifindex = guard->ifindex};
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = (u32)length,
                .repeat = 1);
    int error = asker_open(guard, why);
    if (error)
        return error;
    bool in = direction == DIRECTION_IN;
    if (!in && !guard->asks_of_stranger) {
        options.ctx_in = &forwarded;
        options.ctx_size_in = sizeof(forwarded);
    }
    int program = in ? bpf_program__fd(guard->asker->in->progs.ask_in)
                     : bpf_program__fd(guard->asker->out->progs.ask_out);
    const void *answer = in ? (const void *)&guard->asker->in->bss->answer
                            : (const void *)&guard->asker->out->bss->answer;
    error = bpf_prog_test_run_opts(program, &options);
    if (error)
        return why_kernel(why, error, "the kernel would not run the program on this frame");
    memcpy(outcome, answer, sizeof(*outcome));
    return 0;
}
