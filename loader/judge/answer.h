/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the sender of a rejected frame is told, made by the code of the kernel side. */
#ifndef EDGEXDP_ANSWER_H
#define EDGEXDP_ANSWER_H

#include <edgexdp/refusal.h>

/* Returns why the sender of an Ethernet frame is not told that it was rejected, or TOLD. Whether
 * the link carried it to a group is not looked at. */
enum untold answer_untold(const void *data, size_t length);

#define ANSWER_ADDED 48 /* an answer is at most this many bytes longer than what it answers */

/* Make in ANSWER, which has room for LENGTH + ANSWER_ADDED bytes, the frame that tells the sender
 * of the Ethernet frame at DATA by REFUSAL. Returns its length, or 0 if there is none. */
size_t answer_make(const void *data, size_t length, enum refusal refusal, u8 *answer);

#endif
