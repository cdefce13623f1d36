# SPDX-License-Identifier: GPL-2.0-or-later
"""What a packet costs, beside other filters, and how long commands take. Run by tools/bench, in mounts
of its own."""

import argparse
import json
import pathlib
import sys

TESTS = pathlib.Path(__file__).resolve().parents[2] / "tests"
sys.path[1:1] = [str(TESTS / "shared"), str(TESTS / "command")]

import bans
import blocks
import cases
import commands
import cores
import floods
import honest
import keys
import limits
import machine
import page
import peers
import picture
import repeated
import report
import sampled
import shared
import strays
import tap
import targets
import zones
from rounds import Rounds
from sandbox import Failure, Sandbox

OUTPUT = pathlib.Path("build/bench.json")
PICTURE, PAGE = pathlib.Path("docs/bench.svg"), pathlib.Path("docs/performance.md")
OURS = {"shipped": cases.add_shipped, "rules": cases.add_rules, "sets": cases.add_sets,
        "flows": cases.add_flows, "bans": bans.add, "blocks": blocks.add, "zones": zones.add, "top": sampled.add,
        "limits": limits.add, "strays": strays.add, "keys": keys.add, "floods": floods.add}
PACKETS = {**OURS, **peers.SYSTEMS, "nft-limits": limits.add_nftables, "hash": limits.add_hash,
           "stack": floods.add_stack, "synproxy": floods.add_synproxy}
OTHERS = {"repeated": lambda _, __: repeated.measure(), "cores": cores.measure, "shared": shared.measure,
          "honest": honest.measure, "commands": commands.measure}
PARTS = [*PACKETS, *OTHERS]


def arguments():
    parser = argparse.ArgumentParser(prog="tools/bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="how often each is measured (9)")
    parser.add_argument("--only", action="append", choices=PARTS, metavar="PART",
                        help="only: " + ", ".join(PARTS))
    parser.add_argument("--again", action="store_true",
                        help=f"measure nothing: what is in {OUTPUT}")
    parser.add_argument("--check", action="store_true",
                        help="without other filters; exit status 1 if a target was missed: "
                        "ratios and sizes, not times")
    parser.add_argument("--write", action="store_true", help=f"write {PICTURE} and {PAGE}")
    return parser.parse_args()


def measure_packets(stand, names, rounds):
    for name in names:
        tap.comment(f"setting up: {name}")
        try:
            PACKETS[name](stand)
        except Failure as failure:
            if name in OURS:
                raise
            tap.comment(f"{name} does not work here, and is left out: {failure}")
    if not stand.cases:
        return {"packets": [], "flatness": []}
    cases.add_baselines(stand)
    turns = Rounds(stand)
    turns.run(rounds)
    return {"packets": turns.results(), "flatness": turns.flatness()}


def measure(wanted, rounds):
    with Sandbox() as sandbox:
        stand = cases.Stand(sandbox)
        results = {"machine": machine.describe(), "rounds": rounds}
        results |= measure_packets(stand, [name for name in PACKETS if name in wanted], rounds)
        for name, part in OTHERS.items():
            if name in wanted:
                tap.comment(name)
            results[name] = part(stand, rounds) if name in wanted else []
    results["machine"]["load_after"] = machine.load()
    OUTPUT.write_text(json.dumps(results, indent=1) + "\n")
    return results


def main():
    asked = arguments()
    wanted = asked.only or ([*OURS, *OTHERS] if asked.check else PARTS)
    results = json.loads(OUTPUT.read_text()) if asked.again else measure(wanted, asked.rounds)
    print(report.text(results))
    if asked.write:
        picture.draw(results, PICTURE)
        page.write(results, PAGE)
    missed = targets.missed(results) if asked.check else []
    print("".join(f"\n{line}" for line in missed))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
