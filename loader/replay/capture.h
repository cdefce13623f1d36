/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a file of packets as frames, with their time and direction. Only this module knows
 * libpcap, which reads pcap; pcapng has a reader of its own (recording.h). */
#ifndef EDGEXDP_REPLAY_CAPTURE_H
#define EDGEXDP_REPLAY_CAPTURE_H

#include "../base/why.h"
#include "link.h"

struct capture;

struct capture_frame {
    u64 time_ns; /* CLOCK_REALTIME of the capturing host */
    enum heading heading;
    bool tells_heading;    /* a heading that is unknown all the same is neither */
    const char *interface; /* where it was captured, valid as FRAME is; "": not said */
    struct captured frame; /* valid until the next one is read */
};

/* Open the file PATH, pcap or pcapng; "-" reads stdin. *capture is set only on success. Returns 0,
 * or -errno with WHY. */
int capture_open(const char *path, struct capture **capture, struct why *why);
void capture_close(struct capture *capture);
void capture_closep(struct capture **capture);

/* Returns whether the capture can say on which interface a packet was captured. */
bool capture_has_interfaces(const struct capture *capture);

/* What it is called in messages. */
const char *capture_name(const struct capture *capture);

/* Read the next frame. Returns 1, 0 at the end, or -errno with WHY when the rest cannot be read. */
int capture_next(struct capture *capture, struct capture_frame *frame, struct why *why);

#endif
