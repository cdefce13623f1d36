/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inside of a guard, which the files of this folder share. */
#ifndef EDGEXDP_GUARD_H
#define EDGEXDP_GUARD_H

#include <net/if.h>
#include <sys/uio.h>

#include "../base/clock.h"
#include "bpffs.h"
#include "interface.h"
#include "kernel.h"

/* ---- guard.c: the state of an interface ---- */

/* Every pinned map of an interface, in the order of enum pin. */
enum pin {
    PIN_RULES,
    PIN_COUNTERS,
    PIN_REASONS,
    PIN_FLOWS,
    PIN_FRAGMENTS,
    PIN_REPLIES,
    PIN_SEEN,
    PIN_INTERFACE,
    PIN_SEAT,
    PIN_SEATS_IN,
    PIN_SEATS_OUT,
    PIN_LISTENERS,
    PIN_LISTENING,
    PIN_SAMPLERS,
    PIN_BANS,
    PIN_BAN_PREFIXES,
    PIN_BAN_FILTER,
    PIN_BANNING,
    PIN_REMOTES,
    PIN_REFUSALS,
    PIN_REFUSING,
    PIN_COOKIES,
    PIN_COOKIES_UNTIL,
    PIN_COOKIE_KEY,
    PIN_DROPPED,
    PIN_LIMIT_LINES,
    PIN_LIMIT_BANS,
    PIN_BLOCKING,
    PIN_BLOCK_IMAGES,
    PIN_BLOCK_COUNTERS,
    PIN_BLOCK_NAMES,
    PIN_BLOCK_LIMITS,
    PINS,
};

extern const char *const pin_names[PINS];

extern const char *const link_pins[DIRECTIONS];
#define COMPLETER_PIN "link_completer"

struct bpf_object;
struct bpf_map;

/* The map of OBJECT that is pinned as PIN; NULL if its programs do not use it. */
struct bpf_map *pin_map(const struct bpf_object *object, enum pin pin);

/* Make OBJECT, not yet loaded, use the maps of the interface instead of its own. */
int pin_maps_reuse(const struct guard *guard, const struct bpf_object *object);

/* Memory shared with a map. */
struct mapping {
    void *memory; /* NULL: none */
    size_t bytes;
};

/* Map the whole value of an array map. */
int mapping_open(int map, bool writable, struct mapping *mapping);
void mapping_close(struct mapping *mapping);

struct generation {
    int tables; /* descriptor of the map, or -1 */
    struct mapping block;
};

struct guard {
    char interface[INTERFACE_NAME_BYTES]; /* the name asked for, later its own name */
    char path[PATH_BYTES];
    u32 ifindex;
    int lock;
    int maps[PINS];
    int completer;  /* its link, while the state is not pinned; or -1 */
    bool makes_way; /* programs of interfaces above may be taken off for a moment: see upper.c */
    enum egress_hook hook;
    enum link_layer layer; /* the one its programs are made for */
    struct seat_word *word;
    struct interface_state *state;
    struct refusing *refusing;
    struct rule_entry *rules;
    struct mapping mappings[PINS];
    size_t capacity; /* of rules and counters */
    struct generation generations[SEATS];
    struct mapping block_images[BLOCK_ORIGINS]; /* to read; those that were asked for */
    int block_maps[BLOCK_ORIGINS];              /* while the state is not pinned; or -1 */
};

/* A guard of INTERFACE with nothing opened yet; NULL when memory is short. */
struct guard *guard_new(const char *interface);

/* Map the state whose pinned maps are open. */
int guard_map(struct guard *guard, struct why *why);

/* Open the pinned maps, check their schema, and map the parts that are read and written in
 * place. */
int guard_open_state(struct guard *guard, struct why *why);

/* Open the tables of the seats in force. */
int guard_open_generations(struct guard *guard, struct why *why);

/* Find the interface that GUARD was made for in this network namespace, by any of its names: from
 * then on GUARD knows its index and its own name. */
int guard_find_interface(struct guard *guard, struct interface *interface, struct why *why);

u64 guard_netns_cookie(void);

/* ---- find.c: which interface, and whose state? ---- */

/* The folder in which the state of INTERFACE is pinned, whatever the folder's name. Returns false
 * if there is none; PATH is then where it would be. */
