/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ruled.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "passed.h"

#define MARK 7 /* of what the test sends; the kernel itself sends as well */

#define STRING(x)  STRING_(x)
#define STRING_(x) #x

/* After the hooks of the ruleset, packets that have passed are reported; before everything else, so
 * is the end of a frame. */
static const char behind[] =
    "table inet behind {\n"
    " chain end { type filter hook prerouting priority -500;\n"
    "  iifname " RULED_INTERFACE " ether saddr 02:00:00:00:00:ee"
    " log prefix \"" PASSED_END "\" group " PASSED_GROUP " drop\n }\n"
    " chain passed { type filter hook prerouting priority -149;\n"
    "  iifname " RULED_INTERFACE " meta mark 0"
    " log prefix \"" PASSED_WORD "\" group " PASSED_GROUP "\n }\n"
    " chain quiet { type filter hook output priority -500;\n"
    "  oifname " RULED_INTERFACE " meta mark != " STRING(MARK) " drop\n }\n"
                                                               "}\n";

static _Noreturn void give_up(const char *what)
{
    perror(what);
    exit(1);
}

static int present_namespace(void)
{
    int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        give_up("namespace");
    return fd;
}

static int new_namespace(void)
{
    if (unshare(CLONE_NEWNET))
        give_up("unshare");
    return present_namespace();
}

static void enter(int netns)
{
    if (setns(netns, CLONE_NEWNET))
        give_up("setns");
}

static void command(const char *text)
{
    if (system(text))
        give_up(text);
}

static void make_cable(int far)
{
    char text[200];

    snprintf(text, sizeof(text),
             "ip link add " RULED_INTERFACE " address " RULED_MAC " type veth peer name far &&"
             " ip link set far netns /proc/%d/fd/%d",
             (int)getpid(), far);
    command(text);
}

/* A known gateway leads to everybody, so that no host has to be asked for. The kernel has an
 * address of each family, because otherwise it would not send. Checksums on a veth are not filled
 * in. */
static void set_up_interface(void)
{
    command("sysctl -qw net.netfilter.nf_conntrack_checksum=0 &&"
            " ip link set " RULED_INTERFACE " mtu 9000 addrgenmode none up &&"
            " ip addr add 198.18.77.1/32 dev " RULED_INTERFACE " &&"
            " ip addr add " RULED_HOST4 "/32 dev " RULED_INTERFACE " &&"
            " ip -6 addr add fd5a:77::1/128 dev " RULED_INTERFACE " nodad &&"
            " ip -6 addr add " RULED_HOST6 "/128 dev " RULED_INTERFACE " nodad &&"
            " ip neigh add 198.18.77.2 lladdr 02:00:00:00:00:01 dev " RULED_INTERFACE " &&"
            " ip -6 neigh add fe80::77:2 lladdr 02:00:00:00:00:01 dev " RULED_INTERFACE " &&"
            " ip route add default via 198.18.77.2 dev " RULED_INTERFACE " onlink &&"
            " ip -6 route add default via fe80::77:2 dev " RULED_INTERFACE);
}

static void load(const char *ruleset)
{
    FILE *pipe = popen("nft -f -", "w");

    if (!pipe)
        give_up("nft");
    fputs(ruleset, pipe);
    if (pclose(pipe))
        give_up("nft -f");
}

static int packet_socket(const char *interface)
{
    struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                  .sll_protocol = htons(ETH_P_ALL),
                                  .sll_ifindex = (int)if_nametoindex(interface)};
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL)), yes = 1;
    struct timeval patience = {.tv_sec = 10};

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
        setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes)) ||
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)))
        give_up(interface);
    return fd;
}

/* Nothing that it sends comes back to this host. Without RECVERR it would not learn that there was
 * no room for a packet. */
static int raw_socket(int family)
{
    bool is_ip4 = family == AF_INET;
    int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW), yes = 1, no = 0, mark = MARK;

    if (fd < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, RULED_INTERFACE, sizeof(RULED_INTERFACE)) ||
        setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) ||
        setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &yes, sizeof(yes)))
        give_up("raw socket");
    if (is_ip4 ? setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &no, sizeof(no)) ||
                     setsockopt(fd, IPPROTO_IP, IP_RECVERR, &yes, sizeof(yes))
               : setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, &no, sizeof(no)) ||
                     setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &yes, sizeof(yes)))
        give_up("raw socket");
    return fd;
}

/* The end that is set up last can send at once. */
void ruled_open(struct ruled *ruled, const char *ruleset)
{
    ruled->home = present_namespace();
    ruled->far = new_namespace();
    ruled->near = new_namespace();
    make_cable(ruled->far);
    enter(ruled->far);
    command("sysctl -qw net.ipv6.conf.far.disable_ipv6=1 && ip link set far mtu 9000 up");
    ruled->outside = packet_socket("far");
    enter(ruled->near);
    load(behind);
    load(ruleset);
    set_up_interface();
    ruled->log = passed_open();
    ruled->raw[0] = raw_socket(AF_INET);
    ruled->raw[1] = raw_socket(AF_INET6);
    enter(ruled->home);
    ruled_settle(ruled);
}

void ruled_close(struct ruled *ruled)
{
    mnl_socket_close(ruled->log);
    close(ruled->raw[0]);
    close(ruled->raw[1]);
    close(ruled->outside);
    close(ruled->near);
    close(ruled->far);
    close(ruled->home);
}
