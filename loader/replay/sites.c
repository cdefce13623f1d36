/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sites.h"

#include <errno.h>
#include <string.h>

#include "../base/memory.h"
#include "../base/text.h"
#include "../policy/diag.h"

#define ARRIVALS_MAX (1u << 20)

/* Whose packets came in where. */
struct conversation {
    u8 source[16], destination[16];
    u16 source_port, destination_port;
    u8 family, protocol, padding[2];
};
ASSERT_SIZE(struct conversation, 40);

static int out_of_memory(struct why *why)
{
    return why_set(why, -ENOMEM, "out of memory");
}

void sites_clear(struct sites *sites)
{
    for (size_t i = 0; i < sites->count; i++) {
        replay_clear(&sites->list[i]->replay);
        free(sites->list[i]);
    }
    free(sites->list);
    if (sites->arrivals)
        lru_free(sites->arrivals);
    zone_judges_free(sites->after.judges);
    zone_judges_free(sites->before.judges);
    *sites = (struct sites){0};
}

/* Finds out for which zone of WHOLE packets of the interface NAME are. Returns false if for none.
 */
static bool find_zone(const struct policy *whole, const char *name, unsigned int *zone)
{
    if (!whole || !whole->is_zoned)
        return true;
    if (!*name)
        return false;
    *zone = zone_of(whole, whole->host, name);
    return *zone != ZONE_ELSEWHERE || !whole->has_interfaces;
}

/* Seats the judge of ZONE on BENCH. */
static int take_seat(const struct bench_of_zones *of, unsigned int zone, struct bench *bench,
                     struct why *why)
{
    struct zone_judge *judge;

    if (!of->whole)
        return 0;
    int error = zone_judges_get(of->judges, zone, of->diag, &judge);
    if (error == -ENOMEM)
        return out_of_memory(why);
    if (error) {
        why_set(why, error, "cannot use %s", of->whole->path);
        diag_first(of->diag, SEVERITY_ERROR, why->text, sizeof(why->text));
        return error;
    }
    *bench = (struct bench){judge->policy, judge->image, judge->native, of->via};
    return 0;
}

static const char *name_zone(const struct policy *whole, unsigned int zone)
{
    return whole->is_zoned && zone != ZONE_ELSEWHERE ? zone_name(whole, zone) : NULL;
}

/* Finds the judges of a new SITE. */
static int settle(const struct sites *sites, struct site *site, struct why *why)
{
    struct replay *replay = &site->replay;

    if (!find_zone(sites->after.whole, site->name, &site->after))
        site->stranger = sites->after.whole;
    else if (!find_zone(sites->before.whole, site->name, &site->before))
        site->stranger = sites->before.whole;
    if (site->stranger)
        return 0;
    *replay = sites->pattern;
    replay->interface = site->name;
    replay->zone = name_zone(sites->after.whole, site->after);
    int error = take_seat(&sites->after, site->after, &replay->after, why);
    if (!error)
        error = take_seat(&sites->before, site->before, &replay->before, why);
    if (!error && replay_begin(replay))
        error = out_of_memory(why);
    return error;
}

static struct site *find_site(const struct sites *sites, const char *name)
{
    for (size_t i = 0; i < sites->count; i++)
        if (!strcmp(sites->list[i]->name, name))
            return sites->list[i];
    return NULL;
}

static int add_site(struct sites *sites, const char *name, struct site **site, struct why *why)
{
    if (sites->count == SITES_MAX)
        return why_set(why, -E2BIG, "packets of more than %d interfaces", SITES_MAX);
    void *grown = array_grow(sites->list, sites->count, &sites->capacity, sizeof(struct site *));
    if (!grown)
        return out_of_memory(why);
    sites->list = grown;
    struct site *made = calloc(1, sizeof(*made));
    if (!made)
        return out_of_memory(why);
    sites->list[sites->count++] = made;
    memcpy(made->name, name, strlen(name) + 1);
    *site = made;
    return settle(sites, made, why);
}

static bool find_conversation(const struct captured *frame, struct conversation *conversation)
{
    struct native_question question;

    if (!native_ask_captured(frame, &question))
        return false;
    *conversation = (struct conversation){.source_port = question.source_port,
                                          .destination_port = question.destination_port,
                                          .family = question.family,
                                          .protocol = question.protocol};
    memcpy(conversation->source, question.source, sizeof(question.source));
    memcpy(conversation->destination, question.destination, sizeof(question.destination));
    return true;
}

/* Remembers that the packet in FRAME came in at SITE. */
static int arrive(struct sites *sites, struct site *site, const struct captured *frame)
{
    struct conversation conversation;

    if (!find_conversation(frame, &conversation))
        return 0;
    struct site **known = lru_find(sites->arrivals, &conversation);
    if (known)
        *known = site;
    return known || lru_add(sites->arrivals, &conversation, &site) ? 0 : -ENOMEM;
}

/* Says on the benches of REPLAY where the packet in FRAME, which goes out, came in. */
static void depart(const struct sites *sites, struct replay *replay, const struct captured *frame)
{
    struct conversation conversation;
    struct site **from =
        find_conversation(frame, &conversation) ? lru_find(sites->arrivals, &conversation) : NULL;

    replay->forwarded = from;
    replay->after.via = from ? (*from)->after : sites->after.via;
    replay->before.via = from ? (*from)->before : sites->before.via;
}

static void pass_over(const struct sites *sites, struct site *site,
                      const struct capture_frame *frame)
{
    char text[SITE_REASON_BYTES];

    site->unjudged++;
    if (sites->pattern.verdicts)
        replay_print_unjudged(site_reason(site, text), frame->time_ns,
                              replay_direction(&sites->pattern, frame), frame->frame.length);
}

static int take(struct sites *sites, const struct capture_frame *frame, struct why *why)
{
    struct site *site = find_site(sites, frame->interface);
    int error = site ? 0 : add_site(sites, frame->interface, &site, why);

    if (error)
        return error;
    if (site->stranger) {
        pass_over(sites, site, frame);
        return 0;
    }
    if (replay_direction(&sites->pattern, frame) == DIRECTION_OUT)
        depart(sites, &site->replay, &frame->frame);
    else
        error = arrive(sites, site, &frame->frame);
    if (!error)
        error = replay_take(&site->replay, frame);
    return error ? out_of_memory(why) : 0;
}

int sites_run(struct sites *sites, struct capture *capture, struct why *why)
{
    struct capture_frame frame;
    int result;

    sites->arrivals = lru_new(sizeof(struct conversation), sizeof(struct site *), ARRIVALS_MAX);
    sites->after.judges = zone_judges_new(sites->after.whole);
    sites->before.judges = zone_judges_new(sites->before.whole);
    if (!sites->arrivals || !sites->after.judges || !sites->before.judges)
        return out_of_memory(why);
    while ((result = replay_next(&sites->pattern, capture, &frame, why)) > 0) {
        int error = take(sites, &frame, why);
        if (error)
            return error;
    }
    return result;
}

const char *site_reason(const struct site *site, char text[SITE_REASON_BYTES])
{
    char harmless[HARMLESS_BYTES];

    if (!site->stranger)
        return NULL;
    if (!*site->name)
        return "the capture does not name its interface";
    snprintf(text, SITE_REASON_BYTES, "%s is in no zone of [interfaces] in %s",
             text_harmless(site->name, harmless, sizeof(harmless)), site->stranger->path);
    return text;
}

bool sites_were_judged(const struct sites *sites)
{
    for (size_t i = 0; i < sites->count; i++)
        if (!sites->list[i]->stranger)
            return true;
    return !sites->count;
}
