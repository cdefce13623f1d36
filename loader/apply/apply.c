/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "apply.h"

#include <errno.h>
#include <string.h>

#include "../base/memory.h"
#include "../kernel/interface.h"
#include "../lockout/lease.h"
#include "../lockout/lockout.h"
#include "../netlink/addresses.h"
#include "../seed/seed.h"
#include "redirected.h"
#include "seat.h"

static int read_for(const char *interface, const char *path, struct name_asking *asking,
                    struct prepared *prepared, struct why *why)
{
    CLEANUP(host_freep) struct host *host = NULL;
    int error = addresses_ask(interface, &host);

    if (!error)
        error = session_imply(host);
    if (error)
        return why_set(why, error, "cannot ask the kernel for the addresses of this host: %s",
                       strerror(-error));
    host_set_asker(host, names_answer, asking);
    return prepared_read(prepared, path, host, why);
}

/* CONTEXT points to the name of the interface. */
static void look(void *context, struct known_names *known)
{
    const char *const *interface = context;

    named_look(*interface, known);
}

int apply_read(const char *interface, const char *path, struct name_asking *asking,
               struct prepared *prepared, struct why *why)
{
    struct name_asking own = {.look = look, .context = &interface};
    struct why ignored;

    if (asking)
        return read_for(interface, path, asking, prepared, why);
    known_read(interface, &own.known, &ignored);
    int error = read_for(interface, path, &own, prepared, why);
    known_clear(&own.known);
    return error;
}

int apply_open(const char *interface, bool make_way, struct guard **guard, struct why *mended,
               struct why *why)
{
    CLEANUP(guard_closep) struct guard *opened = NULL;
    int error = guard_open(interface, GUARD_CHANGE, &opened, why);

    if (error)
        return error;
    if (make_way)
        guard_may_make_way(opened);
    error = guard_mend(opened, mended, why);
    if (!error)
        *guard = TAKE_PTR(opened);
    return error;
}

static const char *name_of_entry(const void *context, u32 number)
{
    const struct prepared *prepared = context;
    return prepared->policy->rules[prepared->image->entries[number].rule].name;
}

int apply_lockout(const struct apply_request *request, const struct prepared *prepared,
                  struct why *why)
{
    char name[INTERFACE_NAME_BYTES];

    if (request->force || request->options.audit)
        return 0;
    interface_canonical(request->interface, name);
    return lockout_check(prepared->image->header, name_of_entry, prepared, name, why);
}

static void note_lease(const struct prepared *prepared, const char *interface, struct why *note)
{
    char address[LEASE_TEXT_BYTES];

    if (!prepared->policy->baseline.dhcp_client && lease_find(interface, address))
        why_set(
            note, 0,
            "the address %s of %s was leased by DHCP, and will be lost when the lease ends because "
            "the policy drops what renews it: add \"dhcp-client = accept\" to [baseline]",
            address, interface);
}

void apply_note_policy(const struct prepared *prepared, const char *interface,
                       struct apply_notes *notes)
{
    note_lease(prepared, interface, &notes->lease);
    redirected_note(prepared->policy, &notes->redirected);
}

/* An interface guarded without its bans is better than one not guarded at all. */
static void put_back_bans(struct guard *guard, struct bans *bans, struct why *note)
{
    struct why why = {0};

    if (bans && bans->count && guard_ban(guard, bans, &why))
        why_set(note, 0, "the saved bans are not in force: %s", why.text);
}

int apply_attach(const struct apply_request *request, struct prepared *prepared, struct bans *bans,
                 struct apply_notes *notes, struct why *why)
{
    CLEANUP(new_guard_closep) struct new_guard *made = NULL;
    int error = guard_create(request->interface, &request->options, prepared->image->entry_count,
                             &made, why);
    if (error)
        return error;
    struct guard *guard = new_guard_guard(made);
    if (request->options.audit)
        prepared->policy->mode = MODE_AUDIT;
    if (request->confirm_ns)
        error = apply_seat_unguarded(guard, why);
    if (!error)
        error = apply_seat(guard, prepared, request->confirm_ns, why);
    if (!error)
        put_back_bans(guard, bans, &notes->bans);
    if (!error)
        error = new_guard_attach_out(made, why);
    if (!error)
        error = seed_flows(guard, guard_tables(guard), why);
    if (!error)
        error = new_guard_attach(made, &notes->mode, why);
    if (!error)
        apply_note_answers(guard, notes);
    return error;
}

int apply_change(const struct apply_request *request, struct prepared *prepared,
                 enum applied *applied, struct apply_notes *notes, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    bool changed;
    int error =
        apply_open(request->interface, request->options.make_way, &guard, &notes->mended, why);

    if (error)
        return error;
    if (request->options.audit)
        prepared->policy->mode = MODE_AUDIT;
    bool is_current = guard_is_of_this_version(guard);
    error = apply_seat_if_changed(guard, prepared, &changed, why);
    if (error)
        return error;
    guard_set_audit(guard, request->options.audit);
    apply_note_answers(guard, notes);
    *applied = !changed ? APPLIED_NOTHING : is_current ? APPLIED_SWAP : APPLIED_PROGRAMS;
    return 0;
}

static const char *name_of_number(const void *context, u32 number)
{
    size_t capacity;
    const struct rule_entry *rules = guard_rules(context, &capacity);
    return number < capacity ? rules[number].name : "?";
}

int apply_rollback(const struct apply_request *request, struct apply_notes *notes, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    int error = apply_open(request->interface, false, &guard, &notes->mended, why);
    if (error)
        return error;
    const struct tables_header *fallback = guard_fallback_tables(guard);
    if (fallback && !request->force)
        error = lockout_check(fallback, name_of_number, guard, guard_interface(guard), why);
    if (!error)
        error = apply_seat_fallback(guard, why);
    if (!error)
        apply_note_answers(guard, notes);
    return error;
}

void apply_count_reload(const char *interface, int error)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    struct why ignored;

    if (!guard_open(interface, GUARD_READ, &guard, &ignored))
        guard_count_reload(guard, error ? RELOAD_FAILED : RELOAD_OK);
}
