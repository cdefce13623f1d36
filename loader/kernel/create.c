/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making the state of an interface that is not guarded yet. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/memory.h"
#include "guard.h"
#include "new_guard.h"
#include "root.skel.h"

#define RULES_MIN 64

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

/* Makes these maps of ROOT, which may be the same, and nothing else. */
static int load_maps(struct root_bpf *root, const struct bpf_map *one, const struct bpf_map *other)
{
    struct bpf_map *map;
    struct bpf_program *program;

    bpf_object__for_each_map (map, root->obj)
        bpf_map__set_autocreate(map, map == one || map == other);
    bpf_object__for_each_program (program, root->obj)
        bpf_program__set_autoload(program, false);
    /* Not root_bpf__load(), which would map memory of maps that are not created here. */
    return bpf_object__load(root->obj);
}

int create_map_like(enum pin pin, u32 entries, int *made, struct why *why)
{
    struct root_bpf *root = root_bpf__open();
    struct bpf_map *map = root ? pin_map(root->obj, pin) : NULL;
    int error = root ? bpf_map__set_max_entries(map, entries) : -errno;

    if (!error)
        error = load_maps(root, map, map);
    if (!error && (*made = dup(bpf_map__fd(map))) < 0)
        error = -errno;
    root_bpf__destroy(root);
    return error ? why_kernel(why, error, "cannot create a table that the policy needs") : 0;
}

static int has_entries(const struct guard *guard, enum pin pin, u32 entries, bool *has,
                       struct why *why)
{
    int now = guard_map_entries(guard->maps[pin]);

    *has = (u32)now == entries;
    return now < 0 ? why_kernel(why, now, "cannot read pinned state") : 0;
}

int guard_resize_map(struct guard *guard, enum pin pin, u32 entries, struct why *why)
{
    CLEANUP_CLOSE int made = -1;
    bool has;
    int error = has_entries(guard, pin, entries, &has, why);

    if (error || has)
        return error;
    error = create_map_like(pin, entries, &made, why);
    if (!error && guard_is_pinned(guard))
        error = guard_pin(guard, pin_names[pin], made, why);
    if (error)
        return error;
    close_descriptor(&guard->maps[pin]);
    guard->maps[pin] = TAKE_FD(made);
    return 0;
}

int guard_resize_map_of_all(struct guard *guard, enum pin pin, u32 entries, struct why *why)
{
    CLEANUP_CLOSE int made = -1;
    int before = guard->maps[pin];
    bool has, begun;
    int error = has_entries(guard, pin, entries, &has, why);

    if (error || has)
        return error;
    error = create_map_like(pin, entries, &made, why);
    if (error)
        return error;
    guard->maps[pin] = made;
    error = rule_maps_reload_seats(guard, &begun, why);
    if (!error && guard_is_pinned(guard))
        error = guard_pin(guard, pin_names[pin], made, why);
    if (error)
        guard->maps[pin] = before;
    else
        made = before;
    return error;
}

int create_rule_maps(size_t rules, int *rules_map, int *counters_map, struct why *why)
{
    struct root_bpf *root = root_bpf__open();
    int error = root ? size_rule_maps(root, capacity_for(rules)) : -errno;

    if (!error)
        error = load_maps(root, root->maps.rules, root->maps.counters);
    if (!error) {
        *rules_map = dup(bpf_map__fd(root->maps.rules));
        *counters_map = dup(bpf_map__fd(root->maps.counters));
    }
    root_bpf__destroy(root);
    return error ? why_kernel(why, error, "cannot create larger tables for the rules") : 0;
}

/* Label each reason's counter with what it counts, on every CPU. */
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

/* The inbound root program is an XDP or a tc program, and only programs of the same type can be
 * seated. */
static struct bpf_program *root_in_of(const struct guard *guard, const struct root_bpf *root)
{
    return guard->layer == LINK_BARE ? root->progs.root_in_tc : root->progs.root_in;
}

