# SPDX-License-Identifier: GPL-2.0-or-later
"""What a packet costs, and how long commands take. Run by tools/bench, in mounts of its own."""

import argparse
import json
import pathlib
import sys

TESTS = pathlib.Path(__file__).resolve().parents[2] / "tests"
sys.path[1:1] = [str(TESTS / "shared"), str(TESTS / "command")]

import cases
import peers
import report
import tap
from rounds import Rounds
from sandbox import Sandbox

OUTPUT = pathlib.Path("build/bench.json")
PARTS = {"shipped": cases.add_shipped, "rules": cases.add_rules, "sets": cases.add_sets,
         "flows": cases.add_flows, **peers.SYSTEMS}


def arguments():
    parser = argparse.ArgumentParser(prog="tools/bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="how often each case is measured")
    parser.add_argument("--only", action="append", choices=PARTS, metavar="PART",
                        help="only: " + ", ".join(PARTS))
    return parser.parse_args()


def main():
    asked = arguments()
    with Sandbox() as sandbox:
        stand = cases.Stand(sandbox)
        for name in asked.only or PARTS:
            tap.comment(f"setting up: {name}")
            PARTS[name](stand)
        cases.add_baselines(stand)
        rounds = Rounds(stand.cases)
        rounds.run(asked.rounds)
    results = {"packets": rounds.results()}
    OUTPUT.write_text(json.dumps(results, indent=1) + "\n")
    print(report.table(results))


if __name__ == "__main__":
    main()
