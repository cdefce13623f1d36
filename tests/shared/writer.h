/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inside of wire_read(): what the writers of single headers use. */
#ifndef EDGEXDP_TEST_WRITER_H
#define EDGEXDP_TEST_WRITER_H

#include "wire.h"

/* Where to put a length once the end is known. */
struct fixup {
    size_t field;
    size_t counted_from;
};

struct writer {
    const char *text; /* whole, for messages */
    char *words;      /* the unread part */
    struct wire *wire;
    size_t length;
    size_t next_field; /* where to put the next header's number; 0: nowhere */
    bool next_is_wide; /* two bytes: an EtherType */
    struct fixup fixups[6];
    size_t fixup_count;
    size_t quoted_from; /* fixups from here on belong to the packet that an ICMP error quotes */
    size_t end;         /* set by `pad` or `cut`; 0: not set */
    size_t least;       /* the packet goes on up to here */
};

struct layer {
    const char *name;
    void (*write)(struct writer *writer, unsigned int number);
    unsigned int number;
    bool afterwards; /* not counted in lengths */
};

/* The header called NAME, or NULL. */
const struct layer *layer_find(const char *name);

_Noreturn void give_up(const struct writer *writer, const char *what);

/* The next word of this header; word() returns NULL at its end. */
char *word(struct writer *writer);
char *need(struct writer *writer);
unsigned int number(struct writer *writer);

/* Append SIZE zero bytes to the frame. */
u8 *append(struct writer *writer, size_t size);
void put16(u8 *at, unsigned int value);

/* A header with that number begins: store VALUE in the previous header. */
void announce(struct writer *writer, unsigned int value);

/* FIELD is where the next header's number goes. */
void expect_next(struct writer *writer, const u8 *field, bool is_wide);

/* FIELD will hold the length of everything from COUNTED_FROM on. */
void fix_length(struct writer *writer, const u8 *field, size_t counted_from);

/* The end is here for the fixups from FIRST on. */
void finish_lengths(struct writer *writer, size_t first);

#endif
