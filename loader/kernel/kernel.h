/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything the loader asks of the kernel. Only this folder knows libbpf, map descriptors and
 * pins; the rest of the loader knows guards, images and plain numbers.
 *
 * A guard is the state of one guarded interface. Every function that fails returns -errno and says
 * in WHY what went wrong and what to do; it leaves the kernel as it was.
 */
#ifndef EDGEXDP_KERNEL_H
#define EDGEXDP_KERNEL_H

#include <edgexdp/abi.h>

#include "../ban/banned.h"
#include "../base/why.h"
#include "../compile/image.h"

struct guard;

enum attach_mode { ATTACH_AUTO, ATTACH_NATIVE, ATTACH_GENERIC, ATTACH_OFFLOAD };
enum egress_hook { EGRESS_TCX, EGRESS_CLSACT };

/* Their public names, by value. */
extern const char *const attach_mode_names[];
extern const char *const egress_hook_names[];

struct attach_options {
    enum attach_mode mode;
    bool audit; /* nothing is enforced, whatever the policy says */
    u32 flows_max;
    bool make_way; /* see guard_may_make_way() */
};

/* What a guard is opened for: to read or to change it, or to remove it, which goes also when its
 * interface is gone. */
enum guard_use { GUARD_READ, GUARD_CHANGE, GUARD_REMOVE };

/* Open the guard of INTERFACE, which may be any of its names, under a lock, shared to read it, else
 * exclusive, and settle a deadline that has passed. *guard is set only on success. It is the state
 * of that very interface, whatever was called so before. Returns, with WHY, -ENOENT when it is
 * there and not guarded, -ENODEV when it is not there, -EXDEV when what is guarded under that name
 * is in another network namespace. */
int guard_open(const char *interface, enum guard_use use, struct guard **guard, struct why *why);

/* Release the lock and the descriptors. */
void guard_close(struct guard *guard);
void guard_closep(struct guard **guard); /* for CLEANUP() */

/* A guard that was just made: maps and root programs, nothing attached, nothing pinned. It is
 * seated as any other, then attached. */
struct new_guard;

/* Make the state of an INTERFACE that is not guarded yet, under an exclusive lock. RULES is how
 * many numbers are needed at once. What an interface that is gone has left behind is removed.
 * Returns -EEXIST when it is guarded already. */
int guard_create(const char *interface, const struct attach_options *options, size_t rules,
                 struct new_guard **guard, struct why *why);

/* The guard in it, which ends with it. */
struct guard *new_guard_guard(const struct new_guard *made);

/* Attach it, once it is seated, to the way out: from now on flows are made. */
int new_guard_attach_out(struct new_guard *made, struct why *why);

/* Attach it to the way in (to the way out first, if that has not been done), and pin everything.
 * NOTE, if not empty afterwards, says why native mode was not possible and what was used instead.
 * On failure nothing is attached any more. */
int new_guard_attach(struct new_guard *made, struct why *note, struct why *why);

/* What new_guard_attach() did not pin ends with it. */
void new_guard_close(struct new_guard *made);
void new_guard_closep(struct new_guard **made); /* for CLEANUP() */

/* Release the lock alone, before anything that others should not have to wait for: a file that is
 * read, a terminal that is written to. What guard_tables() gives stays as it is; all else may
 * change from now on. */
void guard_unlock(struct guard *guard);

/* Enter a flow, if there is room. Returns 0 or -errno. */
int guard_add_flow(struct guard *guard, const struct flow_key *key, const struct flow *flow);

/* Asking about TCP sockets of this network namespace: *asker is set on success only, and freed by
 * socket_asker_free(). */
struct socket_asker;
int socket_asker_new(struct socket_asker **asker, struct why *why);
void socket_asker_free(struct socket_asker *asker); /* NULL is none */

/* Did the socket of the conversation KEY connect? Else a listener accepted it, or there is none.
 * Returns 0 or -errno. */
int socket_connected(struct socket_asker *asker, const struct flow_key *key, bool *connected);

