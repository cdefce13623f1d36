/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The embedded objects of the programs that judge: which one is needed, and preparing it to be
 * loaded. */
#include "embedded.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "../base/memory.h"
#include "guard.h"
#include "inbound.skel.h"
#include "inbound_tc.skel.h"
#include "inbound_tc_tracked.skel.h"
#include "inbound_tracked.skel.h"
#include "outbound.skel.h"
#include "outbound_tracked.skel.h"

static const struct embedded inbound = {inbound_bpf__elf_bytes, "inbound", "judge_in", "ask_in"};
static const struct embedded inbound_tc = {inbound_tc_bpf__elf_bytes, "inbound_tc", "judge_in",
                                           "ask_in"};
static const struct embedded inbound_tracked = {inbound_tracked_bpf__elf_bytes, "inbound_tracked",
                                                "judge_in", "ask_in"};
static const struct embedded inbound_tc_tracked = {inbound_tc_tracked_bpf__elf_bytes,
                                                   "inbound_tracked", "judge_in", "ask_in"};
static const struct embedded outbound = {outbound_bpf__elf_bytes, "outbound", "judge_out",
                                         "ask_out"};
static const struct embedded outbound_tracked = {outbound_tracked_bpf__elf_bytes,
                                                 "outbound_tracked", "judge_out", "ask_out"};

const struct embedded *embedded_of(enum direction direction, const struct tables_header *header)
{
    if (direction == DIRECTION_OUT)
        return header->seated.conntrack && header->arrivals_count ? &outbound_tracked : &outbound;
    if (header->seated.conntrack && header->switches.tcp_state == TCP_STATE_SOCKET_CONNTRACK)
        return header->seated.bare ? &inbound_tc_tracked : &inbound_tracked;
    return header->seated.bare ? &inbound_tc : &inbound;
}

/* Constants that the verifier is to know are in their own sections. Does nothing if OBJECT has no
 * such section. */
static void set_constant(const struct bpf_object *object, const char *section, const void *value,
                         size_t bytes)
{
    size_t size = 0;
    struct bpf_map *map = bpf_object__find_map_by_name(object, section);
    void *constant = map ? (void *)bpf_map__initial_value(map, &size) : NULL;

    if (constant && size >= bytes)
        memcpy(constant, value, bytes);
}

int embedded_prepare(const struct guard *guard, struct bpf_object *object,
                     const struct tables_header *header, int tables, const char *program)
{
    struct bpf_program *each;

    set_constant(object, ".rodata.header", header, sizeof(*header));
    set_constant(object, ".rodata.socket", &kernel_types_read()->places,
                 sizeof(struct socket_places));
    bpf_object__for_each_program (each, object)
        bpf_program__set_autoload(each, !strcmp(bpf_program__name(each), program));
    int error = pin_maps_reuse(guard, object);
    return error ? error
                 : bpf_map__reuse_fd(bpf_object__find_map_by_name(object, "tables"), tables);
}

struct bpf_object *embedded_open(const struct embedded *embedded)
{
    LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = embedded->name);
    size_t size;
    const void *bytes = embedded->bytes(&size);

    return bpf_object__open_mem(bytes, size, &options);
}

u64 embedded_version(void)
{
    static const struct embedded *const all[] = {
        &inbound, &inbound_tc, &inbound_tracked, &inbound_tc_tracked, &outbound, &outbound_tracked};
    struct iovec objects[ARRAY_SIZE(all)];

    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        objects[i].iov_base = (void *)all[i]->bytes(&objects[i].iov_len);
    return version_of(objects, ARRAY_SIZE(objects));
}
