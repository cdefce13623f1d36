/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "metrics.h"

#include <string.h>

#include "../base/labels.h"
#include "../base/memory.h"
#include "../base/text.h"

/* What a metric has one sample for each of. */
enum scope {
    OF_INTERFACE,
    OF_RULE,
    OF_REPLIES,
    OF_LIMITED,
    OF_REASON,
    OF_RESULT,
    OF_ORIGIN,
    OF_BLOCK
};

/* A sample; parts that its scope lacks are NULL or 0. */
struct sample {
    const struct snapshot *snapshot;
    const struct rule_sample *rule;
    const struct reason_counter *reason;
    struct rule_counter replies;
    u64 limit_sources;
    enum reload_result result;
    enum block_origin origin;
    const struct block_sample *block;
};

enum label {
    END,
    INTERFACE,
    POLICY,
    RULE,
    REASON,
    DIRECTION,
    VERDICT,
    SHA256,
    MODE,
    ATTACH_MODE,
    RESULT,
    ORIGIN,
    BLOCK,
};

static const char *const label_names[] = {
    [INTERFACE] = "interface",     [POLICY] = "policy",   [RULE] = "rule",     [REASON] = "reason",
    [DIRECTION] = "direction",     [VERDICT] = "verdict", [SHA256] = "sha256", [MODE] = "mode",
    [ATTACH_MODE] = "attach_mode", [RESULT] = "result",   [ORIGIN] = "origin", [BLOCK] = "block",
};

static const char *const result_names[RELOAD_RESULTS] = {
    [RELOAD_OK] = "ok",
    [RELOAD_FAILED] = "failed",
};

#define SHA256_TEXT_BYTES 65
#define LABELS_MAX        6

enum unit { COUNT, NANOSECONDS }; /* of what value() returns; time is shown in seconds */

struct metric {
    const char *name;
    const char *type;
    const char *help;
    enum scope scope;
    u64 (*value)(const struct sample *sample);
    enum label labels[LABELS_MAX]; /* END after the last */
    enum unit unit;
};

static u64 rule_packets(const struct sample *sample)
{
    return sample->rule->counter.packets;
}

static u64 rule_bytes(const struct sample *sample)
{
    return sample->rule->counter.bytes;
}

static u64 limited_packets(const struct sample *sample)
{
    return sample->rule->counter.limited_packets;
}

static u64 limited_bytes(const struct sample *sample)
{
    return sample->rule->counter.limited_bytes;
}

static u64 limit_sources(const struct sample *sample)
{
    return sample->limit_sources;
}

static u64 reply_packets(const struct sample *sample)
{
    return sample->replies.reply_packets;
}

static u64 reply_bytes(const struct sample *sample)
{
    return sample->replies.reply_bytes;
}

static u64 reason_packets(const struct sample *sample)
{
    return sample->reason->packets;
}

static u64 reason_bytes(const struct sample *sample)
{
    return sample->reason->bytes;
}

static u64 flows(const struct sample *sample)
{
    return sample->snapshot->status.flows;
}

static u64 flows_max(const struct sample *sample)
{
    return sample->snapshot->status.flows_max;
}

static u64 blocks(const struct sample *sample)
{
    return sample->snapshot->status.blocks[sample->origin];
}

static u64 block_packets(const struct sample *sample)
{
    return sample->block->packets;
}

static u64 bans(const struct sample *sample)
{
    return sample->snapshot->status.bans;
}

static u64 one(const struct sample *sample)
{
    (void)sample;
    return 1;
}

static u64 events_lost(const struct sample *sample)
{
    const struct seen *seen = sample->snapshot->seen;
    return seen[DIRECTION_IN].events_lost + seen[DIRECTION_OUT].events_lost;
}

static u64 answers_sent(const struct sample *sample)
{
    return sample->snapshot->answers.sent;
}

static u64 cookies_sent(const struct sample *sample)
{
    return sample->snapshot->cookies.sent;
}

static u64 cookies_valid(const struct sample *sample)
{
    return sample->snapshot->cookies.valid;
}