static int load_programs(const struct guard *guard, struct root_bpf *root)
{
    bpf_program__set_autoload(root->progs.root_in, false);
    bpf_program__set_autoload(root->progs.root_in_tc, false);
    bpf_program__set_autoload(root_in_of(guard, root), true);
    root->rodata->pass_when_unseated = guard->hook == EGRESS_CLSACT;
    return root_bpf__load(root);
}

void roots_close(struct roots *roots)
{
    close_descriptor(&roots->programs[DIRECTION_IN]);
    close_descriptor(&roots->programs[DIRECTION_OUT]);
}

static int take_programs(const struct guard *guard, const struct root_bpf *root,
                         struct roots *roots)
{
    roots->programs[DIRECTION_IN] = dup(bpf_program__fd(root_in_of(guard, root)));
    roots->programs[DIRECTION_OUT] = dup(bpf_program__fd(root->progs.root_out));
    return roots->programs[DIRECTION_IN] < 0 || roots->programs[DIRECTION_OUT] < 0 ? -errno : 0;
}

static int take_maps(struct guard *guard, const struct root_bpf *root)
{
    for (int pin = 0; pin < PINS; pin++)
        if ((guard->maps[pin] = dup(bpf_map__fd(pin_map(root->obj, pin)))) < 0)
            return -errno;
    return 0;
}

u64 roots_version(void)
{
    struct iovec object;

    object.iov_base = (void *)root_bpf__elf_bytes(&object.iov_len);
    return version_of(&object, 1);
}

int roots_load(const struct guard *guard, struct roots *roots, struct why *why)
{
    struct root_bpf *root = root_bpf__open();
    int error = root ? 0 : -errno;

    if (!error)
        error = pin_maps_reuse(guard, root->obj);
    if (!error)
        error = load_programs(guard, root);
    if (!error)
        error = take_programs(guard, root, roots);
    root_bpf__destroy(root);
    return error ? why_kernel(why, error, "cannot load the root programs") : 0;
}

static int load_root(struct new_guard *made, const struct attach_options *options, size_t rules,
                     struct why *why)
{
    struct guard *guard = made->guard;
    struct root_bpf *root = root_bpf__open();
    int error = root ? size_rule_maps(root, capacity_for(rules)) : -errno;

    if (!error)
        error = bpf_map__set_max_entries(root->maps.flows, options->flows_max);
    if (!error)
        error = load_programs(guard, root);
    if (!error)
        error = take_maps(guard, root);
    if (!error)
        error = take_programs(guard, root, &made->roots);
    root_bpf__destroy(root);
    if (!error)
        error = label_reasons(guard->maps[PIN_REASONS]);
    return error ? why_kernel(why, error, "cannot load the root programs") : 0;
}

/* Every attach removes the state left behind by interfaces that are gone. */
static int remove_if_gone(const char *named, void *context)
{
    struct interface ignored;
    char path[PATH_BYTES];

    (void)context;
    bpffs_interface_path(named, false, path);
    if (find_owner(named, &ignored) == OWNER_GONE)
        bpffs_remove(path);
    return 0;
}

static int why_guarded(const struct guard *guard, struct why *why)
{
    struct guard_status status;
    char trouble[TROUBLE_BYTES];

    hooks_look(guard, &status);
    guard_status_trouble(&status, trouble);
    if (*trouble)
        return why_set(why, -EEXIST,
                       "%s was guarded already, but %s: edgexdp reload %s POLICY attaches it again",
                       guard->interface, trouble, guard->interface);
    return why_set(why, -EEXIST,
                   "%s is guarded already: edgexdp reload %s POLICY changes its policy",
                   guard->interface, guard->interface);
}

