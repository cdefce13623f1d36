/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of an interface: its maps, its memory, and closing it. */
#include "guard.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/memory.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

const char *const pin_names[PINS] = {
    [PIN_RULES] = "rules",
    [PIN_COUNTERS] = "counters",
    [PIN_REASONS] = "reasons",
    [PIN_FLOWS] = "flows",
    [PIN_FRAGMENTS] = "fragments",
    [PIN_REPLIES] = "replies",
    [PIN_SEEN] = "seen",
    [PIN_INTERFACE] = "interface",
    [PIN_SEAT] = "seat",
    [PIN_SEATS_IN] = "seats_in",
    [PIN_SEATS_OUT] = "seats_out",
    [PIN_LISTENERS] = "listeners",
    [PIN_LISTENING] = "listening",
    [PIN_SAMPLERS] = "samplers",
    [PIN_BANS] = "bans",
    [PIN_BAN_PREFIXES] = "ban_prefixes",
    [PIN_BAN_FILTER] = "ban_filter",
    [PIN_BANNING] = "banning",
    [PIN_REMOTES] = "remotes",
    [PIN_REFUSALS] = "refusals",
    [PIN_REFUSING] = "refusing",
    [PIN_COOKIES] = "cookies",
    [PIN_COOKIES_UNTIL] = "cookies_until",
    [PIN_COOKIE_KEY] = "cookie_key",
    [PIN_DROPPED] = "dropped",
    [PIN_LIMIT_LINES] = "limit_lines",
    [PIN_LIMIT_BANS] = "limit_bans",
    [PIN_BLOCKING] = "blocking",
    [PIN_BLOCK_IMAGES] = "block_images",
    [PIN_BLOCK_COUNTERS] = "block_counters",
    [PIN_BLOCK_NAMES] = "block_names",
    [PIN_BLOCK_LIMITS] = "block_limits",
};

/* A variable lives in a map that is named after the variable's section. */
struct bpf_map *pin_map(const struct bpf_object *object, enum pin pin)
{
    char section[32];
    struct bpf_map *map = bpf_object__find_map_by_name(object, pin_names[pin]);

    if (map)
        return map;
    snprintf(section, sizeof(section), ".data.%s", pin_names[pin]);
    return bpf_object__find_map_by_name(object, section);
}

int pin_maps_reuse(const struct guard *guard, const struct bpf_object *object)
{
    int error = 0;

    for (int pin = 0; !error && pin < PINS; pin++) {
        struct bpf_map *map = pin_map(object, pin);
        if (map)
            error = bpf_map__reuse_fd(map, guard->maps[pin]);
    }
    return error;
}

const char *const attach_mode_names[] = {
    [ATTACH_AUTO] = "auto",
    [ATTACH_NATIVE] = "native",
    [ATTACH_GENERIC] = "generic",
    [ATTACH_OFFLOAD] = "offload",
    NULL,
};

const char *const egress_hook_names[] = {
    [EGRESS_TCX] = "tcx",
    [EGRESS_CLSACT] = "clsact",
    NULL,
};

int mapping_open(int map, bool writable, struct mapping *mapping)
{
    int protection = PROT_READ | (writable ? PROT_WRITE : 0);
    void *memory = mmap(NULL, mapping->bytes, protection, MAP_SHARED, map, 0);
    if (memory == MAP_FAILED)
        return -errno;
    mapping->memory = memory;
    return 0;
}

void mapping_close(struct mapping *mapping)
{
    if (mapping->memory)
        munmap(mapping->memory, mapping->bytes);
    mapping->memory = NULL;
}

u64 guard_netns_cookie(void)
{
    CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    u64 cookie = 0;
    socklen_t size = sizeof(cookie);
    if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size))
        return 0;
    return cookie;
}

struct guard *guard_new(const char *interface)
{
    struct guard *guard = calloc(1, sizeof(*guard));
    if (!guard)
        return NULL;
    guard->lock = guard->completer = -1;
    for (int pin = 0; pin < PINS; pin++)
        guard->maps[pin] = -1;
    for (u32 seat = 0; seat < SEATS; seat++)
        guard->generations[seat].tables = -1;
    for (enum block_origin origin = 0; origin < BLOCK_ORIGINS; origin++)
        guard->block_maps[origin] = -1;
    snprintf(guard->interface, sizeof(guard->interface), "%s", interface);
    bpffs_interface_path(interface, false, guard->path);
    trouble_quiet_libbpf();
    return guard;
}

void guard_close(struct guard *guard)
{
    if (!guard)
        return;
    close_descriptor(&guard->completer);
    guard_close_blocks(guard);
    for (u32 seat = 0; seat < SEATS; seat++) {
        mapping_close(&guard->generations[seat].block);
        close_descriptor(&guard->generations[seat].tables);
    }
    for (int pin = 0; pin < PINS; pin++) {
        mapping_close(&guard->mappings[pin]);
        close_descriptor(&guard->maps[pin]);
    }
    close_descriptor(&guard->lock);
    free(guard);
}

const char *guard_interface(const struct guard *guard)
{
    return guard->interface;
}

void guard_unlock(struct guard *guard)
{
    close_descriptor(&guard->lock);
    guard->lock = -1;
}

void guard_closep(struct guard **guard)
{
    guard_close(*guard);
}

