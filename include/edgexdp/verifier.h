/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Code written for the kernel's verifier; it costs user space nothing. */
#ifndef EDGEXDP_VERIFIER_H
#define EDGEXDP_VERIFIER_H

#include "types.h"

/* VALUE & MASK, by an AND that really is in the program. Use it wherever the verifier needs a
 * bound: the compiler leaves out a mask that it can prove needless, for instance by looking into a
 * function that is WALKED_ONCE, and the verifier cannot follow that proof. */
INLINE u32 bounded(u32 value, u32 mask)
{
    OPAQUE(value);
    return value & mask;
}

/* 0, but the verifier does not know that; the includer supplies it. */
static u32 unknown_zero(void);

/* VALUE, which is at most MASK. The verifier forgets everything else it knows about it: where many
 * paths through the code meet again, it then walks on once, not once for every path. */
INLINE u32 forget(u32 value, u32 mask)
{
    return (value + unknown_zero()) & mask;
}

#endif
