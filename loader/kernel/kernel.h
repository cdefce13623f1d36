/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything the loader asks of the kernel. Only this folder knows libbpf, map descriptors and
 * pins; the rest of the loader knows only guards, images and plain numbers.
 *
 * A guard is the state of one guarded interface. Every function that fails returns -errno and says
 * in WHY what went wrong and what to do; it leaves the kernel as it was.
 */
#ifndef EDGEXDP_KERNEL_H
#define EDGEXDP_KERNEL_H

#include <edgexdp/abi.h>
#include <edgexdp/limit.h>

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
    u32 limits_max; /* sources that may be ahead of a limit at once */
    bool make_way;  /* see guard_may_make_way() */
};

/* What a guard is opened for: to read it, to change it, or to remove it, which also works when its
 * interface is gone. */
enum guard_use { GUARD_READ, GUARD_CHANGE, GUARD_REMOVE };

/* Open the guard of INTERFACE, which may be any of its names, and settle a deadline that has
 * passed. It takes a lock: shared for reading, else exclusive. *guard is set only on success. It is
 * the state of that very interface, not of one that had the name before. Returns, with WHY, -ENOENT
 * when the interface exists but is not guarded, -ENODEV when it does not exist, -EXDEV when the
 * interface guarded under that name is in another network namespace. */
int guard_open(const char *interface, enum guard_use use, struct guard **guard, struct why *why);

/* Release the lock and the descriptors. */
void guard_close(struct guard *guard);
void guard_closep(struct guard **guard); /* for CLEANUP() */

/* A guard that was just made: maps and root programs, nothing attached, nothing pinned. It is
 * seated like any other, then attached. */
struct new_guard;

/* Make the state of an INTERFACE that is not guarded yet, under an exclusive lock. RULES is how
 * many rule numbers are needed at once. State left behind by interfaces that are gone is removed.
 * Returns -EEXIST when it is guarded already. */
int guard_create(const char *interface, const struct attach_options *options, size_t rules,
                 struct new_guard **guard, struct why *why);

/* The guard inside MADE, which lives as long as MADE. */
struct guard *new_guard_guard(const struct new_guard *made);

/* Attach it, once it is seated, to outgoing traffic: from now on flows are made. */
int new_guard_attach_out(struct new_guard *made, struct why *why);

/* Attach it to incoming traffic (first to outgoing, if that has not been done), and pin everything.
 * NOTE, if not empty afterwards, says why native mode was not possible and what was used instead.
 * On failure nothing is attached any more. */
int new_guard_attach(struct new_guard *made, struct why *note, struct why *why);

/* Close MADE. Whatever new_guard_attach() did not pin is removed with it. */
void new_guard_close(struct new_guard *made);
void new_guard_closep(struct new_guard **made); /* for CLEANUP() */

/*
 * Several interfaces at once: all of them are as before, or as they should be, whatever happens in
 * between. What has been done is noted where the state is pinned; the next command of any kind puts
 * it in order if this process dies.
 */
enum together_kind {
    TOGETHER_ATTACH,  /* none is guarded yet; undone by detaching */
    TOGETHER_CHANGE,  /* another policy is put in force; undone by returning to the one before */
    TOGETHER_CONFIRM, /* cannot be undone: it is completed */
    TOGETHER_DETACH,  /* likewise */
};
#define TOGETHER_MAX 256 /* interfaces */

struct together;

/* Begin with COUNT INTERFACES, under an exclusive lock that lasts until together_end(): guards may
 * be opened meanwhile. *together is set only on success. Fails if one of them is not guarded (or is
 * already, for TOGETHER_ATTACH). */
int together_begin(enum together_kind kind, char *const *interfaces, size_t count,
                   struct together **together, struct why *why);

/* From here on, everything stays as it is now. */
int together_commit(struct together *together, struct why *why);

/* Undo everything, or complete it, unless it was committed; release the lock. */
void together_end(struct together *together);
void together_endp(struct together **together); /* for CLEANUP() */

