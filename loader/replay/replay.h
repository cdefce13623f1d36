/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Judges a capture by a policy, and by another one for comparison. */
#ifndef EDGEXDP_REPLAY_H
#define EDGEXDP_REPLAY_H

#include "capture.h"
#include "changes.h"
#include "local.h"
#include "sums.h"
#include "trial.h"

/* A policy that judges, compiled without numbers. */
struct bench {
    const struct policy *policy;
    const struct image *image;
    struct native *native; /* whoever sits on several benches remembers what passed all of them;
                            * NULL: replay_run() puts somebody there */
    unsigned int via;      /* the zone that forwarded packets came in through */
};

struct replay {
    struct bench after, before; /* before.policy NULL: nothing to compare with */
    enum heading heading;       /* of all packets; HEADING_UNKNOWN: `local` decides */
    const struct local *local;  /* NULL: the capture decides */
    const struct local *own; /* what leaves from other addresses is forwarded; NULL: nothing is */
    bool forwarded;          /* what leaves now is, whatever its address */
    const char *interface;   /* the only one whose packets these are; NULL: not said */
    const char *zone;        /* and its zone; NULL: it has none */
    struct trials *trials;   /* NULL: all rules have their own limits */
    bool verdicts;           /* a line for each packet, or for each whose verdict changes */
    void (*judged)(const struct event *event, void *context); /* told of each packet; or NULL */
    void *context;

    /* Filled by replay_run(): */
    struct sums sums;
    struct changes *changes;
    struct limited *limited; /* by the rules' own limits */
    u64 moved;               /* packets with the same verdict, but decided by something else */
};

/* Judge all of CAPTURE. On failure, the sums cover what was read until then. Returns 0, or -errno
 * with WHY. */
int replay_run(struct replay *replay, struct capture *capture, struct why *why);

/* The same step by step, with judges on the benches: prepare the sums; read a frame that has a
 * direction, as capture_next() does; judge it. The last and the first return 0 or -ENOMEM. */
int replay_begin(struct replay *replay);
int replay_next(const struct replay *replay, struct capture *capture, struct capture_frame *frame,
                struct why *why);
int replay_take(struct replay *replay, const struct capture_frame *frame);
enum direction replay_direction(const struct replay *replay, const struct capture_frame *frame);

void replay_clear(struct replay *replay);

/* Returns the name of the rule in OUTCOME, or NULL. */
const char *bench_rule(const struct bench *bench, const struct outcome *outcome);

/* Print to stdout, with trials only what they say. NAME is that of the capture, TOP the number of
 * sources and ports to list, and of those whom the limits of a rule held. All return 0 or -ENOMEM.
 */
int replay_print(const struct replay *replay, const char *name, size_t top);
int replay_print_json(const struct replay *replay, const char *name, size_t top);

struct json_object;
int replay_make_json(const struct replay *replay, const char *name, size_t top,
                     struct json_object **json);

/* Print the line of a packet. BEFORE is its old outcome (NULL: nothing to compare with). */
void replay_print_verdict(const struct replay *replay, const struct event *event,
                          const struct outcome *before);
/* Print the line of a packet that was not judged for REASON; LENGTH is its length on the wire. */
void replay_print_unjudged(const char *reason, u64 time_ns, enum direction direction, u32 length);

#define REPLAY_OUTCOME_BYTES 96

/* "drop by rule telnet", "accept as a reply of rule dns". Returns TEXT. */
char *replay_outcome(const struct bench *bench, const struct outcome *outcome,
                     char text[REPLAY_OUTCOME_BYTES]);

/* Whom a limit is about: "203.0.113.7", "2001:db8::/64", "the rule". Returns TEXT. */
#define WHO_TEXT_BYTES RANGE_TEXT_BYTES
char *replay_who(const struct limited_key *key, const struct limit *limit,
                 char text[WHO_TEXT_BYTES]);

/* The limit of BENCH's policy that KEY is about. */
const struct limit *bench_limit(const struct bench *bench, const struct limited_key *key);

/* "tcp 22", "icmp echo-request", "gre", "udp later fragment". Returns TEXT. */
#define TARGET_TEXT_BYTES 64
char *replay_target(const struct tally_key *key, char text[TARGET_TEXT_BYTES]);

#endif