static u64 cookies_invalid(const struct sample *sample)
{
    return sample->snapshot->cookies.invalid;
}

static u64 answers_withheld(const struct sample *sample)
{
    return sample->snapshot->answers.withheld;
}

static u64 loaded_at(const struct sample *sample)
{
    return sample->snapshot->tables.seated.loaded_at_ns;
}

static u64 reloads(const struct sample *sample)
{
    return sample->snapshot->status.state.reloads[sample->result];
}

static const struct metric metrics[] = {
    {"edgexdp_rule_packets_total",
     "counter",
     "Packets that a rule decided, without their replies.",
     OF_RULE,
     rule_packets,
     {INTERFACE, POLICY, RULE, DIRECTION, VERDICT},
     COUNT},
    {"edgexdp_rule_bytes_total",
     "counter",
     "Bytes that a rule decided, without their replies.",
     OF_RULE,
     rule_bytes,
     {INTERFACE, POLICY, RULE, DIRECTION, VERDICT},
     COUNT},
    {"edgexdp_rule_limited_packets_total",
     "counter",
     "Packets that a rule accepts and its limits dropped.",
     OF_RULE,
     limited_packets,
     {INTERFACE, POLICY, RULE, DIRECTION},
     COUNT},
    {"edgexdp_rule_limited_bytes_total",
     "counter",
     "Bytes that a rule accepts and its limits dropped.",
     OF_RULE,
     limited_bytes,
     {INTERFACE, POLICY, RULE, DIRECTION},
     COUNT},
    {"edgexdp_limit_sources",
     "gauge",
     "Sources, or destinations, that are ahead of a limit of a rule now.",
     OF_LIMITED,
     limit_sources,
     {INTERFACE, RULE},
     COUNT},
    {"edgexdp_reason_packets_total",
     "counter",
     "Packets decided without a rule, by reason.",
     OF_REASON,
     reason_packets,
     {INTERFACE, REASON, DIRECTION, VERDICT},
     COUNT},
    {"edgexdp_reason_bytes_total",
     "counter",
     "Bytes decided without a rule, by reason.",
     OF_REASON,
     reason_bytes,
     {INTERFACE, REASON, DIRECTION, VERDICT},
     COUNT},
    {"edgexdp_reply_packets_total",
     "counter",
     "Packets accepted as replies to what a rule accepts.",
     OF_REPLIES,
     reply_packets,
     {INTERFACE, RULE},
     COUNT},
    {"edgexdp_reply_bytes_total",
     "counter",
     "Bytes accepted as replies to what a rule accepts.",
     OF_REPLIES,
     reply_bytes,
     {INTERFACE, RULE},
     COUNT},
    {"edgexdp_flows",
     "gauge",
     "Entries in the table of flows, including idle ones.",
     OF_INTERFACE,
     flows,
     {INTERFACE},
     COUNT},
    {"edgexdp_flows_max",
     "gauge",
     "Size of the table of flows.",
     OF_INTERFACE,
     flows_max,
     {INTERFACE},
     COUNT},
    {"edgexdp_bans",
     "gauge",
     "Addresses and prefixes that are banned.",
     OF_INTERFACE,
     bans,
     {INTERFACE},
     COUNT},
    {"edgexdp_blocks",
     "gauge",
     "Blocks, by who makes them.",
     OF_ORIGIN,
     blocks,
     {INTERFACE, ORIGIN},
     COUNT},
    {"edgexdp_block_packets_total",
     "counter",
     "Packets dropped by a block.",
     OF_BLOCK,
     block_packets,
     {INTERFACE, ORIGIN, BLOCK},
     COUNT},
    {"edgexdp_policy_info",
     "gauge",
     "The policy in force and how it is attached; always 1.",
     OF_INTERFACE,
     one,
     {INTERFACE, POLICY, SHA256, MODE, ATTACH_MODE},
     COUNT},
    {"edgexdp_policy_loaded_timestamp_seconds",
     "gauge",
     "When the policy was put in force.",
     OF_INTERFACE,
     loaded_at,
     {INTERFACE},
     NANOSECONDS},
    {"edgexdp_reloads_total",
     "counter",
     "Reloads that were asked for, by result.",
     OF_RESULT,
     reloads,
     {INTERFACE, RESULT},
     COUNT},
    {"edgexdp_events_lost_total",
     "counter",
     "Packets that were to be reported, for log = yes or a monitor, but could not be.",
     OF_INTERFACE,
     events_lost,
     {INTERFACE},
     COUNT},
    {"edgexdp_answers_sent_total",
     "counter",
     "Rejected packets whose senders were told.",
     OF_INTERFACE,
     answers_sent,
     {INTERFACE},
     COUNT},
    {"edgexdp_answers_withheld_total",
     "counter",
     "Rejected packets whose senders were not told, because there were too many.",
     OF_INTERFACE,
     answers_withheld,
     {INTERFACE},
     COUNT},
    {"edgexdp_syn_cookies_sent_total",
     "counter",
     "SYNs that were answered with a SYN cookie.",
     OF_INTERFACE,
     cookies_sent,
     {INTERFACE},
     COUNT},
    {"edgexdp_syn_cookies_valid_total",
     "counter",
     "ACKs that returned a right SYN cookie.",
     OF_INTERFACE,
     cookies_valid,
     {INTERFACE},
     COUNT},
    {"edgexdp_syn_cookies_invalid_total",
     "counter",
     "ACKs to a listener that belonged to no connection and had no right SYN cookie.",
     OF_INTERFACE,
     cookies_invalid,
     {INTERFACE},
     COUNT},
};

