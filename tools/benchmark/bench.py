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
import cases
import commands
import cores
import machine
import peers
import repeated
import report
import tap
from rounds import Rounds
from sandbox import Sandbox

OUTPUT = pathlib.Path("build/bench.json")
OURS = {"shipped": cases.add_shipped, "rules": cases.add_rules, "sets": cases.add_sets,
        "flows": cases.add_flows, "bans": bans.add}
PACKETS = {**OURS, **peers.SYSTEMS}
OTHERS = {"repeated": lambda _, __: repeated.measure(), "cores": cores.measure,
          "commands": commands.measure}
PARTS = [*PACKETS, *OTHERS]


def arguments():
    parser = argparse.ArgumentParser(prog="tools/bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="how often each is measured")
    parser.add_argument("--only", action="append", choices=PARTS, metavar="PART",
                        help="only: " + ", ".join(PARTS))
    return parser.parse_args()


def measure_packets(stand, names, rounds):
    for name in names:
        tap.comment(f"setting up: {name}")
        PACKETS[name](stand)
    if not stand.cases:
        return []
    cases.add_baselines(stand)
    turns = Rounds(stand.cases)
    turns.run(rounds)
    return turns.results()


def measure(asked):
    wanted = asked.only or PARTS
    with Sandbox() as sandbox:
        stand = cases.Stand(sandbox)
        results = {"machine": machine.describe(), "rounds": asked.rounds,
                   "packets": measure_packets(stand, [n for n in PACKETS if n in wanted],
                                              asked.rounds)}
        for name, part in OTHERS.items():
            if name in wanted:
                tap.comment(name)
            results[name] = part(stand, asked.rounds) if name in wanted else []
    results["machine"]["load_after"] = machine.load()
    return results


def main():
    results = measure(arguments())
    OUTPUT.write_text(json.dumps(results, indent=1) + "\n")
    print(report.text(results))


if __name__ == "__main__":
    main()
