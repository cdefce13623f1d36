/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy itself, in a chain that no packet comes to, so that import gives it back. */
#include "nft.h"

#include <errno.h>
#include <string.h>

#include "../base/memory.h"
#include "../policy/carried.h"
#include "../policy/host.h"

static void carry(const struct nft *nft, enum carried kind, const char *text, size_t length)
{
    carried_write(kind, text, length, "\t\tcontinue comment \"", "\"\n", nft->out);
}

int nft_carried_chain(const struct nft *nft)
{
    const struct nft_carried *carried = nft->carried;
    const struct host *words = carried ? carried->policy->host : NULL;
    CLEANUP_FREE char *host = words ? host_print(words) : NULL;

    if (!carried)
        return 0;
    if (words && !host)
        return -ENOMEM;
    fputs("\n\t# The policy that this ruleset was made of: no packet comes here, and edgexdp "
          "import\n\t# reads it back.\n\tchain " CARRIED_CHAIN " {\n",
          nft->out);
    carry(nft, CARRIED_POLICY, carried->source->text, carried->source->length);
    if (host)
        carry(nft, CARRIED_HOST, host, strlen(host));
    if (carried->interface)
        carry(nft, CARRIED_INTERFACE, carried->interface, strlen(carried->interface));
    fputs("\t}\n", nft->out);
    return 0;
}
