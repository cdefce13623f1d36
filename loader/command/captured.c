/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "captured.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "../base/labels.h"
#include "../base/memory.h"
#include "../policy/zones.h"
#include "open.h"
#include "usage.h"

static int read_direction(const char *text, enum heading *heading)
{
    for (int d = 0; d < DIRECTIONS; d++) {
        if (!strcmp(text, direction_names[d])) {
            *heading = d == DIRECTION_OUT ? HEADING_OUT : HEADING_IN;
            return 0;
        }
    }
    return -EINVAL;
}

int captured_take(const struct command *command, int option, struct captured_options *options)
{
    if (option == 'l')
        options->local = optarg;
    else if (option == 'o')
        options->on = optarg;
    else if (option == 'V')
        options->via = optarg;
    else if (option == 'd' && read_direction(optarg, &options->heading))
        return usage_error(command, "--direction is in or out, not %s", optarg);
    return options_host(command, option, &options->host);
}

int captured_check(const struct command *command, const struct captured_options *options)
{
    if (options->local && options->heading != HEADING_UNKNOWN)
        return usage_error(command, "--local and --direction exclude each other");
    return 0;
}

void captured_clear(struct captured_options *options)
{
    options_host_clear(&options->host);
}

const char *captured_name(const struct captured_options *options)
{
    return strcmp(options->capture, "-") != 0 ? options->capture : "stdin";
}

static int check_zone(const struct policy *whole, const char *option, const char *said)
{
    if (!said || zone_can_be(whole, said))
        return 0;
    say_error("%s: \"%s\" is in no zone of [interfaces] in %s, and no zone itself", option, said,
              whole->path);
    return COMMAND_USAGE;
}

static int ask_for_interface(const struct policy *whole, const char *because)
{
    say_error("%s is for several interfaces%s: say with --on which of them the capture is from",
              whole->path, because);
    return COMMAND_USAGE;
}

/* Makes of a policy for several interfaces that of the one where the capture is from. */
static int choose_zone(const struct captured_options *options, struct prepared *prepared)
{
    const struct policy *whole = prepared->whole;

    if (!whole)
        return 0;
    if (!options->on && !options->takes_several)
        return ask_for_interface(whole, "");
    int error = check_zone(whole, "--on", options->on);
    if (!error)
        error = check_zone(whole, "--via", options->via);
    if (error || !options->on)
        return error;
    prepared->policy = policy_of_zone(whole, zone_said(whole, options->on));
    error = prepared->policy ? policy_compile(prepared->policy, &BOUNDS_DEFAULT, &prepared->image,
                                              prepared->diag)
                             : -ENOMEM;
    if (error)
        diag_print(prepared->diag, stderr);
    return error;
}

int captured_open(const struct captured_options *options, const char *path,
                  struct prepared *prepared)
{
    int error = open_policy(path, options->host.host, prepared);

    return error ? error : choose_zone(options, prepared);
}

static unsigned int via_of(const struct captured_options *options, const struct prepared *prepared)
{
    return prepared->whole && options->via ? zone_said(prepared->whole, options->via)
                                           : ZONE_ELSEWHERE;
}

struct bench captured_bench(const struct captured_options *options, const struct prepared *prepared)
{
    return (struct bench){
        .policy = prepared->policy, .image = prepared->image, .via = via_of(options, prepared)};
}

/* Finds this host's addresses, from which nothing is forwarded. If none is known, all packets that
 * go out are taken for its own, or with --via for none of them. */
static int find_own(const struct captured_options *options, const struct policy *policy,
                    struct local *own, struct why *why)
{
    const struct host_word *self = host_find(options->host.host, piece_of("self"));
    bool known = self && (self->family[0].count || self->family[1].count);

    return known ? local_read("self", policy, options->host.host, own, why)
                 : local_read(options->via ? "255.255.255.255" : "0.0.0.0/0,::/0", policy,
                              options->host.host, own, why);
}

static bool is_of_zone(const struct bench *bench)
{
    return bench->policy && bench->policy->borrows;
}

/* Who sends what goes out, and what is forwarded. */
struct senders {
    struct local local, own;
};

static void senders_clear(struct senders *senders)
{
    local_clear(&senders->local);
    local_clear(&senders->own);
}

/* Tells REPLAY what the options say of the packets; sets in them are those of POLICY. ZONED: what
 * is forwarded matters. */
static int find_senders(const struct captured_options *options, const struct policy *policy,
                        bool zoned, struct senders *senders, struct replay *replay, struct why *why)
{
    int error = 0;

    replay->heading = options->heading;
    if (zoned) {
        error = find_own(options, policy, &senders->own, why);
        replay->own = &senders->own;
    }
    if (!error && options->local) {
        error = local_read(options->local, policy, options->host.host, &senders->local, why);
        replay->local = &senders->local;
    }
    return error;
}

int captured_run(const struct captured_options *options, struct replay *replay, bool *begun,
                 struct why *why)
{
    CLEANUP(senders_clear) struct senders senders = {0};
    CLEANUP(capture_closep) struct capture *capture = NULL;
    bool zoned = is_of_zone(&replay->after) || is_of_zone(&replay->before);
    int error = find_senders(options, replay->after.policy, zoned, &senders, replay, why);

    if (!error)
        error = capture_open(options->capture, &capture, why);
    if (!error) {
        *begun = true;
        error = replay_run(replay, capture, why);
    }
    replay->own = replay->local = NULL;
    return error;
}

static struct bench_of_zones bench_of_zones(const struct captured_options *options,
                                            const struct prepared *prepared)
{
    return (struct bench_of_zones){.whole = prepared_whole(prepared),
                                   .diag = prepared->diag,
                                   .via = via_of(options, prepared)};
}

int captured_run_several(const struct captured_options *options, const struct prepared *after,
                         const struct prepared *before, struct sites *sites, bool *begun,
                         struct why *why)
{
    CLEANUP(senders_clear) struct senders senders = {0};
    CLEANUP(capture_closep) struct capture *capture = NULL;
    const struct policy *whole = prepared_whole(after);

    sites->after = bench_of_zones(options, after);
    sites->before = bench_of_zones(options, before);
    int error = find_senders(options, whole, true, &senders, &sites->pattern, why);
    if (!error)
        error = capture_open(options->capture, &capture, why);
    if (!error && !capture_has_interfaces(capture))
        return ask_for_interface(after->whole ? after->whole : before->whole,
                                 ", and only a pcapng says where packets were captured");
    if (!error) {
        *begun = true;
        error = sites_run(sites, capture, why);
    }
    sites->pattern.own = sites->pattern.local = NULL;
    return error;
}
