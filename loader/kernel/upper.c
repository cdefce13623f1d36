/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interfaces that stand on others: the kernel accepts no XDP program on an interface while a
 * bridge, bond, macvlan or the like above it has one; the other order works. An interface must not
 * stay unguarded because it starts last at boot: if the one above is guarded by us, its program is
 * taken off, and put back when the one below has its own. Packets that come in above in the
 * meantime are dropped: they are not judged, so they do not pass.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "../base/memory.h"
#include "guard.h"
#include "shield.skel.h"

/* Far longer than the change takes, but short enough for a host to survive without incoming
 * packets. */
#define SHIELD_NS (5 * SECOND_NS)

struct search {
    struct interface below, found;
};

static int is_upper(const struct interface *interface, void *context)
{
    struct search *search = context;
    bool stands_on_it = interface->lower == search->below.ifindex ||
                        (search->below.master && search->below.master == interface->ifindex);

    if (!interface->xdp_program || !stands_on_it)
        return 0;
    search->found = *interface;
    return 1;
}

/* Finds the first interface above that has a program, in this network namespace. */
static bool find_upper(u32 ifindex, struct interface *upper)
{
    struct search search;

    if (interface_by_index(ifindex, &search.below) || interface_each(is_upper, &search) != 1)
        return false;
    *upper = search.found;
    return true;
}

static int why_hidden_upper(const struct guard *guard, struct why *why)
{
    return why_set(
        why, -EDEADLK,
        "the kernel accepts no XDP program on %s while an interface above it (a bridge, bond, "
        "macvlan, vxlan) has one, and that interface is in another network namespace: take it "
        "off there, attach %s, then attach the other again",
        guard->interface, guard->interface);
}

static int why_upper(const struct guard *guard, const struct interface *upper, struct why *why)
{
    char path[PATH_BYTES], name[PROGRAM_NAME_BYTES];

    if (find_folder(upper, path))
        return why_set(
            why, -EDEADLK,
            "the kernel accepts no XDP program on %s while %s, which is above it, has one; the "
            "other order works: edgexdp detach %s, then attach %s, then attach %s again",
            guard->interface, upper->name, upper->name, guard->interface, upper->name);
    attach_program_name(upper->xdp_program, name);
    return why_set(
        why, -EDEADLK,
        "the kernel accepts no XDP program on %s while %s, which is above it, has one (%s); the "
        "other order works: take that off, attach %s, then put it back",
        guard->interface, upper->name, name, guard->interface);
}

/* Opens the state of an interface above, under the lock that is held already; NULL if it is not
 * ours. */
static struct guard *open_upper(const struct interface *upper)
{
    CLEANUP(guard_closep) struct guard *opened = guard_new(upper->name);
    struct why ignored;

    if (!opened || !find_folder(upper, opened->path))
        return NULL;
    opened->ifindex = upper->ifindex;
    opened->makes_way = true;
    if (guard_open_state(opened, &ignored) || guard_open_generations(opened, &ignored))
        return NULL;
    return TAKE_PTR(opened);
}

/* Drops everything that comes in above, as long as it is open. */
struct shield {
    const struct guard *upper;
    int program, link;
    bool hangs;
};

static void shield_clear(struct shield *shield)
{
    if (shield->upper->hook == EGRESS_CLSACT && shield->hangs)
        tc_detach(shield->upper, DIRECTION_IN);
    close_descriptor(&shield->link);
    close_descriptor(&shield->program);
}

static int shield_raise(struct shield *shield)
{
    struct shield_bpf *object = shield_bpf__open();
    int error = object ? 0 : -errno;

    if (!error) {
        object->rodata->until_ns = monotonic_ns() + SHIELD_NS;
        error = shield_bpf__load(object);
    }
    if (!error)
        shield->program = dup(bpf_program__fd(object->progs.shield));
    shield_bpf__destroy(object);
    if (error)
        return error;
    error = tc_attach(shield->upper, DIRECTION_IN, shield->program, &shield->link);
    shield->hangs = !error;
    return error;
}

static void take_off(const struct guard *upper)
{
    char pin[PATH_BYTES];

    bpffs_join(upper->path, link_pins[DIRECTION_IN], pin);
    CLEANUP_CLOSE int link = bpf_obj_get(pin);
    if (link >= 0)
        bpf_link_detach(link);
}

/* There may be several above: each makes way in turn, and they are put back in reverse order. */
static int attach_under(const struct hanging *hanging, struct guard *upper, int *link,
                        struct why *note, struct why *why)
{
    CLEANUP(shield_clear) struct shield shield = {.upper = upper, .program = -1, .link = -1};
    struct why mended = {0}, failed = {0};
    int error = shield_raise(&shield);

    if (error)
        return why_kernel(why, error, "cannot let the interface above make way");
    take_off(upper);
    error = attach_ingress(hanging, link, note, why);
    if (guard_mend(upper, &mended, &failed))
        why_set(note, 0, "%s had to make way, and is NOT guarded: %s", upper->interface,
                failed.text);
    else if (!error)
        why_set(note, 0,
                "%s, which is above it, was guarded first: its program was taken off, as the "
                "kernel requires, and put back; packets that came in there meanwhile were dropped",
                upper->interface);
    return error;
}

int upper_attach_below(const struct hanging *hanging, int *link, struct why *note, struct why *why)
{
    const struct guard *guard = hanging->guard;
    struct interface found;

    if (!find_upper(guard->ifindex, &found))
        return why_hidden_upper(guard, why);
    CLEANUP(guard_closep) struct guard *upper = guard->makes_way ? open_upper(&found) : NULL;
    if (!upper)
        return why_upper(guard, &found, why);
    return attach_under(hanging, upper, link, note, why);
}

void guard_may_make_way(struct guard *guard)
{
    guard->makes_way = true;
}