static const char *sha256(const struct snapshot *snapshot, char text[SHA256_TEXT_BYTES])
{
    for (int i = 0; i < 32; i++)
        sprintf(text + 2 * i, "%02x", snapshot->tables.sha256[i]);
    return text;
}

static const char *label_value(enum label label, const struct sample *sample,
                               char text[SHA256_TEXT_BYTES])
{
    const struct snapshot *snapshot = sample->snapshot;
    const struct reason_counter *reason = sample->reason;

    switch (label) {
    case INTERFACE:
        return snapshot->status.interface;
    case POLICY:
        return (const char *)snapshot->tables.name;
    case RULE:
        return sample->rule->name;
    case REASON:
        return reason_names[reason->reason];
    case DIRECTION:
        return direction_names[reason ? reason->direction : sample->rule->direction];
    case VERDICT:
        return verdict_names[reason ? reason->verdict : sample->rule->action];
    case SHA256:
        return sha256(snapshot, text);
    case MODE:
        return tables_mode(&snapshot->tables);
    case ATTACH_MODE:
        return guard_status_ingress(&snapshot->status);
    case RESULT:
        return result_names[sample->result];
    case ORIGIN:
        return block_origin_names[sample->origin];
    case BLOCK:
        return sample->block->name.name;
    case END:
        break;
    }
    return "";
}

static size_t plain_length(const char *text)
{
    size_t length = 0;
    while (text[length] >= ' ' && text[length] < 0x7f && text[length] != '"' &&
           text[length] != '\\')
        length++;
    return length;
}

/* An interface's name may hold anything but white space and a slash. Prometheus refuses a whole
 * scrape for one byte that is not UTF-8, and its format cannot escape control characters. */
static void print_escaped(FILE *stream, const char *text)
{
    size_t length = plain_length(text);

    fwrite_unlocked(text, 1, length, stream);
    if (!text[length])
        return;
    for (const char *rest = HARMLESS(text + length); *rest; rest++) {
        if (*rest == '\\' || *rest == '"')
            putc_unlocked('\\', stream);
        putc_unlocked(*rest, stream);
    }
}

/* With a hundred thousand numbers, the cost of printf() adds up. */
static void print_number(FILE *stream, u64 number)
{
    char digits[20];
    size_t at = sizeof(digits);

    do
        digits[--at] = (char)('0' + number % 10);
    while (number /= 10);
    fwrite_unlocked(digits + at, 1, sizeof(digits) - at, stream);
}

