/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "open.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/memory.h"

#define SSH_PORT   22
#define DUMP_BYTES 32768 /* the most the kernel fills of a dump at a time */

/* A socket that listens (then it has no client) or is connected. */
struct endpoint {
    u32 inode;
    bool listens;
    struct session session; /* without its text */
};

struct endpoints {
    struct endpoint *list;
    size_t count, capacity;
    bool listened[65536]; /* by local port */
    bool ssh[65536];
};

static void endpoints_freep(struct endpoints **endpoints)
{
    if (*endpoints)
        free((*endpoints)->list);
    free(*endpoints);
}

/* An IPv6 socket may carry IPv4: then its addresses are ::ffff:a.b.c.d. */
static bool is_mapped(const __be32 address[4])
{
    return !address[0] && !address[1] && address[2] == htonl(0xffff);
}

static int take_socket(const struct nlmsghdr *message, void *context)
{
    const struct inet_diag_msg *socket = mnl_nlmsg_get_payload(message);
    const struct inet_diag_sockid *id = &socket->id;
    struct endpoints *all = context;
    bool mapped = socket->idiag_family == AF_INET6 && is_mapped(id->idiag_dst);
    bool ipv4 = socket->idiag_family == AF_INET || mapped;
    struct endpoint *grown = array_grow(all->list, all->count, &all->capacity, sizeof(*all->list));

    if (!grown) {
        errno = ENOMEM;
        return MNL_CB_ERROR;
    }
    all->list = grown;
    struct endpoint *endpoint = &all->list[all->count++];
    *endpoint = (struct endpoint){.inode = socket->idiag_inode,
                                  .listens = socket->idiag_state == TCP_LISTEN,
                                  .session.family = ipv4 ? FAMILY_IPV4 : FAMILY_IPV6,
                                  .session.server_port = ntohs(id->idiag_sport),
                                  .session.client_port = ntohs(id->idiag_dport)};
    memcpy(endpoint->session.server, mapped ? &id->idiag_src[3] : id->idiag_src, ipv4 ? 4 : 16);
    memcpy(endpoint->session.client, mapped ? &id->idiag_dst[3] : id->idiag_dst, ipv4 ? 4 : 16);
    if (endpoint->listens)
        all->listened[endpoint->session.server_port] = true;
    return MNL_CB_OK;
}

static int dump(struct mnl_socket *netlink, u8 family, struct endpoints *all)
{
    char buffer[DUMP_BYTES];
    struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
    struct inet_diag_req_v2 *request = mnl_nlmsg_put_extra_header(message, sizeof(*request));
    int more = MNL_CB_OK;

    message->nlmsg_type = SOCK_DIAG_BY_FAMILY;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request->sdiag_family = family;
    request->sdiag_protocol = IPPROTO_TCP;
    request->idiag_states = 1u << TCP_ESTABLISHED | 1u << TCP_LISTEN;
    if (mnl_socket_sendto(netlink, message, message->nlmsg_len) < 0)
        return -errno;
    while (more > MNL_CB_STOP) {
        ssize_t got = mnl_socket_recvfrom(netlink, buffer, sizeof(buffer));
        if (got < 0)
            return -errno;
        more = mnl_cb_run(buffer, (size_t)got, 0, mnl_socket_get_portid(netlink), take_socket, all);
    }
    return more < 0 ? -errno : 0;
}

static int dump_all(struct endpoints *all)
{
    struct mnl_socket *netlink = mnl_socket_open(NETLINK_SOCK_DIAG);
    int error = !netlink || mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID) ? -errno : 0;

    if (!error)
        error = dump(netlink, AF_INET, all);
    if (!error)
        error = dump(netlink, AF_INET6, all);
    if (netlink)
        mnl_socket_close(netlink);
    return error;
}

/* Reads lines such as "Port 2222"; keywords are case-insensitive. */
static void read_ports(const char *path, struct endpoints *all)
{
    FILE *file = fopen(path, "re");
    char line[256];
    unsigned int port;

    while (file && fgets(line, sizeof(line), file))
        if (sscanf(line, " %*1[Pp]%*1[Oo]%*1[Rr]%*1[Tt]%*[ \t=\"]%u", &port) == 1 && port < 65536)
            all->ssh[port] = true;
    if (file)
        fclose(file);
}

static void read_configuration(struct endpoints *all)
{
    glob_t found;

    read_ports("/etc/ssh/sshd_config", all);
    if (glob("/etc/ssh/sshd_config.d/*.conf", GLOB_NOSORT, NULL, &found))
        return;
    for (size_t i = 0; i < found.gl_pathc; i++)
        read_ports(found.gl_pathv[i], all);
    globfree(&found);
}

/* sshd, or sshd-session from OpenSSH 9.8 on, or dropbear. */
static bool is_daemon(const char *process)
{
    char path[300], name[32] = "";

    snprintf(path, sizeof(path), "/proc/%s/comm", process);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    bool read = fgets(name, sizeof(name), file);
    fclose(file);
    return read && (!strncmp(name, "sshd", 4) || !strncmp(name, "dropbear", 8));
}

static void take_inode(struct endpoints *all, u32 inode)
{
    for (size_t i = 0; i < all->count; i++) {
        u16 port = all->list[i].session.server_port;
        if (all->list[i].inode == inode && all->listened[port])
            all->ssh[port] = true;
    }
}

static void take_files(struct endpoints *all, const char *process)
{
    char path[300], target[64];
    unsigned int inode;

    snprintf(path, sizeof(path), "/proc/%s/fd", process);
    DIR *folder = opendir(path);
    for (struct dirent *item; folder && (item = readdir(folder));) {
        ssize_t length = readlinkat(dirfd(folder), item->d_name, target, sizeof(target) - 1);
        target[length > 0 ? length : 0] = 0;
        if (sscanf(target, "socket:[%u]", &inode) == 1)
            take_inode(all, inode);
    }
    if (folder)
        closedir(folder);
}

static void ask_processes(struct endpoints *all)
{
    DIR *folder = opendir("/proc");

    for (struct dirent *item; folder && (item = readdir(folder));)
        if (item->d_name[0] >= '1' && item->d_name[0] <= '9' && is_daemon(item->d_name))
            take_files(all, item->d_name);
    if (folder)
        closedir(folder);
}

static void print_text(struct session *session)
{
    int family = session->family == FAMILY_IPV4 ? AF_INET : AF_INET6;
    char client[INET6_ADDRSTRLEN] = "", server[INET6_ADDRSTRLEN] = "";

    inet_ntop(family, session->client, client, sizeof(client));
    inet_ntop(family, session->server, server, sizeof(server));
    snprintf(session->text, sizeof(session->text), "%s %u %s %u", client, session->client_port,
             server, session->server_port);
}

int open_sessions_each(int (*visit)(const struct session *session, void *context), void *context)
{
    CLEANUP(endpoints_freep) struct endpoints *all = calloc(1, sizeof(*all));
    int result = all ? dump_all(all) : -ENOMEM;

    if (result)
        return result;
    all->ssh[SSH_PORT] = true;
    read_configuration(all);
    ask_processes(all);
    for (size_t i = 0; !result && i < all->count; i++) {
        struct session *session = &all->list[i].session;
        if (all->list[i].listens || !all->ssh[session->server_port] ||
            !all->listened[session->server_port])
            continue;
        print_text(session);
        result = visit(session, context);
    }
    return result;
}
