# SPDX-License-Identifier: GPL-2.0-or-later
"""What blocks cost everybody else: the same cases with the flows that BGP announces during attacks, compared with
those without."""

import json
import subprocess

import announcing
import cases
from lane import EDGEXDP
from policies import HERE
from sandbox import Failure

LIMITS = {100: 0.35, 4000: 0.35}  # times the empty program, on top of the cost without blocks
PACKETS_OF = 200  # flows in a line


def _flows(count):
    """Of three kinds by turns: from one address; from one port of UDP, as amplifiers answer; to one port in a length."""
    for number in range(count):
        if number % 3 == 0:
            yield announcing.flow(HERE + "/32", source_ipv4=[f"100.64.{number // 256}.{number % 256}/32"])
        elif number % 3 == 1:
            yield announcing.flow(HERE + "/32", "udp", source_port=[f"={10000 + number}"])
        else:
            yield announcing.flow(HERE + "/32", "udp", destination_port=[f"={20000 + number}"],
                                  packet_length=[f">={100 + number % 50}"])


def _block(lane, count):
    flows = list(_flows(count))
    lines = [announcing.announce(*flows[at:at + PACKETS_OF]) for at in range(0, count, PACKETS_OF)]
    command = lane.namespace.command(EDGEXDP, "flowspec", "--for", "any", "--max", count, "--hold", "1d", lane.inside)
    done = subprocess.run(command, input="\n".join(lines) + "\n", text=True, capture_output=True, check=False)
    there = json.loads(lane.namespace.run(EDGEXDP, "status", "--json", lane.inside))[0]["blocks"]
    if there != count:
        raise Failure(f"{there} blocks instead of {count}: {done.stderr}")


def add(stand):
    traffic, where = cases.UNLISTED_SYN, "default"
    name = "unlisted ports, TCP SYN"
    lane = stand.guard(cases.SHIPPED)
    stand.add("edgexdp", f"{name}, no blocks", lane, traffic, counted=cases.counted(lane, where))
    for count, limit in LIMITS.items():
        lane = stand.guard(cases.SHIPPED)
        _block(lane, count)
        stand.add("edgexdp", f"{name}, {count:,} blocks", lane, traffic, size=count, beside=f"{name}, no blocks",
                  limit=limit, counted=cases.counted(lane, where))
