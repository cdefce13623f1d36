/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The SSH session in which a command was typed. */
#ifndef EDGEXDP_SESSION_H
#define EDGEXDP_SESSION_H

#include "../policy/host.h"

struct session {
    enum family family;
    u8 client[16], server[16]; /* network order; IPv4 in the first four bytes */
    u16 client_port, server_port;
    bool is_own;    /* the command was typed in it */
    char text[128]; /* as sshd wrote it: client, its port, server, its port */
};

/* Read TEXT, as sshd writes SSH_CONNECTION. Returns 0 or -EINVAL. */
int session_parse(const char *text, struct session *session);

/* The session that SSH_CONNECTION names, here or in the nearest ancestor process that has it,
 * because sudo strips it. Returns false when there is none. */
bool session_find(struct session *session);

/* Add its client to HOST, as the implied word. Returns 0, also without a session, or -ENOMEM. */
int session_imply(struct host *host);

#endif
