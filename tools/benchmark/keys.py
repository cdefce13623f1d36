# SPDX-License-Identifier: GPL-2.0-or-later
"""What it costs that a rule also asks for fields besides addresses and ports: the same accepted packet, and the
same rule with three keys more."""

import cases
from cases import Traffic
from policies import HERE

PORT = 5000
LIMIT = 0.15  # times the empty program, on top of the same rule without them
SPOOFED = ("--sources", 1 << 16, "--source-ports", 64000)
# Keys that hold for every packet of the traffic, but not for every packet that there is.
KEYS = {
    "udp": ("", "  ttl 2-255  length 20-1400  dscp 0-62"),
    "tcp": ("", "  ttl 2-255  length 20-1400  tcp-flags syn+!ack"),
}


def add(stand):
    for protocol, variants in KEYS.items():
        traffic = Traffic(f"accepted {protocol.upper()}",
                          f"in {protocol} 64.0.0.0:1024 > {HERE}:{PORT}{' syn' if protocol == 'tcp' else ''}",
                          SPOOFED, accepted=True)
        alone = f"accepted {protocol.upper()}, ports alone"
        for keys in variants:
            text = f"[policy]\nname = keys\n[rules]\nserve = accept in {protocol} > :{PORT}{keys}\n"
            guarded = stand.guard(stand.file(f"keys-{protocol}{len(keys)}.ini", text))
            stand.add("edgexdp", f"accepted {protocol.upper()}, three keys more" if keys else alone,
                      cases.asked_guard(stand, guarded), traffic, counted=cases.counted(guarded, "serve"),
                      **({"beside": alone, "limit": LIMIT} if keys else {}))
