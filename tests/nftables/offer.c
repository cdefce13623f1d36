/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames for a ruleset. */
#include "ruled.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <net/ethernet.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "passed.h"

#define HEADER        ETHER_HDR_LEN
#define SETTLE_MS     20
#define SETTLE_ROUNDS 500

static _Noreturn void give_up(const char *what)
{
    perror(what);
    exit(1);
}

static unsigned int get16(const u8 *bytes)
{
    return (unsigned int)bytes[0] << 8 | bytes[1];
}

static bool is_ip4(const struct wire *wire)
{
    return get16(wire->bytes + 12) == ETHERTYPE_IP;
}

/* The length of the IP packet in WIRE, according to its header; 0 if it has none that can be
 * sent. */
static size_t packet_length(const struct wire *wire)
{
    const u8 *ip = wire->bytes + HEADER;
    size_t room = wire->length > HEADER ? wire->length - HEADER : 0, length = 0;
    unsigned int type = wire->length >= HEADER ? get16(wire->bytes + 12) : 0;

    if (type == ETHERTYPE_IP && room >= 20 && ip[0] >> 4 == 4) {
        size_t header = (ip[0] & 15) * 4u;
        length = get16(ip + 2);
        if (header < 20 || length < header)
            return 0;
    } else if (type == ETHERTYPE_IPV6 && room >= 40 && ip[0] >> 4 == 6) {
        length = 40 + get16(ip + 4);
    }
    return length <= room ? length : 0;
}

/* Is the packet IP, of IPv4, for the host that sends it? */
static bool is_to_itself(const u8 *ip)
{
    u8 self[4];

    return inet_pton(AF_INET, RULED_HOST4, self) == 1 && !memcmp(ip + 16, self, sizeof(self));
}

/* The kernel replaces the source 0.0.0.0 by an address of its own, and does not send out packets to
 * addresses that no other host can have. */
bool ruled_can_offer(const struct wire *wire)
{
    static const u8 nowhere[15] = {0};
    const u8 *ip = wire->bytes + HEADER;

    if (wire->direction == DIRECTION_IN)
        return true;
    if (!packet_length(wire))
        return false;
    if (is_ip4(wire))
        return memcmp(ip + 12, nowhere, 4) != 0 && ip[16] != 0 && ip[16] != 127 &&
               !is_to_itself(ip);
    return memcmp(ip + 24, nowhere, sizeof(nowhere)) != 0;
}

static void send_frame(int fd, const u8 *bytes, size_t length)
{
    if (send(fd, bytes, length, 0) < 0)
        give_up("send");
}

/* Sent after a frame, so that nobody need guess how long to wait for it. */
static void send_end(const struct ruled *ruled)
{
    static const u8 end[60] = {2,  0, 0, 0, 0, 2,  2, 0,    0,    0,  0, 0xee, 8, 0,  0x45, 0, 0,
                               20, 0, 0, 0, 0, 64, 9, 0x66, 0xdf, 10, 0, 0,    1, 10, 0,    0, 2};

    send_frame(ruled->outside, end, sizeof(end));
}

void ruled_settle(const struct ruled *ruled)
{
    struct pollfd heard = {.fd = mnl_socket_get_fd(ruled->log), .events = POLLIN};

    for (int round = 0; round < SETTLE_ROUNDS; round++) {
        send_end(ruled);
        if (poll(&heard, 1, SETTLE_MS) > 0) {
            while (poll(&heard, 1, 0) > 0)
                passed_wait(ruled->log);
            return;
        }
    }
    give_up("no frame reaches the ruleset");
}

static bool passes_in(struct ruled *ruled, const struct wire *wire)
{
    send_frame(ruled->outside, wire->bytes, wire->length);
    send_end(ruled);
    return passed_wait(ruled->log);
}

static void arrive(struct ruled *ruled, const struct wire *wire, size_t length)
{
    u8 bytes[WIRE_BYTES];
    ssize_t received = recv(ruled->outside, bytes, sizeof(bytes), 0);

    if (received < 0)
        give_up("a packet that was accepted on the way out did not arrive");
    if ((size_t)received != length + HEADER ||
        memcmp(bytes + HEADER, wire->bytes + HEADER, length) != 0)
        give_up("another packet arrived than the one that was sent");
}

static ssize_t send_packet(const struct ruled *ruled, const struct wire *wire, size_t length)
{
    const u8 *ip = wire->bytes + HEADER;
    struct sockaddr_in to4 = {.sin_family = AF_INET};
    struct sockaddr_in6 to6 = {.sin6_family = AF_INET6};

    memcpy(&to4.sin_addr, ip + 16, 4);
    memcpy(&to6.sin6_addr, ip + 24, 16);
    return is_ip4(wire)
               ? sendto(ruled->raw[0], ip, length, 0, (struct sockaddr *)&to4, sizeof(to4))
               : sendto(ruled->raw[1], ip, length, 0, (struct sockaddr *)&to6, sizeof(to6));
}

static bool passes_out(struct ruled *ruled, const struct wire *wire)
{
    const u8 *ip = wire->bytes + HEADER;
    size_t length = packet_length(wire);
    ssize_t sent = send_packet(ruled, wire, length);

    /* All namespaces share one table of neighbours, which may be full. */
    for (int round = 0; sent < 0 && errno == ENOBUFS && round < SETTLE_ROUNDS; round++) {
        poll(NULL, 0, SETTLE_MS);
        sent = send_packet(ruled, wire, length);
    }
    if (sent < 0 && errno != EPERM)
        give_up("raw socket");
    if (sent < 0)
        return false;
    if (is_ip4(wire) || ip[24] != 0xff || (ip[25] & 15) > 1) /* others stay on this host */
        arrive(ruled, wire, length);
    return true;
}

bool ruled_passes(struct ruled *ruled, const struct wire *wire)
{
    return wire->direction == DIRECTION_IN ? passes_in(ruled, wire) : passes_out(ruled, wire);
}

/* The counter in a line of `nft list table`, and whether it counts what the ruleset sees. */
static bool read_counter(const char *line, unsigned long long *packets, bool *seen)
{
    const char *counter = strstr(line, "counter packets ");

    if (!counter)
        return false;
    *packets = strtoull(counter + strlen("counter packets "), NULL, 10);
    *seen = strstr(line, "comment \"seen\"");
    return true;
}

/* The chains that drop fragments before the ruleset sees them. */
static void find_early(const char *line, bool *early)
{
    if (strstr(line, "\tchain "))
        *early = strstr(line, "\tchain fragments {") || strstr(line, "\tchain unjoined {");
}

bool ruled_is_conserved(const struct ruled *ruled)
{
    unsigned long long packets, sum = 0, all = 0;
    bool seen, early = false;
    char line[8192];
    FILE *pipe;

    if (setns(ruled->near, CLONE_NEWNET))
        give_up("setns");
    pipe = popen("nft -t list table inet edgexdp", "r");
    if (!pipe)
        give_up("nft");
    while (fgets(line, sizeof(line), pipe)) {
        find_early(line, &early);
        if (!early && read_counter(line, &packets, &seen))
            *(seen ? &all : &sum) += packets;
    }
    if (pclose(pipe) || setns(ruled->home, CLONE_NEWNET))
        give_up("nft list");
    if (all != sum)
        fprintf(stderr, "nftables: seen %llu, judged %llu\n", all, sum);
    return all == sum;
}