/* Put back on the interface what somebody took off it, if anything: NOTE, if not empty afterwards,
 * says what. Counters and flows go on. Returns -errno where it is not guarded as it should be even
 * then. */
int guard_mend(struct guard *guard, struct why *note, struct why *why);

/* Where the kernel takes no program on the interface because one above it is guarded already, a
 * bridge for example, that one may be taken off and put back: what comes in there meanwhile, a few
 * milliseconds, is dropped. Without this, new_guard_attach() and guard_mend() end with -EDEADLK and
 * WHY names the order that works. */
void guard_may_make_way(struct guard *guard);

/* What the interface is called now, whatever name it was opened by. */
const char *guard_interface(const struct guard *guard);

/* Take the programs off the interface and remove every pin. */
int guard_detach(struct guard *guard, struct why *why);

/* The rule numbers of the seats in force: entries up to the capacity, empty names where free. */
const struct rule_entry *guard_rules(const struct guard *guard, size_t *capacity);

/* Give POLICY's entries their numbers: those that a seat in force knows by name, direction and
 * action keep theirs. *numbers, for the caller to free, has one for each entry. Where there is no
 * room the tables are made larger first. */
int guard_number(struct guard *guard, const struct policy *policy, struct rule_number **numbers,
                 struct why *why);

/* They were given for nothing: free them. */
void guard_forget_numbers(struct guard *guard);

/* Load IMAGE, compiled with guard_number()'s numbers, into the spare seat and put it in force, in
 * one store for both directions. The generation before stays seated as the fallback. With
 * CONFIRM_NS the kernel goes back to it by itself after that time, unless guard_confirm() comes
 * first; while that is pending, another IMAGE keeps the fallback, see guard_admits(). */
int guard_seat(struct guard *guard, const struct image *image, u64 confirm_ns, struct why *why);

/* Is what is in force judged by the programs of this very version? Seating makes it so. */
bool guard_is_of_this_version(const struct guard *guard);

/* While a confirmation is pending, only a policy that waits for one itself may be seated: 0, or
 * -EBUSY. */
int guard_admits(const struct guard *guard, u64 confirm_ns, struct why *why);

/* Keep the policy that waits for confirmation. Returns -ENOENT when none does. */
int guard_confirm(struct guard *guard, struct why *why);
bool guard_is_pending(const struct guard *guard);

/* Put the fallback in force. Returns -ENOENT when there is none. */
int guard_rollback(struct guard *guard, struct why *why);

/* The block of the generation in force; NULL when there is none. Lives as long as the guard. */
const struct tables_header *guard_tables(const struct guard *guard);
/* The same of what rollback would go back to. */
const struct tables_header *guard_fallback_tables(const struct guard *guard);

/* Was it attached with --audit? A policy that is named anew ends that. */
bool guard_audits(const struct guard *guard);
void guard_set_audit(struct guard *guard, bool audit);

/* Somebody asked for a reload, and this is how it ended: for the metrics. */
void guard_count_reload(struct guard *guard, enum reload_result result);

/* "enforce", "audit" or "unguarded". */
const char *tables_mode(const struct tables_header *header);

/* What the policy's path was: the file to reload. */
const char *tables_path(const struct tables_header *header);
const struct tables_rule *tables_rules(const struct tables_header *header);

/* The policy that HEADER's tables were compiled from, as it was read then; its rules are those of
 * tables_rules(). Returns 0, -ENOENT when it has not been kept, -ENOMEM, -EPROTO, or what reading
 * it gave: another version of this program may not understand it. */
int tables_policy(const struct tables_header *header, struct policy **policy, struct diag *diag);

/* The files that HEADER's policy was read from, see policy/archive.h; *length is 0 where they have
 * not been kept. Lives as long as HEADER. */
const void *tables_archive(const struct tables_header *header, size_t *length);