/* Release only the lock, before anything that others should not have to wait for: reading a file,
 * writing to a terminal. What guard_tables() returns stays as it is; everything else may change
 * from now on. */
void guard_unlock(struct guard *guard);

/* Enter a flow, if there is room. Returns 0 or -errno. */
int guard_add_flow(struct guard *guard, const struct flow_key *key, const struct flow *flow);

/* Call VISIT for every flow that is remembered, in force or not; stops at the first non-zero return
 * and returns it. */
int guard_each_flow(const struct guard *guard,
                    int (*visit)(const struct flow_key *key, const struct flow *flow,
                                 void *context),
                    void *context, struct why *why);

/* Forget a flow. One that is gone already is no error. */
int guard_forget_flow(struct guard *guard, const struct flow_key *key);

/* Asking about TCP sockets of this network namespace: *asker is set on success only, and freed by
 * socket_asker_free(). */
struct socket_asker;
int socket_asker_new(struct socket_asker **asker, struct why *why);
void socket_asker_free(struct socket_asker *asker); /* NULL is none */

/* Did the socket of the conversation KEY connect? If not, a listener accepted it, or there is no
 * socket. Returns 0 or -errno. */
int socket_connected(struct socket_asker *asker, const struct flow_key *key, bool *connected);

/* Put back on the interface what somebody took off it, if anything: NOTE, if not empty afterwards,
 * says what. Counters and flows are kept. Returns -errno if the interface is still not guarded as
 * it should be. */
int guard_mend(struct guard *guard, struct why *note, struct why *why);

/* Allow the program of an interface above, a bridge for example, to be taken off and put back, if
 * the kernel accepts no program on this interface because that one is guarded already. Packets that
 * come in there meanwhile, for a few milliseconds, are dropped. Without this, new_guard_attach()
 * and guard_mend() fail with -EDEADLK, and WHY names the order that works. */
void guard_may_make_way(struct guard *guard);

/* Does the policy in force reject packets that come in, without their senders being told, because
 * of what GUARD is attached to? Then NOTE says why, and what to do. */
bool guard_answers_are_lost(const struct guard *guard, struct why *note);

/* Does the policy in force ask for connections, and some of them are not to be seen on GUARD's
 * interface, or by this kernel, or were not when it was put in force? Then NOTE says which, and
 * why. */
bool guard_connections_are_hidden(const struct guard *guard, struct why *note);

/* When the kernel gives programs SYN cookies, in this network namespace. */
enum cookies_when { COOKIES_UNKNOWN, COOKIES_NEVER, COOKIES_QUEUE_FULL, COOKIES_ALWAYS };
enum cookies_when guard_cookies_when(void);

/* Does a rule of the policy in force protect by SYN cookies, and the kernel gives none? Then NOTE
 * says what to do. */
bool guard_cookies_are_missing(const struct guard *guard, struct why *note);

/* The interface's current name, whatever name it was opened by. */
const char *guard_interface(const struct guard *guard);

/* Take the programs off the interface and remove every pin. */
int guard_detach(struct guard *guard, struct why *why);

/* The rule numbers of the seats in force: entries up to the capacity, empty names where free. */
const struct rule_entry *guard_rules(const struct guard *guard, size_t *capacity);

/* The zone of a policy that an interface belongs to, by their names. */
struct guard_zone {
    const char *policy, *zone;
    bool (*has)(const void *context, const char *interface); /* is that one in it too? */
    const void *context;
};

/* Share flows, fragments and large answers with the other interfaces of ZONE, and no longer with
 * those of another one; NULL: with none. What GUARD has so far comes along. Called before rules get
 * numbers. Returns 0 or -errno with WHY. */
int guard_join_zone(struct guard *guard, const struct guard_zone *zone, struct why *why);

/* Returns whether GUARD has joined a zone, whoever else is in it. */
bool guard_is_in_zone(const struct guard *guard);

/* Returns whether both have the same flows. */
bool guard_shares_flows(const struct guard *guard, const struct guard *other);

