/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sums up packets that two policies judge differently. */
#ifndef EDGEXDP_REPLAY_CHANGES_H
#define EDGEXDP_REPLAY_CHANGES_H

#include "../event/event.h"

#define CHANGE_EXAMPLES 3

/* How packets were decided before, and how they are decided now. */
struct change {
    enum direction direction;
    struct outcome before, after;
    u64 packets;
    u64 bytes;
    size_t example_count;
    char examples[CHANGE_EXAMPLES][NOTATION_TEXT_BYTES];
};

struct changes;

/* Returns NULL when memory is short. */
struct changes *changes_new(void);
void changes_free(struct changes *changes);

/* Count EVENT, which has the new outcome; BEFORE is the old one. Returns 0 or -ENOMEM. */
int changes_add(struct changes *changes, const struct event *event, const struct outcome *before);

/* List all changes, those of most packets first; the caller frees *list. Returns 0 or -ENOMEM. */
int changes_list(const struct changes *changes, struct change **list, size_t *count);

#endif
