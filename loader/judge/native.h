/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The judge of the kernel side, run in user space over an image: for check, explain, replay, tests
 * and fuzzing. The same code decides; only flows live in our own memory.
 */
#ifndef EDGEXDP_NATIVE_H
#define EDGEXDP_NATIVE_H

#include <edgexdp/tables.h>

struct native;

/* A judge over the block that HEADER begins, which must outlive it. Returns NULL when memory is
 * short. */
struct native *native_new(const struct tables_header *header);
void native_free(struct native *native);

/* Forget every flow and fragment. */
void native_reset(struct native *native);

/* Was there ever no memory for a flow or fragment? Then what followed may have been judged wrong.
 */
bool native_is_short(const struct native *native);

/* Call VISIT for every flow remembered. */
void native_each_flow(const struct native *native,
                      void (*visit)(const struct flow_key *key, const struct flow *flow,
                                    void *context),
                      void *context);

/* Judge an Ethernet frame at NOW_NS, remembering flows as the kernel side would. */
struct outcome native_judge(struct native *native, enum direction direction, const void *data,
                            size_t length, u64 now_ns);

#endif
