/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes the inputs with which the fuzzers begin: every case of tests/shared/cases.h as an input of
 * fuzz_packet; the policies of its groups, and random ones, as inputs of fuzz_compile; random flows
 * as inputs of fuzz_flowspec.
 *   fuzz_seeds FOLDER    writes into FOLDER/packet, FOLDER/compile and FOLDER/flowspec
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "../shared/cases.h"
#include "../shared/flowspec.h"
#include "../shared/random.h"

#define RANDOM_POLICIES 100

struct seeds {
    const char *folder;
    unsigned int groups, files;
    FILE *file;    /* of the case that is being written */
    u8 waited;     /* bits 1 to 3 of its next packet, */
    bool stranger; /* and bit 4 */
};

static FILE *create(const struct seeds *seeds, const char *target)
{
    char path[4096];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", seeds->folder, target);
    mkdir(path, 0777);
    snprintf(path, sizeof(path), "%s/%s/%u", seeds->folder, target, seeds->files);
    file = fopen(path, "wb");
    if (!file) {
        perror(path);
        exit(1);
    }
    return file;
}

static void begin(void *context)
{
    struct seeds *seeds = context;

    if (seeds->file)
        fclose(seeds->file);
    seeds->files++;
    seeds->file = create(seeds, "packet");
    seeds->waited = 0;
    seeds->stranger = false;
    fputc((int)seeds->groups, seeds->file);
}

/* The step of fuzz_later() that is nearest. */
static void take_time(unsigned int seconds, void *context)
{
    struct seeds *seeds = context;

    seeds->waited = seconds <= 30 ? 3 : seconds <= 60 ? 4 : seconds <= 180 ? 5 : 7;
}

/* Inputs cannot express bans. */
static void take_ban(const struct banned *banned, unsigned int seconds, void *context)
{
    (void)banned;
    (void)seconds;
    (void)context;
}

static void take_stranger(void *context)
{
    struct seeds *seeds = context;

    seeds->stranger = true;
}

static void write_packet(const struct wire *wire, const char *text, const char *expected,
                         void *context)
{
    struct seeds *seeds = context;

    (void)text;
    (void)expected;
    fputs("\n@@\n", seeds->file);
    fputc((wire->direction == DIRECTION_OUT) | (int)seeds->waited << 1 | seeds->stranger << 4,
          seeds->file);
    fwrite(wire->bytes, 1, wire->length, seeds->file);
    seeds->waited = 0;
}

static void write_policy(struct seeds *seeds, const char *text)
{
    FILE *policy = create(seeds, "compile");

    fprintf(policy, "%s\n@@\n\n@@\n%u", text, seeds->files++);
    fclose(policy);
}

static void write_random(struct seeds *seeds)
{
    for (u64 seed = 0; seed < RANDOM_POLICIES; seed++) {
        struct dice dice = {.state = seed};
        char *text = random_policy(&dice);

        write_policy(seeds, text);
        free(text);
    }
}

static void write_flows(struct seeds *seeds)
{
    for (u64 seed = 0; seed < RANDOM_POLICIES; seed++) {
        struct dice dice = {.state = seed};
        struct flowspec flow;
        FILE *line = create(seeds, "flowspec");

        flowspec_random(&dice, &flow);
        fprintf(line,
                "{\"type\": \"update\", \"neighbor\": {\"address\": {\"peer\": \"192.0.2.1\"}, "
                "\"message\": {\"update\": {\"attribute\": {\"extended-community\": [{\"value\": "
                "%llu, \"string\": \"\"}]}, \"announce\": {\"ipv%d flow\": {\"no-nexthop\": [",
                (seed % 2 ? 0x8006ull : 0x800cull) << 48 | (seed % 3 ? 0x46160000 : 0),
                flow.ipv6 ? 6 : 4);
        flowspec_write(&flow, line);
        fputs("]}}}}}}\n", line);
        fclose(line);
        seeds->files++;
    }
}

static void write_group(const struct case_group *group, void *context)
{
    struct seeds *seeds = context;
    struct case_judge judge = {begin, take_time, take_ban, take_stranger, write_packet, seeds};

    write_policy(seeds, group->policy);
    for (size_t i = 0; i < group->count; i++)
        case_play(&group->cases[i], &judge);
    seeds->groups++;
}

int main(int argc, char **argv)
{
    struct seeds seeds = {.folder = argc == 2 ? argv[1] : NULL};

    if (!seeds.folder) {
        fputs("usage: fuzz_seeds FOLDER\n", stderr);
        return 2;
    }
    cases_each(write_group, &seeds);
    if (seeds.file)
        fclose(seeds.file);
    write_random(&seeds);
    write_flows(&seeds);
    return 0;
}