bool find_folder(const struct interface *interface, char path[PATH_BYTES]);

/* Read the `interface` of the state in FOLDER. Returns 0 or -errno; -EPROTO if it is of another
 * version: then only its folder's name says to whom it belongs. */
int find_read_state(const char *folder, struct interface_state *state);

/* To which interface does the state in the folder NAMED belong? For OWNER_HERE, WHERE is that
 * interface. */
enum whereabouts {
    OWNER_HERE,
    OWNER_ELSEWHERE, /* in another network namespace */
    OWNER_GONE,
    OWNER_UNKNOWN, /* of another version, or damaged */
};
enum whereabouts find_owner(const char *named, struct interface *where);

/* Was it guarded in this network namespace when a command last recorded the namespace? */
bool find_owner_was_here(const char *named);

/* Call VISIT with the current name of each guarded interface of this network namespace. */
int find_each(int (*visit)(const char *interface, void *context), void *context);

/* Under the exclusive lock: rename the folder of GUARD to the current name of its interface. This
 * is not possible if another interface's folder rightly has that name; all commands find GUARD's
 * folder anyway. */
bool guard_name_can_follow(const struct guard *guard);
void guard_name_follow(struct guard *guard);

/* Under the exclusive lock: if the folder of that name belongs to an interface that has another
 * name now, rename the folder to that. Returns 0 or -errno. */
int guard_name_make_free(const char *interface);

/* ---- open.c ---- */

/* Say why GUARD's interface, which exists, cannot be opened. Returns -ENOENT: it is not guarded as
 * far as can be seen here. */
int why_open(const struct guard *guard, struct why *why);
int why_elsewhere(const struct guard *guard, struct why *why);

/* ---- recover.c: what killed commands left behind ---- */

/* Under the exclusive LOCK: remove what killed commands left half made or half removed, for any
 * interface, and settle what they were doing to several. */
void recover_leftovers(int lock);
bool recover_is_needed(void);

/* The same if there are any leftovers, under its own lock. */
void recover_leftovers_alone(void);

/* The same for the state of GUARD, which is kept: finish what was begun, remove what is not
 * needed. */
bool guard_needs_recovery(const struct guard *guard);
int guard_recover(struct guard *guard, struct why *why);

/* ---- together.c ---- */

/* Has somebody begun to change several interfaces, and not ended? Under the exclusive LOCK it is
 * undone, or completed. */
bool together_is_left(void);
void together_recover(int lock);

/* ---- trouble.c ---- */

/* Describe a failed call to the kernel: the general causes (no privilege, kernel too old, no
 * memory), else WHAT followed by ERROR's own text. */
int why_kernel(struct why *why, int error, const char *what);

/* Keep libbpf's messages for why_kernel() instead of printing them. */
void trouble_quiet_libbpf(void);

/* ---- create.c: maps and root programs ---- */

/* Make maps of CAPACITY entries for rules and counters; the caller closes the descriptors. */
int create_rule_maps(size_t capacity, int *rules, int *counters, struct why *why);

/* Make an empty map like that of PIN, with ENTRIES; the caller closes *made. */
int create_map_like(enum pin pin, u32 entries, int *made, struct why *why);

/* Put an empty map of ENTRIES entries in the place of GUARD's map PIN, unless that has as many.
 * Programs that were loaded with the old one keep it. */
int guard_resize_map(struct guard *guard, enum pin pin, u32 entries, struct why *why);

/* The same for a map that the programs in all seats use: they are loaded again with the new one.
 * What was in the old one is lost. Killed in the middle, it begins again the next time. */
int guard_resize_map_of_all(struct guard *guard, enum pin pin, u32 entries, struct why *why);

/* Root programs that this process has loaded: descriptors, or -1. */
struct roots {
    int programs[DIRECTIONS];
};
void roots_close(struct roots *roots);

/* Load them over the maps that GUARD has open. */
int roots_load(const struct guard *guard, struct roots *roots, struct why *why);

/* ---- version.c: telling versions of the programs apart ---- */

/* Numbers that tell versions of the programs apart: for those of a generation, and for the root
 * programs. */
