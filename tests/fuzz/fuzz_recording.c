/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a pcapng file: whatever is read of it is within it and within its bounds, and
 * reading ends. What it says that it captured is touched, so that ASan sees where it lies. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "../../loader/replay/recording.h"

static void require(bool is_so)
{
    if (!is_so)
        abort();
}

static unsigned int touched;

static void check(const struct recorded *recorded, size_t size)
{
    require(recorded->packet.bytes <= recorded->packet.length && recorded->packet.bytes <= size);
    require(strlen(recorded->interface) < RECORDING_NAME_BYTES);
    require(recorded->heading <= HEADING_UNKNOWN);
    for (u32 i = 0; i < recorded->packet.bytes; i++)
        touched += recorded->packet.data[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FILE *file = size ? fmemopen((void *)data, size, "rb") : NULL;
    struct recorded recorded;
    struct why why = {0};
    size_t packets = 0;
    int result;

    if (!file)
        return 0;
    struct recording *recording = recording_new(file);
    require(recording != NULL);
    while ((result = recording_next(recording, &recorded, &why)) > 0) {
        check(&recorded, size);
        require(++packets <= size);
    }
    require(!result == !why.text[0]);
    recording_free(recording);
    fclose(file);
    return 0;
}