/* Is one way of an interface guarded? */
enum standing {
    WAY_GUARDED,
    WAY_OPEN,     /* our root program hangs there no more */
    WAY_REPLACED, /* another program has its place */
    WAY_UNSEATED, /* it hangs there, and has no policy to go to */
    WAY_MISREAD,  /* packets begin with something else now than when it was attached */
    WAY_UNKNOWN,  /* the kernel does not say */
};
struct way {
    enum standing standing;
    int error; /* of WAY_UNKNOWN: -errno */
    bool hangs_something;
    u32 program; /* what hangs there */
    u32 before;  /* how many programs are asked before it: what they let pass is judged by nobody */
};

struct guard_status {
    char interface[64];
    struct interface_state state;
    struct seat_word seat;
    struct way ways[DIRECTIONS];
    size_t flows; /* this and the next two are not in an outline: view_status() counts them */
    size_t flows_max;
    size_t bans;
};

/* Ban BANS, which are sorted meanwhile: from now on, whatever policy is in force. Who is banned
 * already gets another expiry. Returns -ENOSPC when there is no room. */
int guard_ban(struct guard *guard, struct bans *bans, struct why *why);

/* End just these: an address of a banned prefix is not banned itself. MISSING, empty before, gets
 * those that were not; the caller clears it. */
int guard_unban(struct guard *guard, struct bans *bans, struct bans *missing, struct why *why);

/* Who is banned now, in the order of banned_compare(). *bans is the caller's to clear. */
int guard_bans(const struct guard *guard, struct bans *bans, struct why *why);

/* Remove bans that have expired, if any: they count no more, but take room. */
bool guard_bans_expired(const struct guard *guard);
int guard_sweep_bans(struct guard *guard, struct why *why);

/* Differs when somebody has banned or unbanned meanwhile. */
u64 guard_ban_changes(const struct guard *guard);

/* Hearing of single packets as they are judged. At most LISTENERS processes at a time. */
struct listener;

/* How long the kernel believes in a listener that does not call listener_keep(). */
#define LISTENER_KEEP_S 15u

/* Begin to hear of packets of the kinds HEARS (HEARS_ bits of abi.h); HEARD is called for each by
 * listener_read(). GUARD must be open to be changed, and is not needed afterwards. Returns -EBUSY
 * when there are too many listeners. */
int guard_listen(struct guard *guard, u32 hears, void (*heard)(const struct event *, void *context),
                 void *context, struct listener **listener, struct why *why);

/* Becomes readable when there is something to hear; stays the listener's. */
int listener_descriptor(const struct listener *listener);

/* Returns the number of events, or -errno. */
int listener_read(struct listener *listener);

/* Still here. Returns false when the slot has been given to somebody else meanwhile. */
bool listener_keep(struct listener *listener);

/* NULL is none. */
void listener_close(struct listener *listener);

/* Does anybody hear of what is dropped? */
bool guard_drops_are_heard(const struct guard *guard);

/* Packets that somebody listened for and was not told of. Returns 0 or -errno. */
int guard_events_lost(const struct guard *guard, u64 *lost);

/* Are both ways guarded? If not, TEXT says what is wrong. */
#define TROUBLE_BYTES 320
bool guard_status_is_whole(const struct guard_status *status);
void guard_status_trouble(const struct guard_status *status, char text[TROUBLE_BYTES]);

/* How it is attached, in a word; or what it is instead: "missing", "replaced", "unseated". */
const char *guard_status_ingress(const struct guard_status *status);
const char *guard_status_egress(const struct guard_status *status);

/* The status of GUARD but for what has to be counted: costs the same however many flows there are.
 */
void guard_outline(const struct guard *guard, struct guard_status *status);

/* What a view reads from. */
enum view_map {
    VIEW_COUNTERS,
    VIEW_REASONS,
    VIEW_FLOWS,
    VIEW_SEEN,
    VIEW_INTERFACE,
    VIEW_BANS,
    VIEW_BAN_PREFIXES,
    VIEW_BANNING,
    VIEW_MAPS,
};

/* What is only read of a guard: of one that is open here, or of one that another process has shared
 * with us. */
struct view {
    struct guard_status outline;
    const struct tables_header *tables; /* of the policy in force */
    const struct rule_entry *rules;     /* by number; empty names where free */
    size_t rule_count;   /* those that a policy in force or its fallback knows are below */
    int maps[VIEW_MAPS]; /* descriptors, which are not the view's */
};

