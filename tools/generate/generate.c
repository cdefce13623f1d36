/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Offers load: makes packets in the kernel, all different, and sends them out of an interface as
 * fast as one core can. See usage(). BPF_PROG_TEST_RUN makes the frames, and passes them to our
 * program (generate.bpf.c) as a driver would.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <getopt.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "../../loader/base/clock.h"
#include "../../loader/base/memory.h"
#include "plan.h"

#include "generate.skel.h" /* needs struct plan */

#define CHUNK    262144u /* packets between checks of signals and clock; or those of CHUNK_NS */
#define CHUNK_NS (SECOND_NS / 2)

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
        "  --rate N          so many a second, if they can be made and received\n"
        "  --sources N       from so many addresses, upwards from that in PACKET, at random\n"
        "  --source-ports N  from so many ports likewise\n"
        "  --ports N         to so many ports, by turns\n"
        "  --pool FILE       instead: source, source port and port from the records of FILE by\n"
        "                    turns; 4 or 16 bytes, 2 and 2, all as on the wire\n"
        "  --drop            to nowhere: what making them costs\n"
        "  --whole           write whole packets: whoever gets them sends them back, changed\n"
        "  --cpu N           on this core\n"
        "  --warm N          so many first, which do not count\n\n"
        "Checksums of IPv4 headers are right, and those of TCP over IPv4 without a pool. The\n"
        "frames are for 02:00:00:00:00:02. What the receiver does for a packet is done on the\n"
        "same core at once, and is in the time said.\n",
        stderr);
    return 2;
}

static const struct option OPTIONS[] = {
    {"count", required_argument, NULL, 'c'}, {"seconds", required_argument, NULL, 't'},
    {"rate", required_argument, NULL, 'r'},  {"sources", required_argument, NULL, 's'},
    {"ports", required_argument, NULL, 'p'}, {"source-ports", required_argument, NULL, 'o'},
    {"pool", required_argument, NULL, 'f'},  {"cpu", required_argument, NULL, 'u'},
    {"warm", required_argument, NULL, 'w'},  {"drop", no_argument, NULL, 'd'},
    {"whole", no_argument, NULL, 'W'},       {0}};

/* Store the number that belongs to OPTION, a u64 or a u32. */
static void set_number(struct request *request, int option, u64 value)
{
    struct plan *plan = &request->plan;

    request->count = option == 'c' ? value : request->count;
    request->seconds = option == 't' ? value : request->seconds;
    request->warm = option == 'w' ? value : request->warm;
    request->cpu = option == 'u' ? (int)value : request->cpu;
    plan->sources = option == 's' ? (u32)value : plan->sources;
    plan->source_ports = option == 'o' ? (u32)value : plan->source_ports;
    plan->ports = option == 'p' ? (u32)value : plan->ports;
    plan->apart_ns = option == 'r' ? (u32)(SECOND_NS / value) : plan->apart_ns;
}

static int parse(int argc, char **argv, struct request *request)
{
    struct plan *plan = &request->plan;
    bool drop = false;
    int option;

    request->cpu = -1;
    plan->sources = plan->source_ports = plan->ports = 1;
    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        char *end = NULL;
        u64 value = optarg ? strtoull(optarg, &end, 10) : 1;
        if (option == 'f') {
            request->pool = optarg;
            continue;
        }
        if (option == '?' || (!value && option != 'u') || (end && *end))
            return usage();
        set_number(request, option, value);
        drop = drop || option == 'd';
        request->plan.whole = request->plan.whole || option == 'W';
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

/* Signals wait for the end of a chunk, so that the number of packets sent is known. */
static void hold_signals(void)
{
    sigset_t ending;

    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    sigprocmask(SIG_BLOCK, &ending, NULL);
}

/* How many to send at once of LEFT. */
static u32 chunk_of(const struct plan *plan, u64 left)
{
    u64 most = plan->apart_ns ? CHUNK_NS / plan->apart_ns + 1 : CHUNK;

    return (u32)(left < most ? left : most);
}

/* Send COUNT packets (0: no limit), until UNTIL (0: never) or until told to end; *sent says how
 * many were sent. */
static int send_until(const struct generate_bpf *object, const struct request *request, u64 count,
                      u64 until, u64 *sent)
{
    int program = bpf_program__fd(object->progs.generate), error = 0;
    u64 before = object->bss->made;

    for (*sent = 0; !error && !is_told_to_end() && (!until || monotonic_ns() < until) &&
                    (!count || *sent < count);
         *sent = object->bss->made - before) {
        error =
            send_chunk(program, request, chunk_of(&request->plan, count ? count - *sent : CHUNK));
    }
    return error;
}

/* CPU time of this process, including what the kernel does for packets in its name. */
static u64 cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (u64)now.tv_sec * SECOND_NS + (u64)now.tv_nsec;
}

static int send_all(const struct generate_bpf *object, const struct request *request)
{
    u64 sent = 0;
    int error = request->warm ? send_until(object, request, request->warm, 0, &sent) : 0;
    u64 start = monotonic_ns(), cpu = cpu_ns();

    if (!error)
        error = send_until(object, request, request->count,
                           request->seconds ? start + request->seconds * SECOND_NS : 0, &sent);
    double spent = (double)(cpu_ns() - cpu), ns = (double)(monotonic_ns() - start);
    printf("%llu packets in %.2f s: %.1f ns each, %.1f ns of the core\n", (unsigned long long)sent,
           ns / SECOND_NS, sent ? ns / (double)sent : 0, sent ? spent / (double)sent : 0);
    return error;
}

static int fill_pool(struct generate_bpf *object, const struct request *request, const u32 *records)
{
    size_t bytes = request->plan.pool_words * sizeof(u32);

    if (!records)
        return 0;
    void *to =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(object->maps.pool), 0);
    if (to == MAP_FAILED)
        return -errno;
    memcpy(to, records, bytes);
    munmap(to, bytes);
    return 0;
}

static int load(struct generate_bpf *object, const struct request *request, const u32 *records)
{
    int error = 0;

    memcpy((void *)&object->rodata->plan, &request->plan, sizeof(request->plan));
    if (records)
        error =
            bpf_map__set_value_size(object->maps.pool, request->plan.pool_words * (u32)sizeof(u32));
    if (!error)
        error = generate_bpf__load(object);
    return error ? error : fill_pool(object, request, records);
}

static int settle(int cpu)
{
    cpu_set_t only;

    if (cpu < 0)
        return 0;
    CPU_ZERO(&only);
    CPU_SET((size_t)cpu, &only);
    return sched_setaffinity(0, sizeof(only), &only) ? -errno : 0;
}

int main(int argc, char **argv)
{
    CLEANUP_FREE u32 *records = NULL;
    struct request request = {0};
    int error = parse(argc, argv, &request);

    if (error)
        return error;
    if (plan_pool(&request, &records))
        return 1;
    hold_signals();
    struct generate_bpf *object = generate_bpf__open();
    error = object ? settle(request.cpu) : -errno;
    if (!error)
        error = load(object, &request, records);
    if (!error)
        error = send_all(object, &request);
    generate_bpf__destroy(object);
    if (error)
        fprintf(stderr, "generate: %s\n", strerror(-error));
    return error ? 1 : 0;
}
