/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making, opening and closing the state of an interface. */
#include "guard.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "../memory.h"
#include "root.skel.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

#define RULES_MIN 64

const char *const pin_names[PINS] = {
    [PIN_RULES] = "rules", [PIN_COUNTERS] = "counters", [PIN_REASONS] = "reasons",
    [PIN_FLOWS] = "flows", [PIN_SEEN] = "seen",         [PIN_INTERFACE] = "interface",
    [PIN_SEAT] = "seat",   [PIN_SEATS_IN] = "seats_in", [PIN_SEATS_OUT] = "seats_out",
};

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

static char libbpf_said[512];

static int keep_message(enum libbpf_print_level level, const char *format, va_list arguments)
{
    if (getenv("EDGEXDP_DEBUG"))
        return vfprintf(stderr, format, arguments);
    if (level == LIBBPF_WARN)
        vsnprintf(libbpf_said, sizeof(libbpf_said), format, arguments);
    return 0;
}

void libbpf_quiet(void)
{
    libbpf_set_print(keep_message);
}

static bool kernel_is_old(char *release, size_t size)
{
    struct utsname name;
    int major = 0, minor = 0;
    if (uname(&name) || sscanf(name.release, "%d.%d", &major, &minor) != 2)
        return false;
    snprintf(release, size, "%s", name.release);
    return major < 6 || (major == 6 && minor < 1);
}

int why_kernel(struct why *why, int error, const char *what)
{
    char release[65];
    if (error == -EPERM || error == -EACCES)
        return why_set(why, error,
                       "%s: permission denied; run this command as root (it needs CAP_BPF, "
                       "CAP_NET_ADMIN and CAP_PERFMON)",
                       what);
    if (kernel_is_old(release, sizeof(release)))
        return why_set(why, error, "%s: kernel %s is too old; edgexdp needs 6.1 or newer", what,
                       release);
    if (error == -ENOMEM || error == -ENOSPC)
        return why_set(why, error, "%s: the kernel has not enough memory for it (%s)", what,
                       strerror(-error));
    if (libbpf_said[0]) {
        libbpf_said[strcspn(libbpf_said, "\n")] = 0;
        return why_set(why, error, "%s: %s (%s; EDGEXDP_DEBUG=1 shows more)", what,
                       strerror(-error), libbpf_said);
    }
    return why_set(why, error, "%s: %s", what, strerror(-error));
}

static u64 netns_cookie(void)
{
    CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    u64 cookie = 0;
    socklen_t size = sizeof(cookie);
    if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size))
        return 0;
    return cookie;
}

static u64 realtime_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (u64)now.tv_sec * SECOND_NS + (u64)now.tv_nsec;
}

static struct guard *guard_new(const char *interface)
{
    struct guard *guard = calloc(1, sizeof(*guard));
    if (!guard)
        return NULL;
    guard->lock = guard->root_in = guard->root_out = -1;
    for (int pin = 0; pin < PINS; pin++)
        guard->maps[pin] = -1;
    for (u32 seat = 0; seat < SEATS; seat++)
        guard->generations[seat].tables = -1;
    snprintf(guard->interface, sizeof(guard->interface), "%s", interface);
    bpffs_interface_path(interface, false, guard->path);
    libbpf_quiet();
    return guard;
}

void guard_close(struct guard *guard)
{
    if (!guard)
        return;
    asker_free(guard->asker);
    for (u32 seat = 0; seat < SEATS; seat++) {
        mapping_close(&guard->generations[seat].block);
        close_descriptor(&guard->generations[seat].tables);
    }
    for (int pin = 0; pin < PINS; pin++) {
        mapping_close(&guard->mappings[pin]);
        close_descriptor(&guard->maps[pin]);
    }
    close_descriptor(&guard->root_in);
    close_descriptor(&guard->root_out);
    close_descriptor(&guard->lock);
    free(guard);
}

static void guard_closep(struct guard **guard)
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
    mapping_close(&guard->mappings[pin]);
    guard->mappings[pin].bytes = (size_t)info.max_entries * ((info.value_size + 7) & ~7u);
    error = mapping_open(guard->maps[pin], true, &guard->mappings[pin]);
    if (error)
        return why_kernel(why, error, "cannot map pinned state");
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
    if (error)
        return error;
    guard->rules = guard->mappings[PIN_RULES].memory;
    guard->word = guard->mappings[PIN_SEAT].memory;
    guard->state = guard->mappings[PIN_INTERFACE].memory;
    return 0;
}

static int size_rule_maps(struct root_bpf *root, size_t capacity)
{
    int error = bpf_map__set_max_entries(root->maps.rules, (u32)capacity);
    return error ? error : bpf_map__set_max_entries(root->maps.counters, (u32)capacity);
}

static size_t capacity_for(size_t rules)
{
    size_t capacity = RULES_MIN;
    while (capacity < 2 * rules)
        capacity *= 2;
    return capacity;
}

