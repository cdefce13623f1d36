# SPDX-License-Identifier: GPL-2.0-or-later
"""What bans cost everybody else: the same cases with bans, compared with those without."""

import ipaddress
import json
import subprocess

import cases
import policies
import prefixes
import tap
from lane import EDGEXDP
from sandbox import Failure

LIMITS = {1000: 0.4, 100000: 1.0}  # times the empty program, on top of the cost without bans
SET = 100000


def _exist():
    asked = subprocess.run([EDGEXDP, "help", "bans"], capture_output=True, check=False)
    return asked.returncode == 0


def _ban(stand, lane, banned):
    path = stand.file(f"banned-{len(banned)}.txt", "".join(
        f"{ipaddress.IPv4Address(address)}\n" for address, _ in banned))
    lane.namespace.run(EDGEXDP, "ban", lane.inside, f"@{path}")
    there = json.loads(lane.namespace.run(EDGEXDP, "status", "--json", lane.inside))[0]["bans"]
    if there != len(banned):
        raise Failure(f"{there} bans instead of {len(banned)}")


def add(stand):
    if not _exist():
        tap.comment("bans: this edgexdp has no command `bans`: skipped")
        return
    listed, members = stand.members(32, SET)
    policy = stand.file("bans-set.ini", policies.set_policy(listed))
    beside = ((cases.SHIPPED, "unlisted ports, TCP SYN", cases.UNLISTED_SYN, "default"),
              (policy, prefixes.named(32, SET), members, "listed"))
    for path, name, traffic, where in beside:
        lane = stand.guard(path)
        stand.add("edgexdp", f"{name}, no bans", lane, traffic, counted=cases.counted(lane, where))
        for count, limit in LIMITS.items():
            lane = stand.guard(path)
            _ban(stand, lane, prefixes.addresses4(count))
            stand.add("edgexdp", f"{name}, {count:,} bans", lane, traffic, size=count,
                      beside=f"{name}, no bans", limit=limit, counted=cases.counted(lane, where))
    banned = prefixes.addresses4(max(LIMITS))
    stand.add("edgexdp", f"from {len(banned):,} banned addresses", lane,
              stand.traffic(banned, 32), size=len(banned), counted=cases.counted(lane, "banned"))