static int map_pin(struct guard *guard, enum pin pin, struct why *why)
{
    struct bpf_map_info info = {0};
    u32 size = sizeof(info);
    int error = bpf_obj_get_info_by_fd(guard->maps[pin], &info, &size);
    if (error)
        return why_kernel(why, -errno, "cannot read pinned state");
    struct mapping mapping = {.bytes = (size_t)info.max_entries * ((info.value_size + 7) & ~7u)};
    error = mapping_open(guard->maps[pin], true, &mapping);
    if (error)
        return why_kernel(why, error, "cannot map pinned state");
    mapping_close(&guard->mappings[pin]);
    guard->mappings[pin] = mapping;
    if (pin == PIN_RULES)
        guard->capacity = info.max_entries;
    return 0;
}

int guard_map(struct guard *guard, struct why *why)
{
    int error = map_pin(guard, PIN_RULES, why);
    if (!error)
        error = map_pin(guard, PIN_SEAT, why);
    if (!error)
        error = map_pin(guard, PIN_INTERFACE, why);
    if (!error)
        error = map_pin(guard, PIN_LISTENING, why);
    if (!error)
        error = map_pin(guard, PIN_BANNING, why);
    if (!error)
        error = map_pin(guard, PIN_BLOCKING, why);
    if (!error)
        error = map_pin(guard, PIN_REMOTES, why);
    if (!error)
        error = map_pin(guard, PIN_REFUSING, why);
    if (!error)
        error = map_pin(guard, PIN_BAN_FILTER, why);
    if (error)
        return error;
    guard->rules = guard->mappings[PIN_RULES].memory;
    guard->word = guard->mappings[PIN_SEAT].memory;
    guard->state = guard->mappings[PIN_INTERFACE].memory;
    guard->refusing = guard->mappings[PIN_REFUSING].memory;
    return 0;
}

static int open_pins(struct guard *guard, struct why *why)
{
    char path[PATH_BYTES];

    for (int pin = 0; pin < PINS; pin++) {
        bpffs_join(guard->path, pin_names[pin], path);
        guard->maps[pin] = bpf_obj_get(path);
        if (guard->maps[pin] < 0 && errno == ENOENT)
            return why_set(why, -EPROTO,
                           "the pinned state of %s lacks %s: another version made it, or somebody "
                           "removed it; remove all of %s and attach again",
                           guard->interface, pin_names[pin], guard->path);
        if (guard->maps[pin] < 0)
            return why_kernel(why, -errno, "cannot open pinned state");
    }
    return 0;
}

static int check_schema(const struct guard *guard, struct why *why)
{
    struct bpf_map_info info = {0};
    u32 size = sizeof(info);
    struct {
        u32 schema;
    } state;

    if (bpf_obj_get_info_by_fd(guard->maps[PIN_INTERFACE], &info, &size))
        return why_kernel(why, -errno, "cannot read pinned state");
    /* In every layout, the first word is the schema. */
    struct mapping mapping = {.bytes = (info.value_size + 7) & ~7u};
    int error = mapping_open(guard->maps[PIN_INTERFACE], false, &mapping);
    if (error)
        return why_kernel(why, error, "cannot map pinned state");
    memcpy(&state, mapping.memory, sizeof(state));
    mapping_close(&mapping);
    if (state.schema == EDGEXDP_SCHEMA)
        return 0;
    return why_set(why, -EPROTO,
                   "%s is guarded by another version of edgexdp (its state has schema %u, this "
                   "program %u): detach with that version, or remove %s, then attach again",
                   guard->interface, state.schema, EDGEXDP_SCHEMA, guard->path);
}

int guard_open_generations(struct guard *guard, struct why *why)
{
    for (u32 seat = 0; seat < SEATS; seat++) {
        struct generation *generation = &guard->generations[seat];
        char name[16], path[PATH_BYTES];
        struct bpf_map_info info = {0};
        u32 size = sizeof(info);

        if (seat != guard->word->active && seat != guard->word->fallback)
            continue;
        snprintf(name, sizeof(name), "tables_%u", seat);
        bpffs_join(guard->path, name, path);
        generation->tables = bpf_obj_get(path);
        if (generation->tables < 0 || bpf_obj_get_info_by_fd(generation->tables, &info, &size))
            return why_kernel(why, -errno, "cannot open the pinned tables");
        generation->block.bytes = info.value_size;
        int error = mapping_open(generation->tables, true, &generation->block);
        if (error)
            return why_kernel(why, error, "cannot map the pinned tables");
    }
    return 0;
}

int guard_find_interface(struct guard *guard, struct interface *interface, struct why *why)
{
    int error = interface_by_name(guard->interface, interface);

    if (error == -ENODEV)
        return why_set(why, error,
                       "there is no interface %s in this network namespace (ip link lists them)",
                       guard->interface);
    if (error)
        return why_set(why, error, "cannot ask the kernel for the interface %s: %s",
                       guard->interface, strerror(-error));
    guard->ifindex = interface->ifindex;
    snprintf(guard->interface, sizeof(guard->interface), "%s", interface->name);
    bpffs_interface_path(guard->interface, false, guard->path);
    return 0;
}

int guard_open_state(struct guard *guard, struct why *why)
{
    int error = open_pins(guard, why);
    if (!error)
        error = check_schema(guard, why);
    if (!error)
        error = guard_map(guard, why);
    if (error)
        return error;
    guard->hook = guard->state->egress_hook;
    guard->layer = guard->state->link_layer;
    if (guard->word->active >= SEATS)
        return why_set(why, -EPROTO,
                       "the pinned state of %s is damaged: remove %s and attach again",
                       guard->interface, guard->path);
    return 0;
}
