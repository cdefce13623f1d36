/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A network namespace and a bpffs of the test's own. They end with the process, however it ends,
 * and with them every interface, program and pin in them.
 */
#ifndef EDGEXDP_TEST_SANDBOX_H
#define EDGEXDP_TEST_SANDBOX_H

#include <stdbool.h>

#define SKIPPED 77 /* ctest counts this status as skipped */

/* Enters a sandbox with a veth pair, both ends up: INSIDE is the one to guard. If that is
 * impossible here, it says why and exits with SKIPPED. */
void sandbox_enter(void);

/* Makes BARE, an interface without a link layer. Returns false where there is no /dev/net/tun. */
bool sandbox_make_bare(void);

#define BARE    "bare"
#define INSIDE  "inside"
#define OUTSIDE "outside"

#endif
