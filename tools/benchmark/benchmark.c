/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cost of one repeated packet: ns by BPF_PROG_TEST_RUN, for an empty XDP program, for
 * parse-and-count, and for a policy. All are interleaved in one run, because a machine's speed
 * drifts; medians of rounds. Also the cost of a swap. Runs in its own network namespace and
 * attaches nothing. (bench.py measures many different packets on their way through an interface.)
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../loader/base/clock.h"
#include "../../loader/base/memory.h"
#include "../../loader/judge/frame_build.h"
#include "../../loader/kernel/new_guard.h"
#include "../../loader/policy/notation.h"
#include "baseline.skel.h"

#define ROUNDS  15
#define REPEATS 1000000

struct measured {
    const char *what;
    const char *packet;            /* in the notation */
    const struct new_guard *guard; /* NULL: `program` */
    int program;
    bool sampled; /* while somebody receives samples, as `edgexdp top` does */
    double ns[ROUNDS];
};

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int run_program(int program, const void *frame, size_t length, double *ns)
{
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = (u32)length,
                .repeat = REPEATS);
    int error = bpf_prog_test_run_opts(program, &options);
    *ns = options.duration;
    return error;
}

static void ignore(const struct packet_sample *sample, void *context)
{
    (void)sample;
    (void)context;
}

static int measure(struct measured *measured, int round)
{
    struct listener *listener = NULL;
    struct packet_notation packet;
    struct fault fault;
    struct why why;
    u8 frame[FRAME_BUILD_BYTES];

    if (notation_parse(measured->packet, &packet, &fault))
        return -EINVAL;
    size_t length = frame_build(&packet, frame);
    int program =
        measured->guard ? measured->guard->roots.programs[DIRECTION_IN] : measured->program;
    int error = measured->sampled ? guard_sample(measured->guard->guard, SAMPLE_PACE_NS, ignore,
                                                 NULL, &listener, &why)
                                  : 0;
    if (!error)
        error = run_program(program, frame, length, &measured->ns[round]);
    listener_close(listener);
    return error;
}

static int seat(struct guard *guard, const struct policy *policy, const struct image *image,
                struct why *why)
{
    CLEANUP_FREE struct rule_number *numbers = NULL;
    struct image *numbered = NULL;

    int error = guard_number(guard, policy, &numbers, why);
    if (!error)
        error = image_number(image, policy, numbers, &numbered);
    if (!error)
        error = guard_seat(guard, numbered, 0, why);
    image_free(numbered);
    return error;
}

/* The policy at PATH, seated TIMES times. */
static int make_guard(const char *path, int times, struct new_guard **guard)
{
    struct attach_options options = {.mode = ATTACH_AUTO, .flows_max = FLOWS_MAX_DEFAULT};
    struct diag *diag = diag_new();
    struct policy *policy = NULL;
    struct image *image = NULL;
    struct why why = {0};

    int error = policy_read(path, NULL, &policy, diag);
    if (!error)
        error = policy_compile(policy, &BOUNDS_DEFAULT, &image, diag);
    if (!error)
        error = guard_create("lo", &options, policy->rule_count * 2, guard, &why);
    for (int i = 0; !error && i < times; i++)
        error = seat((*guard)->guard, policy, image, &why);
    diag_print(diag, stderr);
    if (error)
        fprintf(stderr, "benchmark: %s: %s\n", path, why.text[0] ? why.text : strerror(-error));
    image_free(image);
    policy_free(policy);
    diag_free(diag);
    return error;
}

/* Swap from the policy in force to the previous one and back: the cost of a swap with all
 * loaded. */
static int time_swaps(const char *path, int count)
{
    CLEANUP_FREE double *ns = calloc((size_t)count, sizeof(*ns));
    struct new_guard *guard = NULL;
    struct why why = {0};

    if (!ns || make_guard(path, 2, &guard))
        return 1;
    int error = 0;
    for (int i = 0; i < count && !error; i++) {
        u64 start = monotonic_ns();
        error = guard_rollback(guard->guard, &why);
        ns[i] = (double)(monotonic_ns() - start);
    }
    qsort(ns, (size_t)count, sizeof(*ns), compare);
    printf("{\"swap_ns\": %.0f, \"most_ns\": %.0f}\n", ns[count / 2], ns[count - 1]);
    new_guard_close(guard);
    return error ? 1 : 0;
}

static double median(struct measured *measured)
{
    qsort(measured->ns, ROUNDS, sizeof(double), compare);
    return measured->ns[ROUNDS / 2];
}

static void print(struct measured *all, size_t count, size_t parse)
{
    double base = median(&all[parse]);
    printf("%-42s %8s %8s %8s %18s\n", "", "least", "median", "most", "of parse-and-count");
    for (size_t i = 0; i < count; i++) {
        double middle = median(&all[i]);
        printf("%-42s %8.0f %8.0f %8.0f %18.2f\n", all[i].what, all[i].ns[0], middle,
               all[i].ns[ROUNDS - 1], middle / base);
    }
    printf("(ns per packet, %d rounds of %d)\n", ROUNDS, REPEATS);
}

static int measure_all(const char *path)
{
    const char *sip = "in tcp 203.0.113.7:40000 > 198.51.100.10:5061 syn";
    const char *unlisted = "in tcp 203.0.113.7:40000 > 198.51.100.10:5062 syn";
    struct new_guard *guard = NULL;

    struct baseline_bpf *baseline = baseline_bpf__open_and_load();
    if (!baseline || make_guard(path, 1, &guard))
        return 1;
    struct measured all[] = {
        {"empty XDP program", sip, NULL, bpf_program__fd(baseline->progs.empty), false, {0}},
        {"parse and count",
         sip,
         NULL,
         bpf_program__fd(baseline->progs.parse_and_count),
         false,
         {0}},
        {"accepted SIP packet", sip, guard, -1, false, {0}},
        {"unlisted port", unlisted, guard, -1, false, {0}},
        {"accepted SIP packet, sampled", sip, guard, -1, true, {0}},
        {"unlisted port, sampled", unlisted, guard, -1, true, {0}},
    };
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < ARRAY_SIZE(all); i++)
            if (measure(&all[i], round))
                return 1;
    print(all, ARRAY_SIZE(all), 1);
    new_guard_close(guard);
    baseline_bpf__destroy(baseline);
    return 0;
}

int main(int argc, char **argv)
{
    bool swaps = argc == 4 && !strcmp(argv[1], "--swaps") && atoi(argv[2]) > 0;

    if (argc > 2 && !swaps) {
        fputs("usage: benchmark [POLICY]\n       benchmark --swaps COUNT POLICY\n", stderr);
        return 2;
    }
    if (unshare(CLONE_NEWNET)) {
        fprintf(stderr, "benchmark: needs root: %s\n", strerror(errno));
        return 77;
    }
    if (swaps)
        return time_swaps(argv[3], atoi(argv[2]));
    return measure_all(argc > 1 ? argv[1] : "policies/lync-edge-external.ini");
}
