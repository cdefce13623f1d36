/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What only tests do to an asker. */
#ifndef EDGEXDP_TEST_ASKED_H
#define EDGEXDP_TEST_ASKED_H

#include "../../loader/kernel/kernel.h"

/* In the questions that follow, where it matters who opened a connection, it was a stranger;
 * otherwise nobody knows, as with a packet that this host forwards. */
void asked_of_stranger(struct asker *asker, bool stranger);

/* From now on each question is charged to the limits of its rule, in the table of the interface. */
void asked_charges(struct asker *asker);

/* Forgets the flows, fragments and answers that questions have made, and who is ahead of a limit.
 */
void asked_forget(struct asker *asker);

/* Makes them older by SECONDS, as if the next question came that much later: nobody sets the
 * kernel's clock. Returns 0, -ERANGE if that clock is too young for it, or -errno. */
int asked_age(struct asker *asker, unsigned int seconds);

#endif
