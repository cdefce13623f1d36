/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * To which interface does state belong? Interfaces are renamed, go away, return under an old name,
 * and move to other network namespaces. The first criterion is the interface that the pinned links
 * are attached to; if they are attached to nothing, it is the index and the namespace that the
 * state was made for. A folder's name follows: a command that holds the exclusive lock renames it
 * after its interface.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/memory.h"
#include "guard.h"

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1u
#define RENAME_EXCHANGE  2u
#endif

int find_read_state(const char *folder, struct interface_state *owner)
{
    struct bpf_map_info info = {0};
    u32 size = sizeof(info), key = 0;
    char pin[PATH_BYTES];

    bpffs_join(folder, pin_names[PIN_INTERFACE], pin);
    CLEANUP_CLOSE int map = bpf_obj_get(pin);
    if (map < 0 || bpf_obj_get_info_by_fd(map, &info, &size))
        return -errno;
    if (info.value_size != sizeof(*owner))
        return -EPROTO;
    if (bpf_map_lookup_elem(map, &key, owner))
        return -errno;
    return owner->schema == EDGEXDP_SCHEMA ? 0 : -EPROTO;
}

static bool was_made_for(const struct interface_state *owner, const struct interface *interface)
{
    return owner->ifindex == interface->ifindex && owner->netns_cookie == guard_netns_cookie();
}

/* A classifier on clsact has no link, but its program's id is unique. */
static bool hangs_on_clsact_of(const struct interface_state *owner,
                               const struct interface *interface)
{
    bool hangs = false;

    if (owner->egress_hook != EGRESS_CLSACT || !was_made_for(owner, interface))
        return false;
    for (enum direction direction = DIRECTION_IN; !hangs && direction < DIRECTIONS; direction++) {
        u32 program;
        hangs = !tc_look_clsact(interface->ifindex, direction, &hangs, &program) && hangs &&
                program == owner->root_ids[direction];
    }
    return hangs;
}

/* Is one of its links attached to INTERFACE? */
static bool hangs_on(const char *folder, const struct interface *interface)
{
    for (enum direction direction = DIRECTION_IN; direction < DIRECTIONS; direction++) {
        struct pinned_link link;
        bool hangs;
        u32 place;
        if (!pinned_link_look(folder, link_pins[direction], &link) &&
            !pinned_link_hangs_on(&link, interface, &hangs, &place) && hangs)
            return true;
    }
    return false;
}

static bool is_of(const char *folder, const char *named, const struct interface *interface)
{
    bool same_name = !strcmp(named, interface->name);
    struct interface_state owner;

    if (find_read_state(folder, &owner))
        return same_name;
    return hangs_on(folder, interface) || hangs_on_clsact_of(&owner, interface) ||
           (same_name && was_made_for(&owner, interface));
}

struct searching {
    const struct interface *interface;
    char (*path)[PATH_BYTES];
};

static int search_visit(const char *named, void *context)
{
    struct searching *searching = context;

    bpffs_interface_path(named, false, *searching->path);
    return is_of(*searching->path, named, searching->interface);
}

bool find_folder(const struct interface *interface, char path[PATH_BYTES])
{
    char found[PATH_BYTES];
    struct searching searching = {interface, &found};
    struct stat status;

    bpffs_interface_path(interface->name, false, path);
    if (!stat(path, &status) && is_of(path, interface->name, interface))
        return true;
    if (bpffs_each_interface(search_visit, &searching) != 1)
        return false;
    memcpy(path, found, PATH_BYTES);
    return true;
}

/* Finds the interface that its links are attached to: one of this network namespace, because WHERE
 * is in it. */
static int find_by_links(const char *folder, struct interface *where)
{
    for (enum direction direction = DIRECTION_IN; direction < DIRECTIONS; direction++) {
        struct pinned_link link;
        bool hangs;
        u32 place;
        if (!pinned_link_look(folder, link_pins[direction], &link) && link.ifindex &&
            !interface_by_index(link.ifindex, where) &&
            !pinned_link_hangs_on(&link, where, &hangs, &place) && hangs)
            return 0;
    }
    return -ENODEV;
}

