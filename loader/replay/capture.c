/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>

#include <edgexdp/abi.h>

#include "../base/memory.h"

#define FILE_BUFFER_BYTES (1 << 20)

struct capture {
    pcap_t *pcap;
    const char *name; /* of the file, for messages */
    const struct link_type *link;
    u8 buffer[LINK_FRAME_BYTES];
};

static void close_filep(FILE **file)
{
    if (*file && *file != stdin)
        fclose(*file);
}

void capture_close(struct capture *capture)
{
    if (!capture)
        return;
    if (capture->pcap)
        pcap_close(capture->pcap);
    free(capture);
}

void capture_closep(struct capture **capture)
{
    capture_close(*capture);
}

static int find_link(struct capture *capture, struct why *why)
{
    int dlt = pcap_datalink(capture->pcap);
    const char *name = pcap_datalink_val_to_name(dlt);

    capture->link = link_find(dlt);
    if (capture->link)
        return 0;
    return why_set(why, -EPROTONOSUPPORT,
                   "%s: its link type, %d (%s), cannot be read; those that can are " LINKS_TEXT,
                   capture->name, dlt, name ? name : "unknown");
}

int capture_open(const char *path, struct capture **capture, struct why *why)
{
    bool from_stdin = !strcmp(path, "-");
    CLEANUP(close_filep) FILE *file = from_stdin ? stdin : fopen(path, "rbe");
    CLEANUP(capture_closep) struct capture *made = calloc(1, sizeof(*made));
    char fault[PCAP_ERRBUF_SIZE] = "";

    if (!made)
        return why_set(why, -ENOMEM, "out of memory");
    if (!file)
        return why_set(why, -errno, "cannot read %s: %s", path, strerror(errno));
    setvbuf(file, NULL, _IOFBF, FILE_BUFFER_BYTES);
    made->name = from_stdin ? "stdin" : path;
    made->pcap = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, fault);
    if (!made->pcap)
        return why_set(
            why, -EINVAL, "%s is not a capture in pcap or pcapng format: %s%s", made->name, fault,
            strstr(fault, "unknown file format")
                ? " (if it is compressed, unpack it into a pipe and write - for its name)"
                : "");
    file = NULL; /* pcap owns it now */
    int error = find_link(made, why);
    if (!error)
        *capture = TAKE_PTR(made);
    return error;
}

const struct link_type *capture_link(const struct capture *capture)
{
    return capture->link;
}

/* A pcap file counts seconds in 32 unsigned bits, but libpcap reads them as signed: from 2038 on
 * they are negative. A pcapng may hold any time; times beyond 64 bits of ns become UINT64_MAX. */
static u64 time_of(const struct timeval *time)
{
    u64 seconds = time->tv_sec < 0 ? (u32)time->tv_sec : (u64)time->tv_sec;

    if (seconds >= UINT64_MAX / SECOND_NS)
        return UINT64_MAX;
    return seconds * SECOND_NS + (u64)time->tv_usec; /* tv_usec holds ns here */
}

/* libpcap assumes that a pcapng has one interface, and gives up at a second one of another kind. */
static const char *way_out(const char *fault)
{
    if (strstr(fault, "different from the snapshot length"))
        return "; make a pcap of it: tshark -r FILE -F pcap -w - | edgexdp replay ... -";
    if (strstr(fault, "different from the type"))
        return "; take one interface out of it: tshark -r FILE -Y 'frame.interface_id == 0' -w "
               "ONE, "
               "then editcap -F pcap -T ether ONE PCAP";
    return "";
}

int capture_next(struct capture *capture, struct capture_frame *frame, struct why *why)
{
    struct pcap_pkthdr *header;
    const u_char *data;
    int result = pcap_next_ex(capture->pcap, &header, &data);

    if (result == PCAP_ERROR_BREAK)
        return 0;
    if (result != 1)
        return why_set(why, -EIO, "%s cannot be read to its end: %s%s", capture->name,
                       pcap_geterr(capture->pcap), way_out(pcap_geterr(capture->pcap)));
    struct captured packet = {.data = data, .bytes = header->caplen, .length = header->len};
    if (packet.bytes > packet.length)
        packet.bytes = packet.length;
    frame->time_ns = time_of(&header->ts);
    frame->heading = link_frame(capture->link, &packet, capture->buffer, &frame->frame);
    return 1;
}