/* Give POLICY's entries their numbers: those that a seat in force knows by name, direction and
 * action keep theirs. *numbers, which the caller frees, has one for each entry. If there is no
 * room, the tables are enlarged first. */
int guard_number(struct guard *guard, const struct policy *policy, struct rule_number **numbers,
                 struct why *why);

/* Free numbers that were given but are not needed. */
void guard_forget_numbers(struct guard *guard);

/* Load IMAGE, compiled with guard_number()'s numbers, into the spare seat and put it in force, in
 * one store for both directions. The previous generation stays seated as the fallback. With
 * CONFIRM_NS the kernel returns to it by itself after that time, unless guard_confirm() is called
 * first; while that is pending, another IMAGE keeps the fallback, see guard_admits(). */
int guard_seat(struct guard *guard, const struct image *image, u64 confirm_ns, struct why *why);

/* The same, but IMAGE only takes the place of what is in force: the fallback and a deadline stay as
 * they are. */
int guard_reseat(struct guard *guard, const struct image *image, struct why *why);

/* Is the generation in force judged by the programs of this very version? Seating makes it so. */
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
/* The same for what rollback would return to. */
const struct tables_header *guard_fallback_tables(const struct guard *guard);

/* Read line number AT of the table of limits: see edgexdp/limit.h. Returns 0 or a negative errno.
 */
struct limit_line;
int guard_limit_line(const struct guard *guard, u32 at, struct limit_line *line);

/* Was it attached with --audit? Naming a policy again ends that. */
bool guard_audits(const struct guard *guard);
void guard_set_audit(struct guard *guard, bool audit);

/* Count a requested reload by its RESULT, for the metrics. */
void guard_count_reload(struct guard *guard, enum reload_result result);

/* "enforce", "audit" or "unguarded". */
const char *tables_mode(const struct tables_header *header);

/* The path that the policy was read from: the file to reload. */
const char *tables_path(const struct tables_header *header);
const struct tables_rule *tables_rules(const struct tables_header *header);
/* The path of the file that one of these rules stands in. Lives as long as HEADER. */
const char *tables_rule_path(const struct tables_header *header, const struct tables_rule *rule);

/* The policy that HEADER's tables were compiled from, as it was read then; its rules are those of
 * tables_rules(). Returns 0, -ENOENT when it has not been kept, -ENOMEM, -EPROTO, or the error from
 * reading it: another version of this program may not understand it. */
int tables_policy(const struct tables_header *header, struct policy **policy, struct diag *diag);

/* The same with the rules of all zones, in which those of tables_rules() are found by name. */
int tables_whole_policy(const struct tables_header *header, struct policy **policy,
                        struct diag *diag);

/* The files that HEADER's policy was read from, see policy/archive.h; *length is 0 if they have not
 * been kept. Lives as long as HEADER. */
const void *tables_archive(const struct tables_header *header, size_t *length);

/* Is one direction of an interface guarded? */
enum standing {
    WAY_GUARDED,
    WAY_OPEN,     /* our root program is no longer attached there */
    WAY_REPLACED, /* another program has taken its place */
    WAY_UNSEATED, /* it is attached, but has no policy to call */
    WAY_MISREAD,  /* packets now begin with something else than when it was attached */
    WAY_UNKNOWN,  /* the kernel does not say */
};
struct way {
    enum standing standing;
    int error; /* for WAY_UNKNOWN: -errno */
    bool hangs_something;
    u32 program; /* id of the program attached there */
    u32 before;  /* how many programs run before it: what they let pass is judged by nobody */
};

struct guard_status {
    char interface[64];
    struct interface_state state;
    struct seat_word seat;
    struct way ways[DIRECTIONS];
    bool lacks_completer; /* connections by cookies cannot be made as they were offered */
    size_t flows; /* this and the next three are not in an outline: view_status() counts them */
    size_t flows_max;
    size_t bans;
    size_t blocks[BLOCK_ORIGINS];
};