/* Of a GUARD that is open, and only while it is, and nothing else is seated. */
void guard_view(const struct guard *guard, struct view *view);

int view_status(const struct view *view, struct guard_status *status, struct why *why);

/* All counters at one moment, summed over the CPUs. */
struct counters {
    struct seen seen[DIRECTIONS];
    struct reason_counter reasons[REASON_SLOTS];
    struct rule_counter *rules; /* by rule number */
    size_t rule_count;
};

int view_counters(const struct view *view, struct counters *counters, struct why *why);
void counters_clear(struct counters *counters);

/* What became of all packets since the interface was attached, whatever policies were in force:
 * they never go back. Each one seen is in `packets` once, but for those judged just now. */
struct totals {
    u64 seen[DIRECTIONS];
    u64 packets[DIRECTIONS][VERDICTS];
};

/* Add up COUNTERS, which are VIEW's. */
void view_totals(const struct view *view, const struct counters *counters, struct totals *totals);

/* Somebody looks at TOTALS now. *before, of CLOCK_MONOTONIC time_ns, is what was there when
 * somebody looked last, or when it was attached; time_ns 0: not known. */
void guard_look(struct guard *guard, const struct totals *totals, struct last_look *before);

/* What a process without any privilege needs for a view: the maps, by descriptors that can only
 * read; and what is known of the rules, as a file, since the kernel maps nothing that can only be
 * read: the tables but for what packets need, then entries of `rules`. */
enum { VIEW_RULES = VIEW_MAPS, VIEW_FILES };
struct view_files {
    struct guard_status outline;
    size_t tables_bytes, rule_count; /* in the file */
    int files[VIEW_FILES];           /* descriptors */
};

/* Of GUARD, which must be open: *files is the caller's to close. */
int guard_share(const struct guard *guard, struct view_files *files, struct why *why);
void view_files_close(struct view_files *files);

/* A view from FILES, whose descriptors it takes, also on failure. It holds no lock: what was read
 * counts only if shared_view_is_current() afterwards. */
struct shared_view;
int shared_view_open(struct view_files *files, struct shared_view **shared, struct why *why);
const struct view *shared_view(const struct shared_view *shared);
bool shared_view_is_current(const struct shared_view *shared);
void shared_view_closep(struct shared_view **shared); /* for CLEANUP() */

/* Before a process gives up opening files: what is read once is read now. */
int view_prepare(void);

/* Asking how frames would be judged: the programs in the seat in force, loaded once more. Nothing
 * is counted, and the flows that questions make are known to later questions only. *asker is set on
 * success only. It is used while GUARD is open, and knows nothing of what is seated later. */
struct asker;
int asker_new(const struct guard *guard, struct asker **asker, struct why *why);
void asker_free(struct asker *asker);   /* NULL is none */
void asker_freep(struct asker **asker); /* for CLEANUP() */

/* Let the questions that follow know what the interface has under FLOW and FRAGMENT, of which
 * either may be NULL, as the next packet would find it; nothing of the interface is written. */
int asker_know(struct asker *asker, const struct flow_key *flow,
               const struct fragment_key *fragment, struct why *why);

int asker_ask(struct asker *asker, enum direction direction, const void *frame, size_t length,
              struct outcome *outcome, struct why *why);

/* Is there a place where state is pinned? There is none after bpffs was unmounted: what was in it
 * is gone then, links and all, and nobody took it off on purpose. */
bool guard_place_exists(void);

/* Call VISIT for the name that every guarded interface of this network namespace has now. Stops at
 * the first non-zero return. -ENOENT with WHY: nothing can be seen from here. */
int guard_each(int (*visit)(const char *interface, void *context), void *context, struct why *why);

/* Call TELL for each interface that is guarded from another mount namespace, whose state cannot be
 * seen here. */
void guard_each_unseen(void (*tell)(const struct why *why, void *context), void *context);

#endif
