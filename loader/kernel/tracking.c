/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Can programs ask what the kernel tracks? Connection tracking may be a module, and the functions
 * to ask are found by the types that the kernel and its modules publish. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <unistd.h>

#include "guard.h"

#define TRACKING_MODULE "nf_conntrack"
#define TRACKING_TYPES  "/sys/kernel/btf/" TRACKING_MODULE

/* For both ways in, so that what is said does not depend on the interface. */
static bool has_functions(const struct btf *types)
{
    return btf__find_by_name_kind(types, "bpf_xdp_ct_lookup", BTF_KIND_FUNC) > 0 &&
           btf__find_by_name_kind(types, "bpf_skb_ct_lookup", BTF_KIND_FUNC) > 0 &&
           btf__find_by_name_kind(types, "bpf_ct_release", BTF_KIND_FUNC) > 0;
}

static const char *look_at_module(struct btf *kernel)
{
    struct btf *types;
    u32 id = 0;
    bool has;

    if (access(TRACKING_TYPES, R_OK))
        return "the kernel tracks no connections: its module " TRACKING_MODULE
               " is not loaded, or publishes no types";
    types = btf__load_module_btf(TRACKING_MODULE, kernel);
    if (libbpf_get_error(types))
        return "the types of the module " TRACKING_MODULE " cannot be read";
    has = has_functions(types);
    btf__free(types);
    if (!has)
        return "this kernel lets no program ask: Linux 5.18 or newer does, with "
               "CONFIG_DEBUG_INFO_BTF_MODULES";
    /* libbpf walks over all types to find those of a module. */
    if (bpf_btf_get_next_id(0, &id) == -EPERM)
        return "the functions are in the module " TRACKING_MODULE
               ", and to find them takes CAP_SYS_ADMIN";
    return NULL;
}

const char *tracking_missing(void)
{
    struct btf *kernel = btf__load_vmlinux_btf();
    const char *missing;

    if (libbpf_get_error(kernel))
        return "the kernel publishes no types (CONFIG_DEBUG_INFO_BTF)";
    missing = has_functions(kernel) ? NULL : look_at_module(kernel);
    btf__free(kernel);
    return missing;
}
