/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

#include <net/ethernet.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../loader/export/export.h"
#include "../kernel/sandbox.h"

#define HEADER ETHER_HDR_LEN

static _Noreturn void give_up(const char *what)
{
    perror(what);
    exit(1);
}

void bench_enter(void)
{
    cpu_set_t one;

    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    if (sched_setaffinity(0, sizeof(one), &one))
        give_up("sched_setaffinity");
    sandbox_enter();
    if (system("nft --version >/dev/null 2>&1")) {
        puts("skipped: there is no nft here");
        exit(SKIPPED);
    }
}

void bench_open(struct bench *bench, const char *text)
{
    char *ruleset = NULL;
    size_t size;
    FILE *stream = open_memstream(&ruleset, &size);

    attached_open(&bench->attached, text);
    if (!stream)
        give_up("memory");
    export_nftables(bench->attached.seated.court.policy, NULL, RULED_INTERFACE, stream);
    if (fclose(stream))
        give_up("memory");
    ruled_open(&bench->ruled, ruleset);
    free(ruleset);
}

bool bench_close(struct bench *bench)
{
    bool attached = attached_is_conserved(&bench->attached);
    bool ruled = ruled_is_conserved(&bench->ruled);

    attached_close(&bench->attached);
    ruled_close(&bench->ruled);
    return attached && ruled;
}

static bool is_ip4(const struct wire *wire)
{
    return wire->length >= HEADER + 20 && !memcmp(wire->bytes + 12, "\x08\x00", 2);
}

void bench_finish(struct wire *wire)
{
    u8 *ip = wire->bytes + HEADER;
    size_t size = (ip[0] & 15) * 4u;
    u32 sum = 0;

    if (!is_ip4(wire) || size < 20 || wire->length < HEADER + size)
        return;
    ip[5] |= 1;
    ip[10] = ip[11] = 0;
    for (size_t i = 0; i < size; i += 2)
        sum += (u32)ip[i] << 8 | ip[i + 1];
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    ip[10] = (u8)(~sum >> 8);
    ip[11] = (u8)~sum;
}

void bench_read(const char *text, struct wire *wire)
{
    wire_read(text, wire);
    bench_finish(wire);
}

struct passes bench_judge(struct bench *bench, const struct wire *wire)
{
    struct passes passes;

    passes.policy = attached_passes(&bench->attached, wire);
    passes.ruleset = ruled_passes(&bench->ruled, wire);
    return passes;
}
