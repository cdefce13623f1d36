/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What shells ask for when the user presses the tab key. */
#ifndef EDGEXDP_COMPLETE_H
#define EDGEXDP_COMPLETE_H

/* Print what the last of WORDS may be, given those before it: one line each, with a tab and a
 * description if there is one; or "files:PATTERN". The first word is a command. Prints nothing for
 * a line that is already wrong. Returns 0. */
int complete(int count, char **words);

#endif
