/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recording.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"
#include "../policy/policy.h"

#define SECTION_HEADER  0x0a0d0d0au /* the same in both byte orders */
#define MAGIC           0x1a2b3c4du
#define INTERFACE       1u
#define OLD_PACKET      2u
#define SIMPLE_PACKET   3u
#define ENHANCED_PACKET 6u

#define OPTION_NAME       2u /* of an interface */
#define OPTION_RESOLUTION 9u
#define OPTION_OFFSET     14u
#define OPTION_FLAGS      2u /* of a packet */

#define FLAGS_WAY 3u
#define FLAG_IN   1u
#define FLAG_OUT  2u

#define IN_BITS        0x80u /* times count binary digits of a second, not decimal ones */
#define MICROSECONDS   6u
#define FRAME_BYTES    12u /* type, length, and the length once more at the end */
#define INTERFACE_HEAD 8u
#define PACKET_HEAD    20u
#define OPTION_HEAD    4u

struct source {
    u16 link_type;
    u8 resolution;
    s64 offset_s;
    u32 snapshot_bytes; /* 0: whole packets */
    char name[RECORDING_NAME_BYTES];
};

struct recording {
    FILE *file;
    bool is_begun, is_swapped;
    struct source *sources; /* of this section */
    size_t count, capacity;
    u64 last_ns;
    u8 *body; /* of the block that was read last */
    size_t body_capacity;
};

/* What is left of a block's body. */
struct rest {
    const u8 *at;
    u32 bytes;
    bool is_swapped;
};

struct recording *recording_new(FILE *file)
{
    struct recording *recording = calloc(1, sizeof(*recording));

    if (recording)
        recording->file = file;
    return recording;
}

void recording_free(struct recording *recording)
{
    if (!recording)
        return;
    free(recording->sources);
    free(recording->body);
    free(recording);
}

static u16 half_at(const u8 *at, bool is_swapped)
{
    u16 value;

    memcpy(&value, at, sizeof(value));
    return is_swapped ? __builtin_bswap16(value) : value;
}

static u32 word_at(const u8 *at, bool is_swapped)
{
    u32 value;

    memcpy(&value, at, sizeof(value));
    return is_swapped ? __builtin_bswap32(value) : value;
}

static u64 long_at(const u8 *at, bool is_swapped)
{
    u64 value;

    memcpy(&value, at, sizeof(value));
    return is_swapped ? __builtin_bswap64(value) : value;
}

/* A caller has compared with rest->bytes. */
static void rest_skip(struct rest *rest, u32 bytes)
{
    rest->at += bytes;
    rest->bytes -= bytes;
}

static u32 padded(u32 bytes)
{
    return (bytes + 3) & ~3u;
}

/* Reads the option that REST begins with, and goes on behind it. Returns false at their end. */
static bool rest_option(struct rest *rest, u16 *code, struct rest *value)
{
    if (rest->bytes < OPTION_HEAD)
        return false;
    *code = half_at(rest->at, rest->is_swapped);
    *value = (struct rest){rest->at + OPTION_HEAD, half_at(rest->at + 2, rest->is_swapped),
                           rest->is_swapped};
    rest_skip(rest, OPTION_HEAD);
    if (!*code || padded(value->bytes) > rest->bytes)
        return false;
    rest_skip(rest, padded(value->bytes));
    return true;
}

static int is_cut(struct why *why)
{
    return why_set(why, -EIO, "truncated in the middle of a block");
}

static int is_wrong(struct why *why, const char *what)
{
    return why_set(why, -EIO, "%s", what);
}

/* Reads BYTES. Returns 1, 0 if the file ends before the first of them, or -EIO. */
static int take(struct recording *recording, void *to, size_t bytes, struct why *why)
{
    size_t got = fread(to, 1, bytes, recording->file);

    if (got == bytes)
        return 1;
    if (ferror(recording->file))
        return why_set(why, -EIO, "%s", strerror(errno));
    return got ? is_cut(why) : 0;
}

static int make_room(struct recording *recording, size_t bytes, struct why *why)
{
    if (bytes <= recording->body_capacity)
        return 0;
    u8 *grown = realloc(recording->body, bytes);
    if (!grown)
        return why_set(why, -ENOMEM, "out of memory");
    recording->body = grown;
    recording->body_capacity = bytes;
    return 0;
}

