# SPDX-License-Identifier: GPL-2.0-or-later
"""TCP segments that belong to no connection, from forged sources to a port where somebody listens: what they cost where
`tcp-state = socket` drops them."""

import cases
from cases import SPOOFED, Traffic
from lane import Lane
from policies import HERE

PORT = 443
KINDS = {"ACK": "ack", "SYN-ACK": "syn-ack", "RST": "rst"}
LIMIT = 7.0  # times the empty program: to find no socket, the kernel looks in two tables
POLICY = f"[policy]\nname = strays\n[baseline]\ntcp-state = socket\n[rules]\nweb = accept in tcp > self:{PORT}\n"
LISTEN = ("import socket, time; s = socket.socket(); s.bind(('', {})); s.listen(); time.sleep(1e6)")


def host(stand):
    """A lane whose inside is a host with a listener."""
    lane = Lane(stand.sandbox)
    lane.namespace.run("ip", "addr", "add", f"{HERE}/32", "dev", lane.inside)
    stand.sandbox.start(lane.namespace, f"listener-{lane.inside}", "python3", "-c", LISTEN.format(PORT))
    return lane


def _traffic(flags):
    return Traffic(f"computed, {flags}", f"in tcp 64.0.0.0:1024 > {HERE}:{PORT} {flags}", SPOOFED)


def add(stand):
    for kind, flags in KINDS.items():
        lane = host(stand)
        lane.guard(stand.file("strays.ini", POLICY))
        stand.add("edgexdp", f"forged {kind}, to an open port", lane, _traffic(flags), limit=LIMIT,
                  counted=cases.counted(lane, "no-connection"))
