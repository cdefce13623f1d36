# SPDX-License-Identifier: GPL-2.0-or-later
"""How long whole commands take, and how much memory a policy takes."""

import json
import pathlib
import statistics

import policies
import tap
from lane import BPFFS, EDGEXDP, BUILD, Lane
from sandbox import run

TIMED = pathlib.Path(__file__).with_name("timed.py")
RULES, PREFIXES = 10000, 1000000
MIB = 1 << 20
SWAPS = 1000


def _timed(lane, *command):
    said = lane.namespace.run("/usr/bin/python3", "-B", TIMED, *command)
    return json.loads(said.splitlines()[-1])


def _median(name, runs, limit):
    return {"name": name, "unit": "s", "limit": limit,
            "value": round(statistics.median(r["wall_s"] for r in runs), 3),
            "least": round(min(r["wall_s"] for r in runs), 3),
            "cpu": round(statistics.median(r["cpu_s"] for r in runs), 3),
            "peak_mib": round(max(r["peak_mib"] for r in runs), 1)}


def _memory(fd_or_path):
    return json.loads(run("bpftool", "-j", "map", "show", "pinned", fd_or_path))["bytes_memlock"]


def _tables(lane):
    """Kernel memory in MiB: of the generation in force, and of everything that the interface
    has."""
    pins = BPFFS / "edgexdp" / lane.inside
    sizes = {pin.name: _memory(pin) for pin in pins.iterdir() if not pin.name.startswith("link_")}
    tables = [size for name, size in sizes.items() if name.startswith("tables_")]
    return max(tables) / MIB, sum(sizes.values()) / MIB


def _attach_and_reload(lane, paths, what, limit, rounds):
    """Measure attach and reload, in turns, on policies as large as the first."""
    attaches, reloads = [], []
    for _ in range(rounds):
        attaches.append(_timed(lane, EDGEXDP, "attach", "--mode", "native", lane.inside, paths[0]))
        for path in (paths[1], paths[0]):
            reloads.append(_timed(lane, EDGEXDP, "reload", lane.inside, path))
        memory = _tables(lane)
        lane.namespace.run(EDGEXDP, "detach", lane.inside)
    return [_median(f"attach, {what}", attaches, limit),
            _median(f"reload, {what}", reloads, limit)], memory


def _swap(path):
    """Nanoseconds of one swap between two generations of PATH, without loading them."""
    said = run(BUILD / "benchmark", "--swaps", str(SWAPS), path)
    return json.loads(said)["swap_ns"]


def measure(stand, rounds):
    lane = Lane(stand.sandbox)
    text = policies.rules_policy(RULES)
    paths = [stand.file(f"rules-{RULES}.ini", text),
             stand.file("rules-edited.ini", policies.edited(text, RULES // 2))]
    tap.comment(f"commands: {RULES:,} rules")
    found, _ = _attach_and_reload(lane, paths, f"{RULES:,} rules", 0.5, rounds)
    listed, _ = stand.members(32, PREFIXES)
    text = policies.set_policy(listed)
    paths = [stand.file("set-commands.ini", text),
             stand.file("set-edited.ini", policies.edited(text, 1))]
    tap.comment(f"commands: {PREFIXES:,} prefixes")
    large, (tables, everything) = _attach_and_reload(lane, paths, f"{PREFIXES:,} prefixes", 1.0,
                                                     rounds)
    peak = max(result["peak_mib"] for result in large)
    return found + large + [
        {"name": f"{PREFIXES:,} prefixes in the kernel", "unit": "MiB", "limit": 32,
         "value": round(tables, 1)},
        {"name": "all that the interface has there, with the policy before", "unit": "MiB",
         "limit": None, "value": round(everything, 1)},
        {"name": f"the command's peak, {PREFIXES:,} prefixes", "unit": "MiB", "limit": 256,
         "value": peak},
        {"name": "the swap itself", "unit": "ms", "limit": 1.0,
         "value": round(_swap(paths[0]) / 1e6, 6)}]