/* Begins a section, whose byte order MAGIC_BYTES tell. */
static int begin(struct recording *recording, const u8 *magic_bytes, struct why *why)
{
    recording->is_swapped = word_at(magic_bytes, false) != MAGIC;
    if (word_at(magic_bytes, recording->is_swapped) != MAGIC)
        return is_wrong(why, "a section is in neither byte order");
    recording->is_begun = true;
    recording->count = 0;
    return 0;
}

/* Reads what follows the first eight bytes of a block, HEAD. A section says what its own length
 * means, so that its beginning is read first. */
static int read_body(struct recording *recording, const u8 *head, u32 type, struct rest *body,
                     struct why *why)
{
    u8 magic[4];
    u32 done = 0;
    int result = 1;

    if (type == SECTION_HEADER) {
        result = take(recording, magic, sizeof(magic), why);
        done = sizeof(magic);
        if (result > 0 && begin(recording, magic, why))
            return -EIO;
    }
    if (result <= 0)
        return result < 0 ? result : is_cut(why);
    u32 length = word_at(head + 4, recording->is_swapped);
    if (length < FRAME_BYTES + done || length > RECORDING_BLOCK_BYTES || length & 3)
        return is_wrong(why, "a block has an impossible length");
    u32 bytes = length - FRAME_BYTES - done;
    int error = make_room(recording, bytes + 4, why);
    if (error)
        return error;
    result = take(recording, recording->body, bytes + 4, why);
    if (result <= 0)
        return result < 0 ? result : is_cut(why);
    if (word_at(recording->body + bytes, recording->is_swapped) != length)
        return is_wrong(why, "a block's lengths differ");
    *body = (struct rest){recording->body, bytes, recording->is_swapped};
    return 1;
}

/* Reads the next block. Returns 1, 0 at the end, or -EIO or -ENOMEM. */
static int read_block(struct recording *recording, u32 *type, struct rest *body, struct why *why)
{
    u8 head[8];
    int result = take(recording, head, sizeof(head), why);

    if (result <= 0)
        return result;
    *type = word_at(head, recording->is_swapped);
    if (!recording->is_begun && *type != SECTION_HEADER)
        return is_wrong(why, "it does not begin with a section");
    return read_body(recording, head, *type, body, why);
}

static void take_option(struct source *source, u16 code, const struct rest *value)
{
    if (code == OPTION_NAME) {
        size_t bytes =
            value->bytes < RECORDING_NAME_BYTES ? value->bytes : RECORDING_NAME_BYTES - 1;
        memcpy(source->name, value->at, bytes);
        source->name[bytes] = '\0';
    } else if (code == OPTION_RESOLUTION && value->bytes == 1) {
        source->resolution = *value->at;
    } else if (code == OPTION_OFFSET && value->bytes == sizeof(u64)) {
        source->offset_s = (s64)long_at(value->at, value->is_swapped);
    }
}

static int add_source(struct recording *recording, struct rest body, struct why *why)
{
    struct rest value;
    u16 code;

    if (body.bytes < INTERFACE_HEAD)
        return is_wrong(why, "the description of an interface is too short");
    if (recording->count == RECORDING_INTERFACES_MAX)
        return is_wrong(why, "too many interfaces");
    void *grown = array_grow(recording->sources, recording->count, &recording->capacity,
                             sizeof(*recording->sources));
    if (!grown)
        return why_set(why, -ENOMEM, "out of memory");
    recording->sources = grown;
    struct source *source = &recording->sources[recording->count++];
    *source = (struct source){.link_type = half_at(body.at, body.is_swapped),
                              .snapshot_bytes = word_at(body.at + 4, body.is_swapped),
                              .resolution = MICROSECONDS};
    rest_skip(&body, INTERFACE_HEAD);
    while (rest_option(&body, &code, &value))
        take_option(source, code, &value);
    return 0;
}

/* Times that 64 bits of ns cannot hold become the nearest that they can. */
static u64 time_of(const struct source *source, u64 units)
{
    unsigned int digits = source->resolution & (IN_BITS - 1);
    u128 ns = (u128)units * SECOND_NS;

    if (source->resolution & IN_BITS)
        ns >>= digits;
    else
        for (unsigned int i = 0; i < digits && ns; i++)
            ns /= 10;
    u128 offset =
        (u128)(source->offset_s < 0 ? -(u64)source->offset_s : (u64)source->offset_s) * SECOND_NS;
    if (source->offset_s < 0)
        ns = offset < ns ? ns - offset : 0;
    else
        ns += offset;
    return ns < UINT64_MAX ? (u64)ns : UINT64_MAX;
}