/* Ban BANS from now on, whatever policy is in force. BANS is sorted in the process. Whoever is
 * banned already gets the new expiry. Returns -ENOSPC when there is no room. */
int guard_ban(struct guard *guard, struct bans *bans, struct why *why);

/* End exactly these BANS: an address inside a banned prefix is not banned itself. MISSING, empty
 * before, receives those that were not banned; the caller clears it. */
int guard_unban(struct guard *guard, struct bans *bans, struct bans *missing, struct why *why);

/* All current bans, in the order of banned_compare(). The caller clears *bans. */
int guard_bans(const struct guard *guard, struct bans *bans, struct why *why);

/* The same without those whom limits have banned. */
int guard_bans_by_command(const struct guard *guard, struct bans *bans, struct why *why);

/* Until when packets of that address are dropped because it, or a prefix around it, is banned, by
 * CLOCK_MONOTONIC; BAN_FOREVER: without end. 0: it is not banned. */
u64 guard_banned_until(const struct guard *guard, enum family family, const u8 address[16]);

/* Remove expired bans, if any: they have no effect, but take room. */
bool guard_bans_expired(const struct guard *guard);
int guard_sweep_bans(struct guard *guard, struct why *why);

/* A number that differs once somebody has banned or unbanned in between. */
u64 guard_ban_changes(const struct guard *guard);

/* The image of the blocks of ORIGIN; NULL: there are none. It lives as long as GUARD, or until they
 * are set. Some of them may have expired. See block/block.h. */
int guard_blocks(struct guard *guard, enum block_origin origin, const struct tables_header **image,
                 struct why *why);

/* Put IMAGE (NULL: none) in the place of what there is of ORIGIN: for packets this is one store,
 * whatever has changed. Numbers that stay go on counting; the counters of others are removed.
 * Returns -ENOSPC when there are more than BLOCKS_MAX blocks, or another -errno. */
int guard_set_blocks(struct guard *guard, enum block_origin origin, const struct image *image,
                     struct why *why);

/* The number that a new block may have, and those above it. They are taken when they are set. */
u32 guard_next_block(const struct guard *guard);

/* A number that differs once somebody has set blocks in between. */
u64 guard_block_changes(const struct guard *guard);

/* Have some blocks expired, which are still there? They have no effect. */
bool guard_blocks_expired(const struct guard *guard);

/* All blocks of ORIGIN are in force until UNTIL_NS (CLOCK_MONOTONIC) only, unless that is put off:
 * for somebody who keeps them in force for as long as he lives. BLOCK_FOREVER ends that. */
void guard_hold_blocks(struct guard *guard, enum block_origin origin, u64 until_ns);
u64 guard_blocks_held_until(const struct guard *guard, enum block_origin origin);

/* What the block NUMBER is called. Returns false if it has ended. */
bool guard_block_name(const struct guard *guard, u32 number, struct block_name *name);

/* What the block NUMBER has dropped. */
int guard_block_count(const struct guard *guard, u32 number, struct block_counter *sum,
                      struct why *why);

/* Hearing about single packets as they are judged. At most LISTENERS processes can listen at a
 * time. */
struct listener;

/* How long the kernel believes in a listener that does not call listener_keep(). */
#define LISTENER_KEEP_S 15u

/* Begin to hear about packets of the kinds HEARS (HEARS_ bits of abi.h); listener_read() calls
 * HEARD for each. GUARD must be open with GUARD_CHANGE, and is not needed afterwards. Returns
 * -EBUSY when there are too many listeners. */
int guard_listen(struct guard *guard, u32 hears, void (*heard)(const struct event *, void *context),
                 void *context, struct listener **listener, struct why *why);

/* Begin to receive samples of all packets, whatever becomes of them: listener_read() calls SAMPLED
 * for each. A CPU takes every packet as long as it takes no more than one each PACE_NS on average,
 * and fewer beyond that; all samplers of an interface share the last pace that was set. Otherwise
 * like guard_listen(), except that nothing wakes the reader, and that the kernel believes in it for
 * only SAMPLING_KEEP_S: from then on packets cost what they cost before. */
