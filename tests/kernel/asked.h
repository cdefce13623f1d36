/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What only tests do to an asker. */
#ifndef EDGEXDP_TEST_ASKED_H
#define EDGEXDP_TEST_ASKED_H

#include "../../loader/kernel/kernel.h"

/* In the questions that follow a stranger opened what goes out, where that matters; else nobody
 * knows who did, as of a packet that this host forwards. */
void asked_of_stranger(struct asker *asker, bool stranger);

/* Forget the flows, fragments and answers that questions have made. */
void asked_forget(struct asker *asker);

/* Let them be older by SECONDS, as if the next question came so much later: nobody sets the
 * kernel's clock. Returns 0, -ERANGE when that clock is too young for it, or -errno. */
int asked_age(struct asker *asker, unsigned int seconds);

#endif