/* Handles state of this very interface: removes it if it is incomplete, else returns -EEXIST. */
static int clear_own(const struct guard *guard, const char *path, struct why *why)
{
    CLEANUP(guard_closep) struct guard *old = guard_new(guard->interface);
    struct pinned_link link;

    if (!old)
        return why_set(why, -ENOMEM, "out of memory");
    memcpy(old->path, path, sizeof(old->path));
    old->ifindex = guard->ifindex;
    bool has_link = pinned_link_look(path, link_pins[DIRECTION_IN], &link) || link.exists;
    int error = guard_open_state(old, why);
    if (!has_link && (error || !attach_is_on_clsact(old, DIRECTION_IN))) {
        bpffs_remove(path);
        return 0;
    }
    return error ? error : why_guarded(old, why);
}

/* Make room for the state of INTERFACE, whose name may have belonged to an interface that is
 * guarded. */
static int clear_stale(const struct guard *guard, const struct interface *interface,
                       struct why *why)
{
    char path[PATH_BYTES];
    struct stat status;

    recover_leftovers(guard->lock);
    bpffs_each_interface(remove_if_gone, NULL);
    if (find_folder(interface, path))
        return clear_own(guard, path, why);
    if (stat(guard->path, &status) || !guard_name_make_free(guard->interface))
        return 0;
    return why_elsewhere(guard, why);
}

/* Find out what has to be known about GUARD before anything is made. */
static int look(struct guard *guard, const struct attach_options *options, struct interface *found,
                struct why *why)
{
    int error = guard_find_interface(guard, found, why);

    if (!error)
        error = link_layer_find(guard->interface, &guard->layer, why);
    guard->makes_way = options->make_way;
    guard->hook = kernel_has_tcx(guard->ifindex) ? EGRESS_TCX : EGRESS_CLSACT;
    return error;
}

/* Chooses what nobody outside can guess. */
static int begin_refusing(struct guard *guard, struct why *why)
{
    struct refusing made = {0};

    while (!made.mark)
        if (getrandom(&made, offsetof(struct refusing, generic), 0) !=
            offsetof(struct refusing, generic))
            return why_kernel(why, -errno, "cannot get random numbers");
    *guard->refusing = made;
    return 0;
}

static int begin_state(const struct new_guard *made, const struct attach_options *options)
{
    struct guard *guard = made->guard;

    *guard->state = (struct interface_state){.schema = EDGEXDP_SCHEMA,
                                             .ifindex = guard->ifindex,
                                             .netns_cookie = guard_netns_cookie(),
                                             .next_identity = 1,
                                             .next_generation = 1,
                                             .egress_hook = guard->hook,
                                             .audit = options->audit,
                                             .limits_max = options->limits_max,
                                             .link_layer = guard->layer,
                                             .root_programs = roots_version(),
                                             .attached_at_ns = realtime_ns()};
    if (getrandom(guard->state->limit_secrets, sizeof(guard->state->limit_secrets), 0) < 0)
        return -errno;
    last_look_begin(&guard->state->last_look);
    roots_remember(guard, DIRECTION_IN, &made->roots);
    roots_remember(guard, DIRECTION_OUT, &made->roots);
    return 0;
}

int guard_create(const char *interface, const struct attach_options *options, size_t rules,
                 struct new_guard **guard, struct why *why)
{
    CLEANUP(new_guard_closep) struct new_guard *made = new_guard_new(interface, options->mode);
    struct interface found;

    if (!made)
        return why_set(why, -ENOMEM, "out of memory");
    int error = look(made->guard, options, &found, why);
    /* This comes first, so that a caller without the privilege leaves no folder behind. */
    if (!error)
        error = load_root(made, options, rules, why);
    if (!error)
        error = bpffs_lock(true, true, &made->guard->lock, why);
    if (!error)
        error = clear_stale(made->guard, &found, why);
    if (!error)
        error = guard_map(made->guard, why);
    if (!error)
        error = begin_refusing(made->guard, why);
    if (error)
        return error;
    error = begin_state(made, options);
    if (!error)
        error = completer_choose_key(made->guard);
    if (error)
        return why_kernel(why, error, "cannot choose the numbers that nobody may know");
    *guard = TAKE_PTR(made);
    return 0;
}
