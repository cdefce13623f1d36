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
#include "guard.h"
#include "inbound.skel.h"
#include "inbound_tc.skel.h"
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

/* An object of programs, and what they are called in it. */
struct source {
    const void *(*bytes)(size_t *size);
    const char *name, *judge, *ask;
};

static const struct source inbound = {inbound_bpf__elf_bytes, "inbound", "judge_in", "ask_in"};
static const struct source inbound_tc = {inbound_tc_bpf__elf_bytes, "inbound_tc", "judge_in",
                                         "ask_in"};
static const struct source outbound = {outbound_bpf__elf_bytes, "outbound", "judge_out", "ask_out"};

static const struct source *source_of(enum direction direction, const struct tables_header *header)
{
    if (direction == DIRECTION_OUT)
        return &outbound;
    return header->switches.bare ? &inbound_tc : &inbound;
}

/* Constants that the verifier is to know are in sections of their own. Does nothing where OBJECT
 * has no such one. */
static void set_constant(const struct bpf_object *object, const char *section, const void *value,
                         size_t bytes)
{
    size_t size = 0;
    struct bpf_map *map = bpf_object__find_map_by_name(object, section);
    void *constant = map ? (void *)bpf_map__initial_value(map, &size) : NULL;

    if (constant && size >= bytes)
        memcpy(constant, value, bytes);
}

/* Its programs are to judge by TABLES, which begin with HEADER; only that called PROGRAM is loaded
 * then. */
static int prepare(const struct guard *guard, struct bpf_object *object,
                   const struct tables_header *header, int tables, const char *program)
{
    struct bpf_program *each;
    u32 backlog_at = socket_backlog_offset();

    set_constant(object, ".rodata.header", header, sizeof(*header));
    set_constant(object, ".rodata.socket", &backlog_at, sizeof(backlog_at));
    bpf_object__for_each_program (each, object)
        bpf_program__set_autoload(each, !strcmp(bpf_program__name(each), program));
    int error = pin_maps_reuse(guard, object);
    return error ? error
                 : bpf_map__reuse_fd(bpf_object__find_map_by_name(object, "tables"), tables);
}

static struct bpf_object *open_object(const struct source *source)
{
    LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = source->name);
    size_t size;
    const void *bytes = source->bytes(&size);

    return bpf_object__open_mem(bytes, size, &options);
}

static int load(const struct guard *guard, enum direction direction,
                const struct tables_header *header, int tables, int *program)
{
    const struct source *source = source_of(direction, header);
    struct bpf_object *object = open_object(source);
    int error = object ? prepare(guard, object, header, tables, source->judge) : -errno;

    if (!error)
        error = bpf_object__load(object);
    if (!error)
        *program = dup(bpf_program__fd(bpf_object__find_program_by_name(object, source->judge)));
    if (!error && *program < 0)
        error = -errno;
    bpf_object__close(object);
    return error;
}

u64 version_of_programs(void)
{
    static const struct source *const all[] = {&inbound, &inbound_tc, &outbound};
    struct iovec objects[ARRAY_SIZE(all)];

    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        objects[i].iov_base = (void *)all[i]->bytes(&objects[i].iov_len);
    return version_of(objects, ARRAY_SIZE(objects));
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
    struct bpf_object *objects[DIRECTIONS];
    int programs[DIRECTIONS], answers[DIRECTIONS]; /* descriptors that end with them */
};

void asker_free(struct asker *asker)
{
    if (!asker)
        return;
    for (enum direction direction = DIRECTION_IN; direction < DIRECTIONS; direction++)
        bpf_object__close(asker->objects[direction]);
    free(asker);
}

/* The asker's own map instead of one of the interface's. */
static struct bpf_map *asker_map(const struct asker *asker, enum pin pin)
{
    return pin_map(asker->objects[DIRECTION_IN], pin);
}

static void asker_freep(struct asker **asker)
{
    asker_free(*asker);
}

/* Instead of the interface's, both programs get a map of their own; of the same name, since libbpf
 * renames what reuses another. */
static int asker_share(const struct asker *asker, enum pin pin, u32 entries)
{
    struct bpf_map *in = asker_map(asker, pin);
    struct bpf_map *out = pin_map(asker->objects[DIRECTION_OUT], pin);
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
    int error = 0;

    for (enum direction direction = DIRECTION_IN; !error && direction < DIRECTIONS; direction++) {
        const struct source *source = source_of(direction, header);
        asker->objects[direction] = open_object(source);
        error = asker->objects[direction] ? prepare(guard, asker->objects[direction], header,
                                                    generation->tables, source->ask)
                                          : -errno;
    }
    for (size_t i = 0; !error && i < ARRAY_SIZE(asker_own); i++)
        error = asker_share(asker, asker_own[i].pin, ASKER_ENTRIES);
    return error ? error : asker_share(asker, PIN_REMOTES, 1);
}

static int asker_load(const struct guard *guard, struct asker *asker)
{
    const struct tables_header *header = guard_tables(guard);
    int error = asker_prepare(guard, asker);

    for (enum direction direction = DIRECTION_IN; !error && direction < DIRECTIONS; direction++) {
        struct bpf_object *object = asker->objects[direction];
        error = bpf_object__load(object);
        asker->programs[direction] = bpf_program__fd(
            bpf_object__find_program_by_name(object, source_of(direction, header)->ask));
        asker->answers[direction] =
            bpf_map__fd(bpf_object__find_map_by_name(object, ".data.answer"));
    }
    return error;
}

static int asker_make(const struct guard *guard, struct asker **asker)
{
    CLEANUP(asker_freep) struct asker *made = calloc(1, sizeof(*made));
    int error = made ? asker_load(guard, made) : -ENOMEM;

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
    int own = bpf_map__fd(asker_map(guard->asker, pin));
    int error = bpf_map_lookup_elem(guard->maps[pin], key, &value);

    return error ? error : bpf_map_update_elem(own, key, &value, BPF_ANY);
}

/* After the flows: where one stands, its bit was set before. */
static int asker_copy_remotes(const struct guard *guard)
{
    CLEANUP_FREE struct remotes *remotes = calloc(1, sizeof(*remotes));
    int own = bpf_map__fd(asker_map(guard->asker, PIN_REMOTES));
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
        int map = bpf_map__fd(asker_map(guard->asker, asker_own[i].pin));
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
        error = map_age(asker_map(guard->asker, asker_own[i].pin), asker_own[i].stamps,
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
    struct answer answer;
    u32 zero = 0;
    int error = asker_open(guard, why);
    if (error)
        return error;
    if (direction == DIRECTION_OUT && !guard->asks_of_stranger) {
        options.ctx_in = &forwarded;
        options.ctx_size_in = sizeof(forwarded);
    }
    error = bpf_prog_test_run_opts(guard->asker->programs[direction], &options);
    if (error)
        return why_kernel(why, error, "the kernel would not run the program on this frame");
    error = bpf_map_lookup_elem(guard->asker->answers[direction], &zero, &answer);
    if (error)
        return why_kernel(why, error, "cannot read what the program said");
    *outcome = answer.outcome;
    return 0;
}