static bool links_hang(const char *folder)
{
    struct pinned_link in, out;

    return (!pinned_link_look(folder, link_pins[DIRECTION_IN], &in) && in.ifindex) ||
           (!pinned_link_look(folder, link_pins[DIRECTION_OUT], &out) && out.ifindex);
}

enum whereabouts find_owner(const char *named, struct interface *where)
{
    char folder[PATH_BYTES];
    struct interface_state owner;

    bpffs_interface_path(named, false, folder);
    if (find_read_state(folder, &owner))
        return OWNER_UNKNOWN;
    if (!find_by_links(folder, where))
        return OWNER_HERE;
    if (!interface_by_index(owner.ifindex, where) && is_of(folder, named, where))
        return OWNER_HERE;
    return links_hang(folder) ? OWNER_ELSEWHERE : OWNER_GONE;
}

bool find_owner_was_here(const char *named)
{
    char folder[PATH_BYTES];
    struct interface_state owner;

    bpffs_interface_path(named, false, folder);
    return !find_read_state(folder, &owner) && owner.netns_cookie == guard_netns_cookie();
}

static int rename_folder(const char *from, const char *to, unsigned int flags)
{
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, flags) ? -errno : 0;
}

/* May the folder that has the wanted name be renamed? */
static bool may_be_moved(const char *named)
{
    struct interface where;
    enum whereabouts owner = find_owner(named, &where);

    return owner == OWNER_GONE || (owner == OWNER_HERE && strcmp(where.name, named) != 0);
}

bool guard_name_can_follow(const struct guard *guard)
{
    char wanted[PATH_BYTES];
    struct stat status;

    bpffs_interface_path(guard->interface, false, wanted);
    return strcmp(wanted, guard->path) != 0 &&
           (stat(wanted, &status) || may_be_moved(guard->interface));
}

/* The folder that had the name gets this folder's old one, until its own turn comes. */
void guard_name_follow(struct guard *guard)
{
    char wanted[PATH_BYTES];

    if (!guard_name_can_follow(guard))
        return;
    bpffs_interface_path(guard->interface, false, wanted);
    int error = rename_folder(guard->path, wanted, RENAME_NOREPLACE);
    if (error == -EEXIST)
        error = rename_folder(guard->path, wanted, RENAME_EXCHANGE);
    if (!error)
        memcpy(guard->path, wanted, PATH_BYTES);
}

int guard_name_make_free(const char *interface)
{
    char folder[PATH_BYTES], wanted[PATH_BYTES];
    struct interface where;

    if (find_owner(interface, &where) != OWNER_HERE)
        return -EEXIST;
    bpffs_interface_path(interface, false, folder);
    bpffs_interface_path(where.name, false, wanted);
    return rename_folder(folder, wanted, RENAME_NOREPLACE);
}

/* Names, all collected before the first visit, because a visit may rename folders. */
struct names {
    char (*list)[IF_NAMESIZE];
    size_t count, capacity;
};

static void names_clear(struct names *names)
{
    free(names->list);
}

/* Visits the interface by its current name. State of another network namespace, or of an interface
 * that is gone, is not ours. State that cannot be read is visited by its folder's name, so that it
 * is reported. */
static int name_visit(const char *named, void *context)
{
    struct names *names = context;
    struct interface where;
    enum whereabouts owner = find_owner(named, &where);

    if (owner != OWNER_HERE && owner != OWNER_UNKNOWN)
        return 0;
    void *grown = array_grow(names->list, names->count, &names->capacity, sizeof(*names->list));
    if (!grown)
        return -ENOMEM;
    names->list = grown;
    snprintf(names->list[names->count++], IF_NAMESIZE, "%s",
             owner == OWNER_HERE ? where.name : named);
    return 0;
}

int find_each(int (*visit)(const char *interface, void *context), void *context)
{
    CLEANUP(names_clear) struct names names = {0};
    int result = bpffs_each_interface(name_visit, &names);

    if (!result)
        qsort(names.list, names.count, sizeof(*names.list),
              (int (*)(const void *, const void *))strcmp);
    for (size_t i = 0; !result && i < names.count; i++)
        result = visit(names.list[i], context);
    return result;
}
