/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EDGEXDP_COMMAND_EXPLAIN_H
#define EDGEXDP_COMMAND_EXPLAIN_H

#include "../explain/explain.h"

/* The explanation as JSON, to stdout. NOTE, or NULL, says why there is no trace. */
void explain_print_json(const struct explanation *explanation, const char *note);

#endif
