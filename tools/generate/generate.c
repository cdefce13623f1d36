/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Offers load: makes packets in the kernel, each different, and sends them out of an interface as
 * fast as one core can. See usage(). Frames are made by BPF_PROG_TEST_RUN, which passes them to a
 * program of ours (generate.bpf.c) as a driver would.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <getopt.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../loader/clock.h"
#include "../../loader/judge/frame_build.h"
#include "../../loader/policy/notation.h"
#include "generate.h"
#include "generate.skel.h"

#define CHUNK 262144u /* packets between two looks at signals and clock */

struct request {
    u64 count;   /* 0: no end */
    u64 seconds; /* 0: no end */
    struct plan plan;
    u8 frame[FRAME_BUILD_BYTES];
    size_t length;
};

static int usage(void)
{
    fputs(
        "usage: generate [OPTION...] INTERFACE PACKET\n\n"
        "Sends packets out of INTERFACE, as fast as one core makes them, until it is told to end\n"
        "(SIGINT, SIGTERM), and says how many. The other end of a veth needs NAPI to receive "
        "them:\n"
        "an XDP program in native mode, or ethtool -K DEVICE gro on.\n"
        "PACKET is in the notation of edgexdp, for example\n"
        "    'in udp 203.0.113.0:1024 > 198.51.100.10:5060'\n\n"
        "  --count N         so many packets\n"
        "  --seconds N       for so long\n"
        "  --sources N       from so many addresses, upwards from that in PACKET, at random\n"
        "  --source-ports N  from so many ports likewise\n"
        "  --ports N         to so many ports, by turns\n"
        "  --drop            to nowhere: what making them costs\n\n"
        "Checksums of IPv4 headers are right, those of TCP are not. The frames are for\n"
        "02:00:00:00:00:02.\n",
        stderr);
    return 2;
}

/* The sum of HEADER in words of 16 bits. */
static u32 sum_words(const u8 *header, size_t bytes)
{
    u32 sum = 0;
    for (size_t i = 0; i < bytes; i += 2)
        sum += (u32)header[i] << 8 | header[i + 1];
    return sum;
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
    }
    if (packet->protocol == IPPROTO_UDP || packet->protocol == IPPROTO_TCP)
        plan->ports_at = (u32)(ETH_HLEN + header);
    plan->source_port = packet->source_port;
    plan->port = packet->destination_port;
}

static int plan_packet(struct request *request, const char *text)
{
    struct packet_notation packet;
    struct fault fault;

    if (notation_parse(text, &packet, &fault)) {
        fprintf(stderr, "generate: %s: %s\n", text, fault.text);
        return -EINVAL;
    }
    request->length = frame_build(&packet, request->frame);
    if (request->length < FRAME_ROOM)
        request->length = FRAME_ROOM; /* padding behind the packet, as on any Ethernet */
    plan_addresses(request, &packet);
    return 0;
}

static int parse(int argc, char **argv, struct request *request)
{
    static const struct option options[] = {{"count", required_argument, NULL, 'c'},
                                            {"seconds", required_argument, NULL, 't'},
                                            {"sources", required_argument, NULL, 's'},
                                            {"ports", required_argument, NULL, 'p'},
                                            {"source-ports", required_argument, NULL, 'o'},
                                            {"drop", no_argument, NULL, 'd'},
                                            {0}};
    struct plan *plan = &request->plan;
    bool drop = false;
    int option;

    plan->sources = plan->source_ports = plan->ports = 1;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        char *end = NULL;
        u64 value = optarg ? strtoull(optarg, &end, 10) : 1;
        if (option == '?' || !value || (end && *end))
            return usage();
        request->count = option == 'c' ? value : request->count;
        request->seconds = option == 't' ? value : request->seconds;
        plan->sources = option == 's' ? (u32)value : plan->sources;
        plan->source_ports = option == 'o' ? (u32)value : plan->source_ports;
        plan->ports = option == 'p' ? (u32)value : plan->ports;
        drop = drop || option == 'd';
    }
    if (argc - optind != 2)
        return usage();
    plan->ifindex = if_nametoindex(argv[optind]);
    if (!plan->ifindex) {
        fprintf(stderr, "generate: there is no interface %s\n", argv[optind]);
        return 1;
    }
    plan->ifindex = drop ? 0 : plan->ifindex;
    return plan_packet(request, argv[optind + 1]) ? 1 : 0;
}

static int send_chunk(int program, const struct request *request, u32 count)
{
    struct xdp_md context = {.data_end = (u32)request->length};
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = request->frame,
                .data_size_in = (u32)request->length, .ctx_in = &context,
                .ctx_size_in = sizeof(context), .repeat = (int)count,
                .flags = BPF_F_TEST_XDP_LIVE_FRAMES);
    return bpf_prog_test_run_opts(program, &options);
}

static bool is_told_to_end(void)
{
    sigset_t pending;
    sigpending(&pending);
    return sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM);
}

/* A signal waits for the end of a chunk, so that what was sent is known. */
static int send_all(const struct generate_bpf *object, const struct request *request)
{
    u64 start = monotonic_ns(), until = start + request->seconds * SECOND_NS, sent = 0;
    int program = bpf_program__fd(object->progs.generate), error = 0;
    sigset_t ending;

    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    sigprocmask(SIG_BLOCK, &ending, NULL);
    while (!error && !is_told_to_end() && (!request->seconds || monotonic_ns() < until) &&
           (!request->count || sent < request->count)) {
        u64 left = request->count ? request->count - sent : CHUNK;
        error = send_chunk(program, request, left < CHUNK ? (u32)left : CHUNK);
        sent = object->bss->made;
    }
    double seconds = (double)(monotonic_ns() - start) / SECOND_NS;
    printf("%llu packets in %.2f s: %.0f ns each\n", (unsigned long long)sent, seconds,
           sent ? seconds * 1e9 / (double)sent : 0);
    return error;
}

int main(int argc, char **argv)
{
    struct request request = {0};
    int error = parse(argc, argv, &request);
    if (error)
        return error;
    struct generate_bpf *object = generate_bpf__open();
    if (object)
        memcpy((void *)&object->rodata->plan, &request.plan, sizeof(request.plan));
    error = !object ? -errno : generate_bpf__load(object);
    if (!error)
        error = send_all(object, &request);
    generate_bpf__destroy(object);
    if (error)
        fprintf(stderr, "generate: %s\n", strerror(-error));
    return error ? 1 : 0;
}
