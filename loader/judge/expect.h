/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks the [expect] sections of a policy against its image. */
#ifndef EDGEXDP_EXPECT_H
#define EDGEXDP_EXPECT_H

#include "zone_judges.h"

/* Judge every expectation, each with no flows except those of its reply-to. DIAG gets a message for
 * each one that fails. IMAGE must be compiled with numbers == NULL. Returns 0, -EINVAL when one
 * failed, or -ENOMEM. */
int expectations_check(const struct policy *policy, const struct image *image, struct diag *diag);

/* The same before the judges of all zones of WHOLE. An expectation that does not say where must
 * hold in each of them. */
int expect_check_zones(const struct policy *whole, struct zone_judges *judges, struct diag *diag);

/* Returns how many expectations of POLICY are skipped: they hold on any host with an address that
 * `self` could be, and this one has none of that family. */
size_t expect_count_vacuous(const struct policy *policy);

#endif