int create_rule_maps(size_t rules, int *rules_map, int *counters_map, struct why *why)
{
    struct root_bpf *root = root_bpf__open();
    struct bpf_map *map;
    struct bpf_program *program;
    int error = root ? size_rule_maps(root, capacity_for(rules)) : -errno;

    if (!error) {
        bpf_object__for_each_map(map, root->obj)
            bpf_map__set_autocreate(map, map == root->maps.rules || map == root->maps.counters);
        bpf_object__for_each_program(program, root->obj) bpf_program__set_autoload(program, false);
        error = root_bpf__load(root);
    }
    if (!error) {
        *rules_map = dup(bpf_map__fd(root->maps.rules));
        *counters_map = dup(bpf_map__fd(root->maps.counters));
    }
    root_bpf__destroy(root);
    return error ? why_kernel(why, error, "cannot create larger tables for the rules") : 0;
}

/* Each reason's counter says itself what it counts, on every CPU. */
static int label_reasons(int map)
{
    int cpus = libbpf_num_possible_cpus();
    if (cpus < 0)
        return cpus;
    CLEANUP_FREE struct reason_counter *values = calloc((size_t)cpus, sizeof(*values));
    if (!values)
        return -ENOMEM;
    for (u32 slot = 0; slot < REASON_SLOTS; slot++) {
        for (int cpu = 0; cpu < cpus; cpu++) {
            values[cpu].reason = slot / (DIRECTIONS * VERDICTS);
            values[cpu].direction = slot / VERDICTS % DIRECTIONS;
            values[cpu].verdict = slot % VERDICTS;
        }
        if (bpf_map_update_elem(map, &slot, values, BPF_ANY))
            return -errno;
    }
    return 0;
}

static int take_root(struct guard *guard, const struct root_bpf *root)
{
    const struct bpf_map *const maps[PINS] = {
        [PIN_RULES] = root->maps.rules,         [PIN_COUNTERS] = root->maps.counters,
        [PIN_REASONS] = root->maps.reasons,     [PIN_FLOWS] = root->maps.flows,
        [PIN_SEEN] = root->maps.seen,           [PIN_INTERFACE] = root->maps.interface,
        [PIN_SEAT] = root->maps.data_seat,      [PIN_SEATS_IN] = root->maps.seats_in,
        [PIN_SEATS_OUT] = root->maps.seats_out,
    };
    for (int pin = 0; pin < PINS; pin++)
        if ((guard->maps[pin] = dup(bpf_map__fd(maps[pin]))) < 0)
            return -errno;
    guard->root_in = dup(bpf_program__fd(root->progs.root_in));
    guard->root_out = dup(bpf_program__fd(root->progs.root_out));
    return guard->root_in < 0 || guard->root_out < 0 ? -errno : 0;
}

static int load_root(struct guard *guard, const struct attach_options *options, size_t rules,
                     struct why *why)
{
    struct root_bpf *root = root_bpf__open();
    int error = root ? size_rule_maps(root, capacity_for(rules)) : -errno;

    if (!error)
        error = bpf_map__set_max_entries(root->maps.flows, options->flows_max);
    if (!error) {
        root->rodata->pass_when_unseated = guard->hook == EGRESS_CLSACT;
        error = root_bpf__load(root);
    }
    if (!error)
        error = take_root(guard, root);
    root_bpf__destroy(root);
    if (!error)
        error = label_reasons(guard->maps[PIN_REASONS]);
    return error ? why_kernel(why, error, "cannot load the root programs") : 0;
}

/* Whether the pinned link of ingress still stands; -ENODEV: it is on no interface any more. */
static int check_link(const struct guard *guard)
{
    char pin[PATH_BYTES];
    struct bpf_link_info info = {0};
    u32 size = sizeof(info);

    bpffs_join(guard->path, LINK_IN_PIN, pin);
    CLEANUP_CLOSE int link = bpf_obj_get(pin);
    if (link < 0)
        return -errno;
    if (bpf_obj_get_info_by_fd(link, &info, &size))
        return -errno;
    return info.xdp.ifindex ? 0 : -ENODEV;
}

