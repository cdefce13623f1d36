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

/* Do the types of the module have the functions? They are told apart from those of the kernel. */
static int module_tracks(bool *tracks)
{
    struct btf *kernel = btf__load_vmlinux_btf(), *types;
    long error = libbpf_get_error(kernel);

    if (error)
        return (int)error;
    types = btf__load_module_btf(TRACKING_MODULE, kernel);
    error = libbpf_get_error(types);
    if (!error) {
        *tracks = kernel_types_track(types);
        btf__free(types);
    }
    btf__free(kernel);
    return (int)error;
}

static const char *look_at_module(void)
{
    bool tracks = false;
    u32 id = 0;

    if (access(TRACKING_TYPES, R_OK))
        return "the kernel tracks no connections: its module " TRACKING_MODULE
               " is not loaded, or publishes no types";
    if (module_tracks(&tracks))
        return "the types of the module " TRACKING_MODULE " cannot be read";
    if (!tracks)
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
    const struct kernel_types *kernel = kernel_types_read();

    if (!kernel->are_published)
        return "the kernel publishes no types (CONFIG_DEBUG_INFO_BTF)";
    return kernel->track ? NULL : look_at_module();
}