u64 embedded_version(void); /* embedded.c */
u64 roots_version(void);    /* create.c */
u64 version_of(const struct iovec *objects, size_t count);

/* Replace root programs of another version by those of this one, where GUARD is attached. */
int roots_renew(struct guard *guard, struct why *why);

/* The same for one direction. */
int roots_renew_way(const struct guard *guard, enum direction direction, const struct roots *roots);

/* ---- generation.c ---- */

/* Load the programs of a generation with GUARD's maps; its tables are in the map TABLES, which
 * begins with HEADER. */
struct programs {
    int in, out;
};
int generation_load(const struct guard *guard, const struct tables_header *header, int tables,
                    struct programs *programs, struct why *why);
int generation_create_tables(const struct tables_header *header, int *tables, struct why *why);
int generation_enter(const struct guard *guard, u32 seat, const struct programs *programs,
                     struct why *why);
void generation_leave(const struct guard *guard, u32 seat);
void programs_close(struct programs *programs);

/* ---- seat.c ---- */

/* Is SEAT in force, or the fallback? */
bool seat_is_live(const struct guard *guard, u32 seat);

/* Has a deadline passed, so that the fallback is in force? Then it has to be settled: see
 * guard_open(). */
bool seat_is_overdue(const struct guard *guard);
void seat_settle(struct guard *guard);

/* Was a command killed between two stores to the seat word? Then the fallback is in force, and no
 * other seat will take over by itself. */
bool seat_is_between(const struct guard *guard);
void seat_turn_back(struct guard *guard);

/* Empty the seats that are not live, and remove their tables. */
void seats_forget_stale(struct guard *guard);

/* ---- rule_maps.c ---- */

/* The programs of all seats in force. */
struct seated_programs {
    struct programs of[SEATS];
};

/* Load the generations in force again, over the maps that GUARD has now. The caller closes
 * PROGRAMS, also after a failure. */
int seated_programs_load(const struct guard *guard, struct seated_programs *programs,
                         struct why *why);
int seated_programs_enter(const struct guard *guard, const struct seated_programs *programs,
                          struct why *why);
void seated_programs_close(struct seated_programs *programs);

/* Both; they are seated only when all of them are loaded. *begun is set once packets are counted in
 * these maps. */
int rule_maps_reload_seats(struct guard *guard, bool *begun, struct why *why);

/* Wait until every program that was running at the time of the call has ended. */
void guard_wait_for_programs(void);

/* Free the numbers that no seat in force knows, including those that a killed command left. Returns
 * 0 or -ENOMEM. */
int rule_maps_sweep(struct guard *guard);

/* Finish what a command began that was killed while making room for more rules. */
int rule_maps_recover(struct guard *guard, struct why *why);

/* Write into `rules` where the rules of the generation in force are in its file. */
void rule_maps_place(struct guard *guard);

/* ---- next.c: several pins that get other maps together ---- */

/* Pin MAPS beside those of PINS that are in use, or forget them again; give them the names of
 * PINS. */
int guard_next_pin(const struct guard *guard, const enum pin *pins, size_t count, const int *maps,
                   struct why *why);
void guard_next_drop(const struct guard *guard, const enum pin *pins, size_t count);
int guard_next_take(const struct guard *guard, const enum pin *pins, size_t count, struct why *why);

/* Returns the map that is pinned beside that of PIN, for the caller to close, or -1. */
int guard_next_open(const struct guard *guard, enum pin pin);

/* ---- share.c ---- */

/* Finish what a command began that was killed while GUARD joined or left a zone. */
int share_recover(struct guard *guard, struct why *why);

/* ---- read.c: what is counted ---- */

/* All COUNT values of a per-CPU array: *values, which the caller frees, holds one value per CPU for
 * each key. Returns the number of CPUs, or -errno. */
int guard_read_percpu(int map, size_t count, size_t value_bytes, void **values);
int guard_cpus(void);
void rule_counter_add(struct rule_counter *sum, const struct rule_counter *more);
void totals_add_rule(u64 packets[DIRECTIONS][VERDICTS], const struct rule_entry *rule,
                     const struct rule_counter *counter);

/* Initialise a look at a guard that has counted nothing yet. */
void last_look_begin(struct last_look *look);