static int open_pins(struct guard *guard, struct why *why)
{
    char path[PATH_BYTES];

    for (int pin = 0; pin < PINS; pin++) {
        bpffs_join(guard->path, pin_names[pin], path);
        guard->maps[pin] = bpf_obj_get(path);
        if (guard->maps[pin] < 0 && errno == ENOENT)
            return why_set(why, -ENOENT,
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
    /* Of any layout, the first word is the schema. */
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

static int open_generations(struct guard *guard, struct why *why)
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

static int find_interface(struct guard *guard, struct why *why)
{
    guard->ifindex = if_nametoindex(guard->interface);
    if (guard->ifindex)
        return 0;
    return why_set(why, -ENODEV,
                   "there is no interface %s in this network namespace (ip link lists them)",
                   guard->interface);
}

/* What a command that was killed left half made or half removed. */
static void remove_leftovers(const struct guard *guard)
{
    char fresh[PATH_BYTES];
    bpffs_interface_path(guard->interface, true, fresh);
    bpffs_remove(fresh);
}

static int open_state(struct guard *guard, struct why *why)
{
    int error = open_pins(guard, why);
    if (!error)
        error = check_schema(guard, why);
    if (!error)
        error = guard_map(guard, why);
    if (error)
        return error;
    guard->ifindex = guard->state->ifindex;
    guard->hook = guard->state->egress_hook;
    if (guard->word->active >= SEATS)
        return why_set(why, -EPROTO,
                       "the pinned state of %s is damaged: remove %s and attach again",
                       guard->interface, guard->path);
    return 0;
}

static bool is_elsewhere(const struct guard *guard)
{
    return guard->state->netns_cookie != netns_cookie();
}

static int check_namespace(const struct guard *guard, struct why *why)
{
    if (!is_elsewhere(guard))
        return 0;
    return why_set(why, -EXDEV,
                   "the interface called %s that is guarded is in another network namespace: run "
                   "this command there",
                   guard->interface);
}

/* A link on nothing: the interface is gone, or it is there and somebody detached the link. */
static bool is_gone(const struct guard *guard)
{
    return check_link(guard) == -ENODEV &&
           (is_elsewhere(guard) || if_nametoindex(guard->interface) != guard->ifindex);
}

int guard_open(const char *interface, enum guard_use use, struct guard **guard, struct why *why)
{
    CLEANUP(guard_closep) struct guard *made = guard_new(interface);
    struct stat status;
    if (!made)
        return why_set(why, -ENOMEM, "out of memory");
    /* What no interface can be called must not lead to another folder. */
    if (!*interface || strchr(interface, '/'))
        return find_interface(made, why);
    int error = bpffs_lock(use != GUARD_READ, false, &made->lock, why);
    if (error && error != -ENOENT)
        return error;
    if (!error && use != GUARD_READ)
        remove_leftovers(made);
    if (error || stat(made->path, &status)) {
        error = find_interface(made, why);
        return error ? error
                     : why_set(why, -ENOENT, "%s is not guarded: edgexdp attach %s POLICY",
                               interface, interface);
    }
    error = open_state(made, why);
    if (error)
        return error;
    if (is_gone(made) && use != GUARD_REMOVE)
        return why_set(
            why, -ENODEV,
            "the interface %s that was guarded is gone; if there is a new one, guard it: "
            "edgexdp attach %s POLICY",
            interface, interface);
    if (!is_gone(made))
        error = check_namespace(made, why);
    if (!error && use != GUARD_REMOVE)
        error = open_generations(made, why);
    if (!error)
        *guard = TAKE_PTR(made);
    return error;
}

/* Decides over state that is there already: 0 if it was stale and is removed now. */
static int clear_stale(struct guard *guard, struct why *why)
{
    struct stat status;
    if (stat(guard->path, &status))
        return 0;
    CLEANUP(guard_closep) struct guard *old = guard_new(guard->interface);
    if (!old)
        return why_set(why, -ENOMEM, "out of memory");
    int link = check_link(old);
    if (link == -ENODEV || link == -ENOENT) {
        bpffs_remove(guard->path);
        return 0;
    }
    int error = open_state(old, why);
    if (!error)
        error = check_namespace(old, why);
    if (error)
        return error;
    return why_set(why, -EEXIST,
                   "%s is guarded already: edgexdp reload %s POLICY changes its policy",
                   guard->interface, guard->interface);
}

static bool kernel_has_tcx(u32 ifindex)
{
    u32 flags = 0, count = 0;
    /* libbpf 1.1 has no name for it: BPF_TCX_EGRESS of Linux 6.6. */
    return !bpf_prog_query((int)ifindex, 47, 0, &flags, NULL, &count);
}

int guard_create(const char *interface, const struct attach_options *options, size_t rules,
                 struct guard **guard, struct why *why)
{
    CLEANUP(guard_closep) struct guard *made = guard_new(interface);
    if (!made)
        return why_set(why, -ENOMEM, "out of memory");
    int error = find_interface(made, why);
    if (!error)
        error = bpffs_lock(true, true, &made->lock, why);
    if (error)
        return error;
    remove_leftovers(made);
    error = clear_stale(made, why);
    if (error)
        return error;
    made->mode = options->mode;
    made->hook = kernel_has_tcx(made->ifindex) ? EGRESS_TCX : EGRESS_CLSACT;
    error = load_root(made, options, rules, why);
    if (!error)
        error = guard_map(made, why);
    if (error)
        return error;
    *made->state = (struct interface_state){.schema = EDGEXDP_SCHEMA,
                                            .ifindex = made->ifindex,
                                            .netns_cookie = netns_cookie(),
                                            .next_identity = 1,
                                            .egress_hook = made->hook,
                                            .attached_at_ns = realtime_ns()};
    *guard = TAKE_PTR(made);
    return 0;
}

int guard_root_program(const struct guard *guard, enum direction direction)
{
    return direction == DIRECTION_IN ? guard->root_in : guard->root_out;
}

int guard_each(int (*visit)(const char *interface, void *context), void *context, struct why *why)
{
    int result = bpffs_each_interface(visit, context);
    if (result == -EACCES || result == -EPERM)
        return why_set(why, result, "cannot read " PINS_ROOT ": run this command as root");
    return result;
}
