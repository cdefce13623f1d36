/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands share that list something of each interface given. */
#ifndef EDGEXDP_SHOWING_H
#define EDGEXDP_SHOWING_H

#include "../apply/interfaces.h"
#include "../kernel/kernel.h"
#include "../show/json.h"
#include "command.h"

/* Zeroed at first: text, of one interface. */
struct showing {
    const struct interfaces *interfaces;
    struct json_object *json; /* an array, or NULL: text */
    bool several;             /* interfaces: each has a heading */
    bool shown;
    bool failed; /* something could not be shown, or is not guarded */
};

/* Show one INTERFACE; CONTEXT is the struct showing. Returns 0, or -errno with WHY. */
typedef int showing_visit(const char *interface, void *context, struct why *why);

/* Show all INTERFACES, as text or JSON. Returns an exit status, or -errno after saying why. */
int showing_run(const struct interfaces *interfaces, bool json, showing_visit *visit);

/* All of a command whose arguments are interfaces, and --json. */
int showing_command(const struct command *command, int argc, char **argv, showing_visit *visit);

/* Before the text about GUARD's interface: which one, if there are several. */
void showing_heading(const struct showing *showing, const struct guard *guard);

/* After it, with the ERROR of showing it (0: none): tell what is wrong with GUARD itself. */
void showing_end(struct showing *showing, struct guard *guard, int error);

#endif
