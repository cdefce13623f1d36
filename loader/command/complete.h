/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What shells ask for when somebody presses the tab key. */
#ifndef EDGEXDP_COMPLETE_H
#define EDGEXDP_COMPLETE_H

/* Print what the last of WORDS may be, given those before it: a line for each, with a tab and what
 * it is where there is something to say; or "files:PATTERN". The first word is a command. Of a line
 * that is wrong already there is nothing to print. Returns 0. */
int complete(int count, char **words);

#endif
