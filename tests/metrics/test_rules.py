#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The alert rules for Prometheus: promtool accepts them, and their unit tests pass."""

import pathlib
import re
import shutil
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True  # leave the source tree as it is
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "shared"))

import scrape
import tap

RULES = HERE.parent.parent / "tools/prometheus/edgexdp.rules.yml"
CASES = HERE / "rules.yml"


class Rules(unittest.TestCase):
    def promtool(self, *arguments):
        done = subprocess.run(["promtool", *map(str, arguments)], text=True, capture_output=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_check(self):
        self.promtool("check", "rules", RULES)

    def test_units(self):
        self.promtool("test", "rules", CASES)

    def test_each_alert(self):
        """It says what somebody woken by it needs to know; and a test has seen it fire."""
        cases = CASES.read_text()
        alerts = re.split(r"(?m)^  - alert: ", RULES.read_text())[1:]
        self.assertGreater(len(alerts), 5)
        for alert in alerts:
            name = alert.splitlines()[0]
            for key in ("severity:", "summary:", "description:", "action:"):
                self.assertIn(key, alert, name)
            self.assertRegex(cases, rf"alertname: {name}\n +eval_time: \w+\n +exp_alerts:\n")

    def test_metrics_are_those_of_the_program(self):
        names = set(re.findall(r"(?<!:)\bedgexdp_\w+", RULES.read_text()))
        self.assertEqual(names - set(scrape.LABELS) - {"edgexdp_dropped_packets"}, set())


if not shutil.which("promtool"):
    tap.skip("there is no promtool")
unittest.main(verbosity=2)
