/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sift.h"

#include "../base/memory.h"
#include "../kernel/interface.h"
#include "../lockout/lockout.h"
#include "../netlink/addresses.h"

#include <errno.h>

/* How many parts are asked about. Each costs a compilation and a question for open sessions. */
#define QUESTIONS_MAX 512

struct sieve {
    const char *interface;
    struct host *host;
    void (*refuse)(void *context, const char *name, const char *reason);
    void *context;
    int questions, refused;
};

/* Returns 0 if PART can be in force, or -errno with WHY. */
static int ask(struct sieve *sieve, const struct blocks *part, struct why *why)
{
    struct image *image = NULL;
    struct diag *diag = diag_new();
    int error = diag ? blocks_compile_list(part, sieve->host, &image, diag) : -ENOMEM;

    if (error == -EINVAL || error == -E2BIG) {
        snprintf(why->text, sizeof(why->text), "it cannot be compiled");
        diag_first(diag, SEVERITY_ERROR, why->text, sizeof(why->text));
    }
    diag_free(diag);
    if (!error)
        error = lockout_check_blocks(image->header, blocks_name, part, sieve->interface, why);
    image_free(image);
    sieve->questions++;
    return error;
}

static int sift_part(struct sieve *sieve, const struct blocks *blocks, size_t first, size_t count)
{
    const struct blocks part = {.list = blocks->list + first, .count = count};
    struct why why = {0};
    int error = count ? ask(sieve, &part, &why) : 0;

    if (!error || error == -ENOMEM)
        return error;
    if (count == 1 || sieve->questions > QUESTIONS_MAX) {
        for (size_t i = 0; i < count; i++)
            sieve->refuse(sieve->context, part.list[i].name, why.text);
        sieve->refused += (int)count;
        return 0;
    }
    error = sift_part(sieve, blocks, first, count / 2);
    return error ? error : sift_part(sieve, blocks, first + count / 2, count - count / 2);
}

int sift(const struct blocks *blocks, const char *interface,
         void (*refuse)(void *context, const char *name, const char *reason), void *context)
{
    char name[INTERFACE_NAME_BYTES];
    CLEANUP(host_freep) struct host *host = NULL;
    struct sieve sieve = {.interface = name, .refuse = refuse, .context = context};
    int error = addresses_ask(interface, &host);

    sieve.host = host;
    interface_canonical(interface, name);
    if (!error)
        error = sift_part(&sieve, blocks, 0, blocks->count);
    return error ? error : sieve.refused;
}
