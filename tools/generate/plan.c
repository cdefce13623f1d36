/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../loader/base/memory.h"
#include "../../loader/policy/notation.h"

#define POOL_BYTES_MAX (256u << 20)

/* The sum of HEADER's 16-bit words. */
static u32 sum_words(const u8 *header, size_t bytes)
{
    u32 sum = 0;
    for (size_t i = 0; i < bytes; i += 2)
        sum += (u32)header[i] << 8 | header[i + 1];
    return sum;
}

/* Of a segment over IPv4 with nothing behind its header. */
static void plan_tcp(struct plan *plan, u8 *ip, size_t header)
{
    size_t check = header + offsetof(struct tcphdr, check);

    memset(ip + header, 0, 4);
    memset(ip + check, 0, 2);
    plan->tcp_at = (u32)(ETH_HLEN + check);
    plan->tcp_sum = sum_words(ip + header, sizeof(struct tcphdr)) + IPPROTO_TCP +
                    sizeof(struct tcphdr) + sum_words(ip + offsetof(struct iphdr, daddr), 4);
}

static void plan_addresses(struct request *request, const struct packet_notation *packet)
{
    struct plan *plan = &request->plan;
    bool ipv6 = packet->family == FAMILY_IPV6;
    u8 *ip = request->frame + ETH_HLEN;
    size_t address = ipv6 ? offsetof(struct ipv6hdr, saddr) + 12 : offsetof(struct iphdr, saddr);
    size_t header = ipv6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);

    plan->source_at = (u32)(ETH_HLEN + address);
    plan->source = (u32)ip[address] << 24 | (u32)ip[address + 1] << 16 | (u32)ip[address + 2] << 8 |
                   ip[address + 3];
    memset(ip + address, 0, 4);
    if (!ipv6) {
        plan->checksum_at = (u32)(ETH_HLEN + offsetof(struct iphdr, check));
        plan->sum = sum_words(ip, header);
        if (packet->protocol == IPPROTO_TCP)
            plan_tcp(plan, ip, header);
    }
    if (packet->protocol == IPPROTO_UDP || packet->protocol == IPPROTO_TCP)
        plan->ports_at = (u32)(ETH_HLEN + header);
    plan->source_port = packet->source_port;
    plan->port = packet->destination_port;
}

int plan_packet(struct request *request, const char *text)
{
    struct packet_notation packet;
    struct fault fault;

    if (notation_parse(text, &packet, &fault)) {
        fprintf(stderr, "generate: %s: %s\n", text, fault.text);
        return -EINVAL;
    }
    request->length = frame_build(&packet, request->frame);
    if (request->length < FRAME_ROOM)
        request->length = FRAME_ROOM; /* padded, as on any Ethernet */
    plan_addresses(request, &packet);
    memcpy(request->plan.frame, request->frame, sizeof(request->plan.frame));
    return 0;
}

static int read_records(FILE *file, u32 record_words, u32 **records, u32 *words)
{
    CLEANUP_FREE u32 *read = NULL;

    if (fseek(file, 0, SEEK_END))
        return -errno;
    long bytes = ftell(file);
    if (bytes <= 0 || bytes > POOL_BYTES_MAX || bytes % (long)(record_words * sizeof(u32)))
        return -EINVAL;
    rewind(file);
    read = malloc((size_t)bytes);
    if (!read)
        return -ENOMEM;
    if (fread(read, 1, (size_t)bytes, file) != (size_t)bytes)
        return -EIO;
    *words = (u32)((size_t)bytes / sizeof(u32));
    *records = TAKE_PTR(read);
    return 0;
}

int plan_pool(struct request *request, u32 **records)
{
    struct plan *plan = &request->plan;

    if (!request->pool)
        return 0;
    FILE *file = fopen(request->pool, "rb");
    int error = file ? 0 : -errno;
    plan->record_words = plan->checksum_at ? RECORD_WORDS_IPV4 : RECORD_WORDS_IPV6;
    if (!error)
        error = read_records(file, plan->record_words, records, &plan->pool_words);
    if (file)
        fclose(file);
    if (error == -EINVAL)
        fprintf(stderr, "generate: %s: not a whole number of records of %zu bytes\n", request->pool,
                plan->record_words * sizeof(u32));
    else if (error)
        fprintf(stderr, "generate: %s: %s\n", request->pool, strerror(-error));
    return error;
}
