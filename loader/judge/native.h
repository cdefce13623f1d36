/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The judge of the kernel side, run in user space over an image: for check, explain, replay, tests
 * and fuzzing. The same code decides; only flows, fragments and large replies live in our own
 * memory, in tables as large as the kernel's.
 */
#ifndef EDGEXDP_NATIVE_H
#define EDGEXDP_NATIVE_H

#include <edgexdp/limit.h>

#include "../ban/banned.h"

struct native;

/* Returns a judge over the block that begins at HEADER and must outlive the judge, or NULL when
 * memory is short. */
struct native *native_new(const struct tables_header *header);
void native_free(struct native *native);

/* Ban BANNED from now on; at first nothing is banned. Returns 0 or -ENOMEM. */
int native_ban(struct native *native, const struct banned *banned);

/* Judge by IMAGE, of blocks of ORIGIN, from now on (NULL: by none); it must outlive the judge, or
 * the next native_reset(). At first nothing is blocked. Returns 0 or -ENOMEM. */
int native_block(struct native *native, enum block_origin origin,
                 const struct tables_header *image);

/* From now on, assume that OPENER opened the connections of outbound packets; at first
 * OPENER_UNKNOWN is assumed. */
void native_opened_by(struct native *native, enum opener opener);

/* From now on, assume that no inbound packet belongs to a connection of this host; at first it is
 * assumed that all do. It only matters with `tcp-state`. */
void native_stray(struct native *native, bool strays);

/* From now on, assume that outbound packets came in through ZONE; at first, that this host sends
 * them. */
void native_arrives(struct native *native, unsigned int zone);

/* Forget every flow, fragment, large reply, ban and block. */
void native_reset(struct native *native);

/* Returns whether memory was ever too short for one of these; later packets may then have been
 * judged wrongly. */
bool native_is_short(const struct native *native);

/* Call VISIT for every remembered flow. */
void native_each_flow(const struct native *native,
                      void (*visit)(const struct flow_key *key, const struct flow *flow,
                                    void *context),
                      void *context);

/* Returns whether FLOW under KEY lets replies in at NOW_NS, by the block that begins at HEADER;
 * *rule becomes the number of the rule that owns it, or NO_RULE. */
bool native_flow_counts(const struct tables_header *header, const struct flow_key *key,
                        const struct flow *flow, u64 now_ns, u32 *rule);

/* Judge an Ethernet frame at NOW_NS, remembering flows as the kernel side would. */
struct outcome native_judge(struct native *native, enum direction direction, const void *data,
                            size_t length, u64 now_ns);

/* An Ethernet frame of which possibly only the beginning was captured. */
struct captured {
    const u8 *data;
    u32 bytes;  /* at DATA */
    u32 length; /* on the wire */
};

/* The same for a captured frame. If native_was_cut() is true afterwards, the deciding bytes were
 * not captured: the outcome means nothing, and nothing was remembered. */
struct outcome native_judge_captured(struct native *native, enum direction direction,
                                     const struct captured *captured, u64 now_ns);
bool native_was_cut(const struct native *native);

/* Describe the last frame judged, as the kernel side describes one to a listener. */
void native_tell(const struct native *native, struct event *event);
/* What the tables look at in a packet (see struct tuple), with its own memory. */
struct native_question {
    u8 source[16], destination[16];
    u8 family, protocol;
    bool spoken_of;
    u16 source_port, destination_port;
#define ROW(ID, id, ...) u16 id;
    EDGEXDP_OWN_FIELDS(ROW)
#undef ROW
};

/* Fill in what the rules are asked about a frame or, with MIRROR, about the packet that it would
 * answer. Returns false where they are not asked: the frame is malformed, not IP, or answers
 * nothing. */
bool native_ask(const void *data, size_t length, bool mirror, struct native_question *question);
/* The same for a captured frame, which may be cut. */
bool native_ask_captured(const struct captured *captured, struct native_question *question);

/* The same for the packet that an ICMP error quotes, or for that one's mirror image. Returns false
 * if CAPTURED, which begins with LAYER, is no error, or if too little of what it quotes is there.
 */
bool native_quoted(const struct captured *captured, enum link_layer layer, bool mirror,
                   struct native_question *question);

/* Find out where the table of limits says how far the sender or receiver of a frame has used up
 * limit number AT of RULE, a number in the tables. Returns false if there is no such limit, or if
 * it is not about such a packet. */
struct native_limit {
    const struct tables_limit *limit;
    u64 hash;
    u32 line; /* its number in the table */
};
bool native_limit(const struct tables_header *header, u32 rule, u32 at, const void *data,
                  size_t length, struct native_limit *found);

/* How much of it is used up at NOW_NS, in percent, by what LINE, its line of the table, says. */
unsigned int native_limit_use(const struct tables_header *header, const struct native_limit *limit,
                              struct limit_line *line, u64 now_ns);

/* What a limit said of a packet. */
#define NATIVE_ASKED_MAX 16
struct native_asked {
    u32 limit;    /* which one of the rule's, or of those on trial */
    u8 family;    /* FAMILY_NONE: the limit is for the rule as a whole */
    u8 who[16];   /* its source or destination, as far as the limit looks at it; others are 0 */
    bool refused; /* it had no room */
};

/* Find out what was said of the last frame judged by the limits of the rule in its outcome. Of a
 * rule's own limits at most one refuses a packet. *asked is valid until the next frame. Returns how
 * many limits were asked. */
u32 native_asked(const struct native *native, const struct native_asked **asked);

/* From now on, put LIMITS, COUNT (at most NATIVE_ASKED_MAX) of them, on trial: whatever RULE, which
 * has limits of its own, accepts passes, and each of LIMITS is asked as if it were the only one.
 * None may have a greater `most` than the `limit_most` of the judge's block. LIMITS must outlive
 * the judge. At most one rule in each direction can be tried. Returns 0 or -ENOMEM. */
int native_try(struct native *native, u32 rule, const struct tables_limit *limits, u32 count);

/* Returns the key of [baseline] that would accept a frame if it were enabled, or NULL. Keys have
 * the names of their reasons. */
const char *native_baseline(enum direction direction, const void *data, size_t length);

/* Returns whether a frame is an ICMP error, which is judged by the packet it quotes. */
bool native_is_error(const void *data, size_t length);

/* Fill in the key of a frame's flow (of an ICMP error: of what it quotes), of its fragments, or of
 * the answer that an ICMP error calls too big. They return false if it has none. */
bool native_flow_key(const void *data, size_t length, enum direction direction,
                     struct flow_key *key);
bool native_reply_key(const void *data, size_t length, struct flow_key *key);
bool native_fragment_key(const void *data, size_t length, enum direction direction,
                         struct fragment_key *key);

#endif