/* Call VISIT for all entries of a map; stops at the first non-zero return. Returns that, or -errno.
 */
int guard_map_each(int map, size_t key_bytes, size_t value_bytes,
                   int (*visit)(const void *key, const void *value, void *context), void *context);

/* An upper bound on the rule numbers that a seat knows: all of them are below it. */
size_t guard_numbers(const struct guard *guard);

/* ---- dropped.c ---- */

/* Before the programs of a generation with HEADER are loaded: give `dropped` room, if they count
 * there. */
int dropped_make_room(struct guard *guard, const struct tables_header *header, struct why *why);

/* Give that room back, with all that was counted, once no seat in force counts there. */
void dropped_sweep(struct guard *guard);

/* ---- limit_lines.c ---- */

/* Tell HEADER, of a policy that gets a seat, where this interface keeps who is ahead of a limit.
 * That table is made when it is needed for the first time. */
int limit_lines_prepare(struct guard *guard, struct tables_header *header, struct why *why);

/* ---- limit_bans.c ---- */

/* Make room for those whom HEADER's limits ban, and have packets look for prefixes of their
 * lengths. Called before it has a seat. Returns 0, -E2BIG or another -errno, with WHY. */
int limit_bans_prepare(struct guard *guard, const struct tables_header *header, struct why *why);

/* ---- flows.c, listener.c and ban.c ---- */

/* Remove the flows that are valid only in audit mode. */
void flows_forget_audit(struct guard *guard);

/* Free the slots of listeners that are gone. */
void listeners_tidy(struct guard *guard);

/* The number of bans that have not expired. */
int bans_count(const struct view *view, size_t *count);

/* Was a command killed while it changed bans? Then they have to be counted again. */
bool bans_are_half_done(const struct guard *guard);
int bans_recover(struct guard *guard, struct why *why);

/* ---- block.c ---- */

void guard_close_blocks(struct guard *guard);

/* Pin in FOLDER the images of GUARD, which is not pinned yet. Returns 0 or what PIN returned. */
int blocks_pin_all(const struct guard *guard,
                   int (*pin)(const char *folder, const char *name, int descriptor),
                   const char *folder);

/* Was a command killed while it changed blocks? Then what is pinned counts. */
bool blocks_are_half_done(const struct guard *guard);
int blocks_recover(struct guard *guard, struct why *why);

/* How many blocks there are. */
int blocks_count(const struct view *view, size_t counts[BLOCK_ORIGINS]);

/* ---- attach.c: putting root programs on an interface, and taking them off ---- */

/* What is to be attached to the interface of a guard. */
struct hanging {
    struct guard *guard;
    const struct roots *roots;
    enum attach_mode mode; /* asked for */
};

/* Put a root program on the interface. The caller pins and closes *link, which is -1 with
 * clsact. */
int attach_ingress(const struct hanging *hanging, int *link, struct why *note, struct why *why);
int attach_egress(const struct hanging *hanging, int *link, struct why *why);

/* May root programs be put on the interface, or is another program there? */
int attach_is_vacant(const struct guard *guard, struct why *why);

/* Take our programs off clsact. */
void attach_clear_clsact(const struct guard *guard);

/* Is this direction of GUARD attached as a clsact classifier, which has no link? */
bool attach_is_on_clsact(const struct guard *guard, enum direction direction);

/* Detach the links that are pinned in FOLDER. The kernel releases a link only some time after its
 * last pin is removed, and whoever attaches next must not find it there. */
void attach_detach_links(const char *folder);

/* Is GUARD's state pinned? That of an interface that is not attached yet is not. */
bool guard_is_pinned(const struct guard *guard);

/* Replace the pin NAME by DESCRIPTOR in one step. */
int guard_pin(const struct guard *guard, const char *name, int descriptor, struct why *why);

/* Returns how many entries MAP has room for, or -errno. */
int guard_map_entries(int map);

/* The id that the kernel gave to a program; 0 if it cannot be known. */
u32 attach_program_id(int program);

/* Record that ROOTS will be attached; call this before they are. */
void roots_remember(struct guard *guard, enum direction direction, const struct roots *roots);

#define PROGRAM_NAME_BYTES 64
void attach_program_name(u32 id, char name[PROGRAM_NAME_BYTES]);