#define SAMPLING_KEEP_S 4u
#define SAMPLE_PACE_NS  20000u /* the usual one: less than a hundredth of a core */
int guard_sample(struct guard *guard, u32 pace_ns,
                 void (*sampled)(const struct packet_sample *, void *context), void *context,
                 struct listener **listener, struct why *why);
void listener_set_pace(struct listener *listener, u32 pace_ns);

/* For how many packets the samples stood that found no room, because they were not read in time.
 * Returns 0 or -errno. */
int listener_lost(const struct listener *listener, u64 *packets);

/* Becomes readable when there is something to hear; the listener keeps ownership. Not for
 * samples. */
int listener_descriptor(const struct listener *listener);

/* Returns the number of events or samples, or -errno. */
int listener_read(struct listener *listener);

/* Tell the kernel that the listener is still there. Returns false if its slot has been given to
 * somebody else. */
bool listener_keep(struct listener *listener);

/* NULL is none. */
void listener_close(struct listener *listener);

/* Does anybody listen for dropped packets? */
bool guard_drops_are_heard(const struct guard *guard);

/* Packets that a listener asked for but was not told about. Returns 0 or -errno. */
int guard_events_lost(const struct guard *guard, u64 *lost);

/* Are both directions guarded? If not, TEXT says what is wrong. */
#define TROUBLE_BYTES 320
bool guard_status_is_whole(const struct guard_status *status);
void guard_status_trouble(const struct guard_status *status, char text[TROUBLE_BYTES]);

/* How it is attached, in one word; or, if it is not: "missing", "replaced", "unseated". */
const char *guard_status_ingress(const struct guard_status *status);
const char *guard_status_egress(const struct guard_status *status);

/* The status of GUARD without what has to be counted: costs the same however many flows there
 * are. */
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
    VIEW_LIMIT_BANS,
    VIEW_LIMIT_LINES,
    VIEW_REFUSALS,
    VIEW_COOKIES,
    VIEW_BLOCKING,
    VIEW_BLOCK_NAMES,
    VIEW_BLOCK_COUNTERS,
    VIEW_MAPS,
};

/* The read-only part of a guard: of one that is open here, or of one that another process has
 * shared with us. */
struct view {
    struct guard_status outline;
    const struct tables_header *tables; /* of the policy in force */
    const struct rule_entry *rules;     /* by number; empty names where free */
    size_t rule_count;   /* above all numbers that the policy in force or its fallback uses */
    int maps[VIEW_MAPS]; /* descriptors, which are not the view's */
};

/* The view of an open GUARD. Valid only while GUARD is open and nothing else is seated. */
void guard_view(const struct guard *guard, struct view *view);

int view_status(const struct view *view, struct guard_status *status, struct why *why);

/* Answers to rejected packets. */
struct answers {
    u64 sent;
    u64 withheld; /* because there were too many */
};

/* All counters at one moment, summed over the CPUs. */
struct counters {
    struct seen seen[DIRECTIONS];
    struct answers answers;
    struct cookies cookies;
    struct reason_counter reasons[REASON_SLOTS];
    struct rule_counter *rules; /* by rule number */
    size_t rule_count;
};

int view_counters(const struct view *view, struct counters *counters, struct why *why);

/* All blocks, and what they have dropped, in the order in which they were made. The caller frees
 * *blocks. */
struct block_sample {
    u32 number;
    struct block_name name;
    u64 packets, bytes;
};
int view_blocks(const struct view *view, struct block_sample **blocks, size_t *count,
                struct why *why);

/* How many sources, or destinations, are ahead of a limit now, by the limit's owner (0: none). All
 * of the table is read: some 30 ms if a million of them may be ahead. Nothing is read, and all are
 * 0, if no rule has a limit. */
struct limit_sources {
    u64 owners[LIMIT_OWNERS + 1];
};
int view_limit_sources(const struct view *view, struct limit_sources *sources, struct why *why);