/* Takes CAPTURED bytes of a packet, LENGTH long, out of BODY. */
static int take_packet(struct rest *body, u32 captured, u32 length, struct recorded *recorded,
                       struct why *why)
{
    if (captured > body->bytes)
        return is_wrong(why, "a packet is longer than its block");
    recorded->packet = (struct captured){
        .data = body->at, .bytes = captured < length ? captured : length, .length = length};
    rest_skip(body, padded(captured) < body->bytes ? padded(captured) : body->bytes);
    return 1;
}

static enum heading heading_of(struct rest options)
{
    struct rest value;
    u16 code;

    while (rest_option(&options, &code, &value)) {
        if (code != OPTION_FLAGS || value.bytes != sizeof(u32))
            continue;
        u32 way = word_at(value.at, value.is_swapped) & FLAGS_WAY;
        if (way == FLAG_IN || way == FLAG_OUT)
            return way == FLAG_IN ? HEADING_IN : HEADING_OUT;
    }
    return HEADING_UNKNOWN;
}

/* Fills in what the interface NUMBER says of a packet. */
static const struct source *find_source(const struct recording *recording, u32 number,
                                        struct recorded *recorded, struct why *why)
{
    if (number >= recording->count) {
        is_wrong(why, "a packet is of an interface that is not described");
        return NULL;
    }
    const struct source *source = &recording->sources[number];
    *recorded = (struct recorded){.link_type = source->link_type,
                                  .is_swapped = recording->is_swapped,
                                  .heading = HEADING_UNKNOWN,
                                  .interface = source->name};
    return source;
}

/* Enhanced packets, and the older form, whose first word is two halves. */
static int read_packet(struct recording *recording, u32 type, struct rest body,
                       struct recorded *recorded, struct why *why)
{
    if (body.bytes < PACKET_HEAD)
        return is_wrong(why, "a packet's block is too short");
    u32 number =
        type == OLD_PACKET ? half_at(body.at, body.is_swapped) : word_at(body.at, body.is_swapped);
    u64 units =
        (u64)word_at(body.at + 4, body.is_swapped) << 32 | word_at(body.at + 8, body.is_swapped);
    u32 captured = word_at(body.at + 12, body.is_swapped);
    u32 length = word_at(body.at + 16, body.is_swapped);
    const struct source *source = find_source(recording, number, recorded, why);

    if (!source)
        return -EIO;
    recorded->time_ns = recording->last_ns = time_of(source, units);
    rest_skip(&body, PACKET_HEAD);
    int result = take_packet(&body, captured, length, recorded, why);
    if (result > 0)
        recorded->heading = heading_of(body);
    return result;
}

/* It has no time: that of the packet before it is as good as any. */
static int read_simple(const struct recording *recording, struct rest body,
                       struct recorded *recorded, struct why *why)
{
    if (body.bytes < sizeof(u32))
        return is_wrong(why, "a packet's block is too short");
    u32 length = word_at(body.at, body.is_swapped), captured = length;
    const struct source *source = find_source(recording, 0, recorded, why);

    if (!source)
        return -EIO;
    if (source->snapshot_bytes && captured > source->snapshot_bytes)
        captured = source->snapshot_bytes;
    recorded->time_ns = recording->last_ns;
    rest_skip(&body, sizeof(u32));
    return take_packet(&body, captured, length, recorded, why);
}

int recording_next(struct recording *recording, struct recorded *recorded, struct why *why)
{
    struct rest body;
    u32 type;
    int result;

    while ((result = read_block(recording, &type, &body, why)) > 0) {
        if (type == INTERFACE)
            result = add_source(recording, body, why);
        else if (type == ENHANCED_PACKET || type == OLD_PACKET)
            return read_packet(recording, type, body, recorded, why);
        else if (type == SIMPLE_PACKET)
            return read_simple(recording, body, recorded, why);
        if (result < 0)
            return result;
    }
    return result;
}
