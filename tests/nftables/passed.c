/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "passed.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

static _Noreturn void give_up(const char *what)
{
    perror(what);
    exit(1);
}

static struct nlmsghdr *config(char *buffer)
{
    struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
    struct nfgenmsg *header;

    message->nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
    header->nfgen_family = AF_UNSPEC;
    header->version = NFNETLINK_V0;
    header->res_id = htons((unsigned short)strtoul(PASSED_GROUP, NULL, 10));
    return message;
}

/* Sends MESSAGE and waits for its acknowledgement. */
static void ask(struct mnl_socket *log, const struct nlmsghdr *message)
{
    char buffer[4096];
    ssize_t length;

    if (mnl_socket_sendto(log, message, message->nlmsg_len) < 0)
        give_up("netlink");
    length = mnl_socket_recvfrom(log, buffer, sizeof(buffer));
    if (length < 0 || mnl_cb_run(buffer, (size_t)length, 0, 0, NULL, NULL) < 0)
        give_up("nfnetlink_log");
}

struct mnl_socket *passed_open(void)
{
    struct nfulnl_msg_config_cmd bind = {.command = NFULNL_CFG_CMD_BIND};
    struct nfulnl_msg_config_mode mode = {.copy_mode = NFULNL_COPY_META};
    struct timeval patience = {.tv_sec = 10};
    struct mnl_socket *log = mnl_socket_open(NETLINK_NETFILTER);
    char buffer[4096];
    struct nlmsghdr *message;

    if (!log || mnl_socket_bind(log, 0, MNL_SOCKET_AUTOPID))
        give_up("netlink");
    if (setsockopt(mnl_socket_get_fd(log), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)))
        give_up("setsockopt");
    message = config(buffer);
    mnl_attr_put(message, NFULA_CFG_CMD, sizeof(bind), &bind);
    ask(log, message);
    message = config(buffer);
    mnl_attr_put(message, NFULA_CFG_MODE, sizeof(mode), &mode);
    mnl_attr_put_u32(message, NFULA_CFG_QTHRESH, htonl(1));
    ask(log, message);
    return log;
}

static int read_prefix(const struct nlattr *attribute, void *prefix)
{
    if (mnl_attr_get_type(attribute) == NFULA_PREFIX)
        *(const char **)prefix = mnl_attr_get_str(attribute);
    return MNL_CB_OK;
}

struct heard {
    bool passed, end;
};

static int hear(const struct nlmsghdr *message, void *data)
{
    struct heard *heard = data;
    const char *prefix = "";

    if (message->nlmsg_type == (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET))
        mnl_attr_parse(message, sizeof(struct nfgenmsg), read_prefix, &prefix);
    heard->passed |= !strcmp(prefix, PASSED_WORD);
    heard->end |= !strcmp(prefix, PASSED_END);
    return MNL_CB_OK;
}

bool passed_wait(struct mnl_socket *log)
{
    struct heard heard = {0};
    char buffer[8192];

    while (!heard.end) {
        ssize_t length = mnl_socket_recvfrom(log, buffer, sizeof(buffer));
        if (length < 0)
            give_up("the end of a frame was not heard");
        if (mnl_cb_run(buffer, (size_t)length, 0, 0, hear, &heard) < 0)
            give_up("nfnetlink_log");
    }
    return heard.passed;
}