static void print_value(FILE *stream, u64 value, enum unit unit)
{
    putc_unlocked(' ', stream);
    print_number(stream, unit == NANOSECONDS ? value / SECOND_NS : value);
    if (unit == NANOSECONDS)
        fprintf(stream, ".%09llu", (unsigned long long)(value % SECOND_NS));
    putc_unlocked('\n', stream);
}

static void print_sample(FILE *stream, const struct metric *metric, const struct sample *sample)
{
    char text[SHA256_TEXT_BYTES];

    fputs_unlocked(metric->name, stream);
    for (int i = 0; i < LABELS_MAX && metric->labels[i] != END; i++) {
        fputs_unlocked(i ? "," : "{", stream);
        fputs_unlocked(label_names[metric->labels[i]], stream);
        fputs_unlocked("=\"", stream);
        print_escaped(stream, label_value(metric->labels[i], sample, text));
        fputs_unlocked("\"", stream);
    }
    fputs_unlocked("}", stream);
    print_value(stream, metric->value(sample), metric->unit);
}

/* A rule in both directions has two entries in a row and one name: here it is the sum of both. */
static void print_both_ways(FILE *stream, const struct metric *metric,
                            const struct snapshot *snapshot)
{
    const struct rule_sample *rules = snapshot->rules;

    for (size_t i = 0; i < snapshot->rule_count; i++) {
        struct sample sample = {.snapshot = snapshot,
                                .rule = &rules[i],
                                .replies = rules[i].counter,
                                .limit_sources = rules[i].limit_sources};
        if (i + 1 < snapshot->rule_count && rules[i + 1].position == rules[i].position) {
            i++;
            sample.replies.reply_packets += rules[i].counter.reply_packets;
            sample.replies.reply_bytes += rules[i].counter.reply_bytes;
            sample.limit_sources += rules[i].limit_sources;
        }
        if (metric->scope != OF_LIMITED || sample.rule->is_limited)
            print_sample(stream, metric, &sample);
    }
}

static void print_samples(FILE *stream, const struct metric *metric,
                          const struct snapshot *snapshot)
{
    struct sample sample = {.snapshot = snapshot};

    switch (metric->scope) {
    case OF_INTERFACE:
        print_sample(stream, metric, &sample);
        break;
    case OF_RULE:
        for (size_t i = 0; i < snapshot->rule_count; i++) {
            sample.rule = &snapshot->rules[i];
            print_sample(stream, metric, &sample);
        }
        break;
    case OF_REPLIES:
    case OF_LIMITED:
        print_both_ways(stream, metric, snapshot);
        break;
    case OF_REASON:
        for (u32 slot = 0; slot < REASON_SLOTS; slot++) {
            sample.reason = &snapshot->reasons[slot];
            print_sample(stream, metric, &sample);
        }
        break;
    case OF_RESULT:
        for (sample.result = 0; sample.result < RELOAD_RESULTS; sample.result++)
            print_sample(stream, metric, &sample);
        break;
    case OF_ORIGIN:
        for (; sample.origin < BLOCK_ORIGINS; sample.origin++)
            print_sample(stream, metric, &sample);
        break;
    case OF_BLOCK:
        for (size_t i = 0; i < snapshot->block_count; i++) {
            sample.block = &snapshot->blocks[i];
            sample.origin = sample.block->name.origin;
            print_sample(stream, metric, &sample);
        }
        break;
    }
}

/* All samples of a metric are printed together, whatever their interface. */
void metrics_print(FILE *stream, const struct snapshots *snapshots)
{
    for (size_t i = 0; i < ARRAY_SIZE(metrics); i++) {
        const struct metric *metric = &metrics[i];
        fprintf(stream, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help, metric->name,
                metric->type);
        for (size_t s = 0; s < snapshots->count; s++)
            print_samples(stream, metric, &snapshots->list[s]);
    }
}
