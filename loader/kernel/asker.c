/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs in force, loaded a second time to be asked instead of attached: they judge the same
 * way, count nothing, and keep their own memory. */
#include "asker.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

#include "../base/memory.h"
#include "embedded.h"

const enum pin asker_pins[ASKER_MAPS] = {
    [ASKER_FLOWS] = PIN_FLOWS,
    [ASKER_FRAGMENTS] = PIN_FRAGMENTS,
    [ASKER_REPLIES] = PIN_REPLIES,
};

void asker_free(struct asker *asker)
{
    if (!asker)
        return;
    for (enum direction direction = DIRECTION_IN; direction < DIRECTIONS; direction++)
        bpf_object__close(asker->objects[direction]);
    free(asker);
}

void asker_freep(struct asker **asker)
{
    asker_free(*asker);
}

struct bpf_map *asker_map(const struct asker *asker, enum pin pin)
{
    return pin_map(asker->objects[DIRECTION_IN], pin);
}

/* Both programs get their own map instead of the interface's. It has the same name, because libbpf
 * renames a map that reuses another. */
static int share_map(const struct asker *asker, enum pin pin, u32 entries)
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

static int prepare(struct asker *asker)
{
    const struct guard *guard = asker->guard;
    const struct generation *generation = &guard->generations[guard->word->active];
    const struct tables_header *header = generation->block.memory;
    int error = 0;

    for (enum direction direction = DIRECTION_IN; !error && direction < DIRECTIONS; direction++) {
        const struct embedded *embedded = embedded_of(direction, header);
        asker->objects[direction] = embedded_open(embedded);
        error = asker->objects[direction]
                    ? embedded_prepare(guard, asker->objects[direction], header, generation->tables,
                                       embedded->ask)
                    : -errno;
    }
    for (size_t i = 0; !error && i < ASKER_MAPS; i++)
        error = share_map(asker, asker_pins[i], ASKER_ENTRIES);
    if (!error)
        error = share_map(asker, PIN_REMOTES, 1);
    /* What is asked about is not counted. */
    return error ? error : share_map(asker, PIN_COOKIES, 1);
}

static int load(struct asker *asker)
{
    const struct tables_header *header = guard_tables(asker->guard);
    int error = prepare(asker);

    for (enum direction direction = DIRECTION_IN; !error && direction < DIRECTIONS; direction++) {
        struct bpf_object *object = asker->objects[direction];
        error = bpf_object__load(object);
        asker->programs[direction] = bpf_program__fd(
            bpf_object__find_program_by_name(object, embedded_of(direction, header)->ask));
        asker->answers[direction] =
            bpf_map__fd(bpf_object__find_map_by_name(object, ".data.answer"));
    }
    return error;
}

int asker_new(const struct guard *guard, struct asker **asker, struct why *why)
{
    CLEANUP(asker_freep) struct asker *made = calloc(1, sizeof(*made));

    if (!made)
        return why_set(why, -ENOMEM, "out of memory");
    made->guard = guard;
    int error = load(made);
    if (error)
        return why_kernel(why, error, "cannot load the programs to ask");
    *asker = TAKE_PTR(made);
    return 0;
}

/* Returns -ENOENT when the interface has nothing under KEY. */
static int copy_entry(const struct asker *asker, enum pin pin, const void *key)
{
    union {
        struct flow flow;
        struct fragment fragment;
        struct reply reply;
    } value;
    int own = bpf_map__fd(asker_map(asker, pin));
    int error = bpf_map_lookup_elem(asker->guard->maps[pin], key, &value);

    return error ? error : bpf_map_update_elem(own, key, &value, BPF_ANY);
}

/* Copied after the flows: a flow that is in the map had its bit set before. */
static int copy_remotes(const struct asker *asker)
{
    CLEANUP_FREE struct remotes *remotes = calloc(1, sizeof(*remotes));
    int own = bpf_map__fd(asker_map(asker, PIN_REMOTES));
    u32 zero = 0;
    if (!remotes)
        return -ENOMEM;

    int error = bpf_map_lookup_elem(asker->guard->maps[PIN_REMOTES], &zero, remotes);
    return error ? error : bpf_map_update_elem(own, &zero, remotes, BPF_ANY);
}

void asker_arrives(struct asker *asker, unsigned int zone)
{
    asker->arrives = zone;
}

int asker_know(struct asker *asker, const struct flow_key *flow,
               const struct fragment_key *fragment, const struct flow_key *reply, struct why *why)
{
    int error = flow ? copy_entry(asker, PIN_FLOWS, flow) : 0;

    if (fragment && (!error || error == -ENOENT))
        error = copy_entry(asker, PIN_FRAGMENTS, fragment);
    if (reply && (!error || error == -ENOENT))
        error = copy_entry(asker, PIN_REPLIES, reply);
    if (!error || error == -ENOENT)
        error = copy_remotes(asker);
    return error ? why_kernel(why, error, "cannot read the flows") : 0;
}

/* Test runs give tc programs only frames that fit into a page. Of longer ones the program gets the
 * beginning, and is told how long they are. */
#define TC_FRAME_BYTES 3000u

/* Our frame belongs to no socket. A frame that came in through an interface before it goes out
 * counts as forwarded. */
int asker_ask(struct asker *asker, enum direction direction, const void *frame, size_t length,
              struct outcome *outcome, struct why *why)
{
    struct __sk_buff forwarded = {.ingress_ifindex = asker->guard->ifindex};
    bool bare = guard_tables(asker->guard)->seated.bare;
    bool whole = length <= TC_FRAME_BYTES || (direction == DIRECTION_IN && !bare);
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame,
                .data_size_in = whole ? (u32)length : TC_FRAME_BYTES, .repeat = 1);
    struct answer answer = {.frame_bytes = whole ? 0 : (u32)length,
                            .packets = asker->packets,
                            .arrives = asker->arrives};
    u32 zero = 0;

    if (direction == DIRECTION_OUT && !asker->of_stranger) {
        options.ctx_in = &forwarded;
        options.ctx_size_in = sizeof(forwarded);
    }
    int error = bpf_map_update_elem(asker->answers[direction], &zero, &answer, BPF_ANY);
    if (!error)
        error = bpf_prog_test_run_opts(asker->programs[direction], &options);
    if (error)
        return why_kernel(why, error, "the kernel would not run the program on this frame");
    error = bpf_map_lookup_elem(asker->answers[direction], &zero, &answer);
    if (error)
        return why_kernel(why, error, "cannot read the answer of the program");
    *outcome = answer.outcome;
    return 0;
}
