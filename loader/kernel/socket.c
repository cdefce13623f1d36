/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking the kernel about this host's TCP sockets, with the same code that the packet path uses. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"
#include "guard.h"
#include "socket.skel.h"

static u32 member_at(const struct btf *kernel, const char *type_name, const char *name)
{
    int id = btf__find_by_name_kind(kernel, type_name, BTF_KIND_STRUCT);
    const struct btf_type *type = id < 0 ? NULL : btf__type_by_id(kernel, (u32)id);

    for (u32 i = 0; type && i < btf_vlen(type); i++) {
        const char *found = btf__name_by_offset(kernel, btf_members(type)[i].name_off);
        if (found && !strcmp(found, name))
            return btf_member_bit_offset(type, i) / 8;
    }
    return 0;
}

static u32 overflow_at(const struct btf *kernel)
{
    u32 options = member_at(kernel, "tcp_sock", "rx_opt");
    int id = btf__find_by_name_kind(kernel, "tcp_options_received", BTF_KIND_STRUCT);
    const struct btf_type *type = id < 0 ? NULL : btf__type_by_id(kernel, (u32)id);
    const char *first =
        type && btf_vlen(type) ? btf__name_by_offset(kernel, btf_members(type)[0].name_off) : "";
    u32 at = member_at(kernel, "tcp_options_received", "ts_recent_stamp");

    /* It is the first one since long ago, and 0 may also mean that it is not there. */
    return options && (at || !strcmp(first, "ts_recent_stamp")) ? options + at : 0;
}

/* Cached, because they stay the same as long as the kernel runs and take some milliseconds to
 * find. */
struct socket_places socket_places_find(void)
{
    static struct socket_places places;
    static bool known;

    if (!known) {
        struct btf *kernel = btf__load_vmlinux_btf();
        if (!libbpf_get_error(kernel)) {
            places.backlog = member_at(kernel, "sock", "sk_max_ack_backlog");
            places.received = member_at(kernel, "tcp_sock", "rcv_nxt");
            places.sent = member_at(kernel, "tcp_sock", "snd_nxt");
            places.mptcp = member_at(kernel, "tcp_sock", "is_mptcp");
            if (!places.mptcp && places.received) /* such a kernel has none */
                places.mptcp = SOCKET_NO_MPTCP;
            places.chosen = member_at(kernel, "tcp_request_sock", "snt_isn");
            places.overflow = overflow_at(kernel);
            places.group = member_at(kernel, "sock", "sk_reuseport_cb");
            btf__free(kernel);
        }
        known = true;
    }
    return places;
}

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
        struct socket_places places = socket_places_find();
        memcpy((void *)&made->program->rodata_socket->socket_places, &places, sizeof(places));
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
