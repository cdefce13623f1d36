/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking the kernel about this host's TCP sockets, with the same code that the packet path uses. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"
#include "guard.h"
#include "socket.skel.h"

struct socket_asker {
    struct socket_bpf *program;
};

int socket_asker_new(struct socket_asker **asker, struct why *why)
{
    struct socket_asker *made = calloc(1, sizeof(*made));
    int error = 0;

    trouble_quiet_libbpf();
    if (!made || !(made->program = socket_bpf__open()))
        error = -ENOMEM;
    if (!error) {
        memcpy((void *)&made->program->rodata_socket->socket_places, &kernel_types_read()->places,
               sizeof(struct socket_places));
        error = socket_bpf__load(made->program);
    }
    if (error) {
        socket_asker_free(made);
        return why_kernel(why, error, "cannot load the program that asks about sockets");
    }
    *asker = made;
    return 0;
}

void socket_asker_free(struct socket_asker *asker)
{
    if (!asker)
        return;
    socket_bpf__destroy(asker->program);
    free(asker);
}

int socket_connected(struct socket_asker *asker, const struct flow_key *key, bool *connected)
{
    u8 frame[ETH_ZLEN] = {0}; /* a test run needs a frame */
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = sizeof(frame),
                .repeat = 1);
    volatile struct socket_bpf__bss *memory = asker->program->bss;

    memcpy((void *)&memory->asked, key, sizeof(*key));
    int error = bpf_prog_test_run_opts(bpf_program__fd(asker->program->progs.ask_socket), &options);
    if (error)
        return error;
    *connected = memory->connected;
    return 0;
}
