# SPDX-License-Identifier: GPL-2.0-or-later
"""What packets cost while `edgexdp top` takes samples of them, compared with the same ones without it."""

import json

import cases
from lane import EDGEXDP
from sandbox import run, until

LIMIT = 0.2  # times the empty program, on top of the cost without it


def _is_sampled(lane):
    shown = run("bpftool", "-j", "map", "dump", "pinned", f"/sys/fs/bpf/edgexdp/{lane.inside}/listening")
    return json.loads(shown)[0]["formatted"]["value"][".data.listening"][0]["listening"]["hears"]


def add(stand):
    for name, traffic, asked in (("unlisted ports, TCP SYN", cases.UNLISTED_SYN, False),
                                 ("accepted SIP", cases.SIP, True)):
        counted = "F0-sip-federation-in" if asked else "default"
        for what in ("no top", "with top"):
            guarded = stand.guard(cases.SHIPPED)
            lane = cases.asked_guard(stand, guarded) if asked else guarded
            if what == "with top":
                stand.sandbox.start(guarded.namespace, "top", EDGEXDP.resolve(), "top", "--json",
                                    guarded.inside)
                until(lambda lane=guarded: _is_sampled(lane), "top to take samples")
            stand.add("edgexdp", f"{name}, {what}", lane, traffic,
                      counted=cases.counted(guarded, counted),
                      **({"beside": f"{name}, no top", "limit": LIMIT} if what == "with top" else {}))
