/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "status_page.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <nettle/base64.h>
#include <nettle/sha2.h>

#include "../base/memory.h"

/* Made by the build, of the files in status_page/. */
extern const char status_page_html[], status_page_style[], status_page_script[];

#define STYLE_MARK  "@style@"
#define SCRIPT_MARK "@script@"
#define HASH_BYTES  (BASE64_ENCODE_RAW_LENGTH(SHA256_DIGEST_SIZE) + 1)

static void hash(const char *text, char encoded[HASH_BYTES])
{
    struct sha256_ctx context;
    uint8_t digest[SHA256_DIGEST_SIZE];

    sha256_init(&context);
    sha256_update(&context, strlen(text), (const uint8_t *)text);
    sha256_digest(&context, sizeof(digest), digest);
    base64_encode_raw(encoded, sizeof(digest), digest);
    encoded[HASH_BYTES - 1] = 0;
}

/* Scripts and styles are known by their hashes, so that none that is smuggled in does anything. */
static char *make_policy(void)
{
    char style[HASH_BYTES], script[HASH_BYTES], *policy;

    hash(status_page_style, style);
    hash(status_page_script, script);
    int length = asprintf(&policy,
                          "default-src 'none'; connect-src 'self'; img-src data:; "
                          "style-src 'sha256-%s'; script-src 'sha256-%s'; "
                          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
                          style, script);
    return length < 0 ? NULL : policy;
}

/* The next part of the page, up to MARK, and TEXT in its place. Returns what follows. */
static const char *put(FILE *stream, const char *page, const char *mark, const char *text)
{
    const char *end = strstr(page, mark);

    if (!end)
        return page;
    fwrite(page, 1, (size_t)(end - page), stream);
    fputs(text, stream);
    return end + strlen(mark);
}

int status_page_make(struct status_page *page)
{
    struct status_page made = {0};
    FILE *stream = open_memstream(&made.text, &made.length);

    if (!stream)
        return -ENOMEM;
    const char *rest = put(stream, status_page_html, STYLE_MARK, status_page_style);
    rest = put(stream, rest, SCRIPT_MARK, status_page_script);
    fputs(rest, stream);
    bool failed = ferror(stream);
    failed |= fclose(stream) != 0;
    made.policy = failed ? NULL : make_policy();
    if (!made.policy) {
        free(made.text);
        return -ENOMEM;
    }
    *page = made;
    return 0;
}