/* Has rule NUMBER of the policy in force a limit? */
bool view_rule_is_limited(const struct view *view, u32 number);
void counters_clear(struct counters *counters);

/* What was dropped because no rule matched, as each CPU counted it, while the policy in force said
 * log = drops. *rows, in no order, is freed by the caller. */
int guard_dropped(const struct guard *guard, struct dropped **rows, size_t *count, struct why *why);

/* What became of all packets since the interface was attached, whatever policies were in force:
 * these totals never decrease. Each packet seen is in `packets` once, except those being judged
 * right now. */
struct totals {
    u64 seen[DIRECTIONS];
    u64 packets[DIRECTIONS][VERDICTS];
};

/* Add up COUNTERS, which belong to VIEW. */
void view_totals(const struct view *view, const struct counters *counters, struct totals *totals);

/* Record that somebody looks at TOTALS now. *before receives the counts of the last look, or those
 * when it was attached, with their CLOCK_MONOTONIC time_ns; time_ns 0: not known. */
void guard_look(struct guard *guard, const struct totals *totals, struct last_look *before);

/* What a process without any privilege needs for a view: the maps, as read-only descriptors; and
 * what is known about the rules, as a file, because the kernel cannot map a map through a read-only
 * descriptor: the tables without what packets need, then the entries of `rules`. */
enum { VIEW_RULES = VIEW_MAPS, VIEW_FILES };
struct view_files {
    struct guard_status outline;
    size_t tables_bytes, rule_count; /* in the file */
    int files[VIEW_FILES];           /* descriptors */
};

/* Share GUARD, which must be open; the caller closes *files. */
int guard_share(const struct guard *guard, struct view_files *files, struct why *why);
void view_files_close(struct view_files *files);

/* A view from FILES. It takes over their descriptors, even on failure. It holds no lock: what was
 * read is valid only if shared_view_is_current() afterwards. */
struct shared_view;
int shared_view_open(struct view_files *files, struct shared_view **shared, struct why *why);
const struct view *shared_view(const struct shared_view *shared);
bool shared_view_is_current(const struct shared_view *shared);
void shared_view_closep(struct shared_view **shared); /* for CLEANUP() */

/* Call this before a process gives up opening files: it reads now what has to be read once. */
int view_prepare(void);

/* Asking how frames would be judged: the programs of the seat in force, loaded a second time.
 * Nothing is counted, and flows made by questions are known only to later questions. *asker is set
 * on success only. It is used while GUARD is open, and knows nothing about what is seated later. */
struct asker;
int asker_new(const struct guard *guard, struct asker **asker, struct why *why);
void asker_free(struct asker *asker);   /* NULL is none */
void asker_freep(struct asker **asker); /* for CLEANUP() */

/* Copy what the interface has under FLOW, FRAGMENT and REPLY (a large answer; each may be NULL), so
 * that later questions see what the next packet would see; nothing of the interface is changed. */
int asker_know(struct asker *asker, const struct flow_key *flow,
               const struct fragment_key *fragment, const struct flow_key *reply, struct why *why);

/* From now on, assume that outbound packets came in through ZONE (see fields.h); at first, that
 * this host sends them. */
void asker_arrives(struct asker *asker, unsigned int zone);

int asker_ask(struct asker *asker, enum direction direction, const void *frame, size_t length,
              struct outcome *outcome, struct why *why);

/* Is there a place where state is pinned? After bpffs was unmounted there is none: then everything
 * in it is gone, including links, although nobody took it off on purpose. */
bool guard_place_exists(void);

/* Call VISIT for the name that every guarded interface of this network namespace has now. Stops at
 * the first non-zero return. Returns -ENOENT with WHY if nothing can be seen from here. */
int guard_each(int (*visit)(const char *interface, void *context), void *context, struct why *why);

/* Call TELL for each interface that is guarded from another mount namespace, whose state cannot be
 * seen here. */
void guard_each_unseen(void (*tell)(const struct why *why, void *context), void *context);

#endif
