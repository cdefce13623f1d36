/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A court whose policy is in force in the kernel as well: a third judge. */
#ifndef EDGEXDP_TEST_SEATED_H
#define EDGEXDP_TEST_SEATED_H

#include "../../loader/kernel/kernel.h"
#include "../shared/court.h"

struct seated {
    struct court court;
    struct new_guard *made;
    struct guard *guard; /* of `made` */
    struct asker *asker; /* NULL until somebody asks */
    struct bans bans;    /* in the kernel */
    bool is_bare;
    u32 block;        /* that dropped the last packet the kernel was asked about, or 0 */
    bool of_stranger; /* did a stranger open the connections of outbound packets? */
};

/* Seats TEXT on the sandbox's interface, attached to nothing. Aborts on failure. */
void seated_open(struct seated *seated, const char *text);
/* The same on an interface without a link layer: it judges what follows the Ethernet header of a
 * frame. */
void seated_open_bare(struct seated *seated, const char *text);
/* Seats TEXT as well: it is in force, and a rollback returns to what was seated before. */
void seated_reseat(struct seated *seated, const char *text);
void seated_close(struct seated *seated);

/* Bans in the kernel, for SECONDS, or without end if that is 0. */
void seated_ban(struct seated *seated, const struct banned *banned, unsigned int seconds);

/* As court_block(), in the kernel too, as those of ORIGIN; what ends at NOW_S or before has ended
 * there. */
void seated_block(struct seated *seated, enum block_origin origin, const char *text, u64 until_s,
                  u64 now_s);

/* From now on, did a stranger open the connections of outbound packets? In the kernel too. */
void seated_opened(struct seated *seated, bool stranger);

/* Forgets every flow and ban, and who is ahead of a limit, in the kernel too. */
void seated_forget(struct seated *seated);

/* Makes everything that the kernel remembers older by SECONDS. Returns false if the kernel has not
 * been up for that long. */
bool seated_wait(struct seated *seated, unsigned int seconds);

/* Can the kernel be asked about WIRE? It takes only whole Ethernet headers, and for tc no IP header
 * that is cut short and no frame of more than a page. */
bool seated_can_ask(const struct seated *seated, const struct wire *wire);

/* The root program of DIRECTION; SEATED keeps the descriptor. */
int seated_root(const struct seated *seated, enum direction direction);

/* Forgets how often the senders of rejected packets were told, so that the next one may be. */
void seated_may_answer(struct seated *seated);

/* What the programs in the kernel have counted; the caller clears it. */
void seated_counters(const struct seated *seated, struct counters *counters);

/* What the program in the kernel says. Returns TEXT. */
char *seated_ask(struct seated *seated, const struct wire *wire, char text[SAID_BYTES]);

#endif
