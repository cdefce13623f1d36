/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Giving up, for good, everything that asking name servers does not need. */
#ifndef EDGEXDP_NAMES_CELL_H
#define EDGEXDP_NAMES_CELL_H

/* From now on: no capability, no way to gain one, no file to open but those that say whom to ask,
 * no program or process to start, no socket but those of UDP and TCP, no memory to execute. Returns
 * 0 or -errno. */
int cell_enter(void);

#endif
