#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Twelve real rulesets as policies, each in about as many lines as the original had rules, and proven by
its expectations.

A policy says in comments, `; Waits for ...`, what the language cannot say yet. Such a translation is
partial, and does not count as done."""

import os
import pathlib
import re
import subprocess
import unittest

HERE = pathlib.Path(__file__).resolve().parent
HOST = ("--self", "198.51.100.10,2001:db8::10", "--networks", "eth0=198.51.100.0/24",
        "--networks", "eth1=192.168.1.0/24", "--networks", "eth1=2001:db8:1::/64")
# How many lines each may have: sections, blank lines, comments and expectations are not counted.
LINES = {"01-web-and-mail": 6, "02-matrix": 9, "03-mail-gateway": 5, "04-telephone-exchange": 10,
         "05-fleet-gateway": 10, "06-home-router": 14, "07-three-zones": 12, "08-strict-border": 10,
         "09-self-ban": 6, "10-vpn": 9, "11-bgp": 12, "12-game-server": 9}
PARTIAL = {"05-fleet-gateway": {"limits"}, "06-home-router": {"zones"},
           "07-three-zones": {"zones", "limits"}, "09-self-ban": {"limits"}, "10-vpn": {"zones"},
           "11-bgp": {"limits"}, "12-game-server": {"limits", "syn-cookies"}}
EXPECTATIONS = 5


def counted(text):
    """The lines that count."""
    text = re.sub(r"(?ms)^\[expectations\]$.*?(?=^\[|\Z)", "", text)
    return [line for line in text.splitlines() if line.strip() and not re.match(r"[;#\[]", line)]


class Translations(unittest.TestCase):
    @staticmethod
    def each():
        for path in sorted(HERE.glob("*.ini")):
            yield path.stem, path.read_text()

    def test_each_ruleset_is_there(self):
        self.assertEqual([name for name, _ in self.each()], list(LINES))

    def test_each_holds(self):
        """No warnings either: a rule that can never match would be one."""
        for name, _ in self.each():
            with self.subTest(name):
                done = subprocess.run([os.environ["EDGEXDP"], "check", *HOST, HERE / f"{name}.ini"],
                                      capture_output=True, text=True, check=False)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                met = re.search(r": ok: \d+ rules?, (\d+) expectations met$", done.stdout.strip())
                self.assertGreaterEqual(int(met[1]), EXPECTATIONS)

    def test_each_rule_is_proven(self):
        """An expectation names it."""
        for name, text in self.each():
            rules = re.search(r"(?ms)^\[rules\]$(.*?)(?=^\[|\Z)", text)[1]
            rules = set(re.findall(r"(?m)^([\w-]+) *=", rules))
            named = set(re.findall(r"(?m)^[\w-]+ *= (?:accept|drop|reject) by ([\w-]+) ", text))
            self.assertEqual(rules - named, set(), name)

    def test_each_is_short(self):
        for name, text in self.each():
            self.assertLessEqual(len(counted(text)), LINES[name], name)

    def test_partial_ones_say_so(self):
        waits = {name: set(re.findall(r"(?m)^; Waits for ([\w-]+):", text))
                 for name, text in self.each()}
        self.assertEqual({name: words for name, words in waits.items() if words}, PARTIAL)


if __name__ == "__main__":
    unittest.main(verbosity=2)