/* ---- answers.c ---- */

/* Does the policy in force reject what comes in, and would the answers not leave GUARD's interface
 * in native mode? Then *cause says why, after its name. */
bool answers_are_lost(const struct guard *guard, const char **cause);

/* ---- upper.c ---- */

/* Called when the kernel refused because an interface above has a program: let that make way, or
 * name it in WHY. */
int upper_attach_below(const struct hanging *hanging, int *link, struct why *note, struct why *why);

/* ---- tc.c: the hooks of tc ---- */

bool kernel_has_tcx(u32 ifindex);

/* Put PROGRAM on a tc hook of the interface. The caller closes *link, which is unchanged with
 * clsact. */
int tc_attach(const struct guard *guard, enum direction direction, int program, int *link);

/* The same on the way in, so that on interfaces without a link layer our root program still comes
 * first. Only with TCX. */
int tc_attach_behind_ours(const struct guard *guard, int program, int *link);

/* For clsact only: replace the attached program by PROGRAM, and take the old one off. */
int tc_renew(const struct guard *guard, enum direction direction, int program);
void tc_detach(const struct guard *guard, enum direction direction);

/* Is a classifier attached under our handle, and with which program? */
int tc_look_clsact(u32 ifindex, enum direction direction, bool *hangs, u32 *program);

/* Is a program called NAME among those of TCX? */
bool tc_has_program(u32 ifindex, enum direction direction, const char *name);

/* ---- hooks.c: what is attached to an interface ---- */

/* A pinned link, in its current state. */
struct pinned_link {
    bool exists;
    u32 ifindex; /* in the network namespace of its interface; 0: attached to nothing */
    u32 program;
    u32 tcx_type; /* 0: XDP */
};
int pinned_link_look(const char *folder, const char *name, struct pinned_link *link);

/* Does INTERFACE confirm that LINK is attached to it? *place is how many programs run before it. */
int pinned_link_hangs_on(const struct pinned_link *link, const struct interface *interface,
                         bool *hangs, u32 *place);

/* The part of guard_outline() that looks at what is attached to the interface. */
void hooks_look(const struct guard *guard, struct guard_status *status);

/* ---- completer.c: connections by cookies that carry all options ---- */

/* Choose what nobody outside may know. */
int completer_choose_key(const struct guard *guard);

/* Say in HEADER what such connections are offered under its policy: nothing if the kernel lets no
 * program make them. Otherwise the program that does hangs on the interface, and is kept there
 * until it is detached: cookies that were given may still come back. */
int completer_prepare(struct guard *guard, struct tables_header *header, struct why *why);

/* Does a policy in force need it, and it does not hang there? */
bool completer_is_missing(const struct guard *guard);

/* Put it there, or a new version in the place of the one that is there. */
int completer_hang(struct guard *guard, struct why *why);

/* ---- link_layer.c ---- */

/* The layer that INTERFACE has now. Returns -EPROTONOSUPPORT for a layer that edgexdp cannot
 * read. */
int link_layer_find(const char *interface, enum link_layer *layer, struct why *why);

/* Has the layer changed since GUARD was attached? Then nothing is judged correctly. */
bool link_layer_has_changed(const struct guard *guard);

/* ---- hidden.c ---- */

/* Do programs on the interface of GUARD find no sockets of its packets? */
bool guard_hides_sockets(const struct guard *guard);

/* ---- kernel_types.c: what the kernel publishes of its types ---- */

struct kernel_types {
    bool are_published; /* else nothing else is known */
    bool track;         /* programs may ask what the kernel itself, not a module, tracks */
    bool complete;      /* they may make connections, with whatever options they like */
    struct socket_places places;
};

/* Read once in a process: they stay the same as long as the kernel runs, and take some
 * milliseconds. */
const struct kernel_types *kernel_types_read(void);

/* Do TYPES have the functions that ask what is tracked? For both ways in, so that what is said does
 * not depend on the interface. */
struct btf;
bool kernel_types_track(const struct btf *types);

/* ---- tracking.c ---- */

/* Why programs cannot ask what the kernel tracks; NULL: they can. */
const char *tracking_missing(void);

#endif
