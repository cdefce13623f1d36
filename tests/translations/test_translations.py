#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Twelve real rulesets as policies, each in about as many lines as the original had rules, and proven by
its expectations. A policy says in a comment, `; Not said: ...`, what the language cannot say of the ruleset."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "command"))

from capture import ACK, ICMP, SYN, TCP, UDP, ethernet, icmp, ip, pcap, tcp, udp

HOST = ("--self", "198.51.100.10,2001:db8::10", "--networks", "eth0=198.51.100.0/24",
        "--networks", "eth1=192.168.1.0/24", "--networks", "eth1=2001:db8:1::/64")
# How many lines each may have: sections, blank lines, comments and expectations are not counted.
LINES = {"01-web-and-mail": 6, "02-matrix": 9, "03-mail-gateway": 5, "04-telephone-exchange": 10,
         "05-fleet-gateway": 10, "06-home-router": 14, "07-three-zones": 12, "08-strict-border": 10,
         "09-self-ban": 6, "10-vpn": 9, "11-bgp": 12, "12-game-server": 9}
NOT_SAID = {"06-home-router": "NAT"}
# Of those for several interfaces: where the packets that try limits come in.
ON = {"07-three-zones": "wan", "11-bgp": "eth0"}
# What check warns of although the original wants it: part of the message.
WARNED = {"12-game-server": "whoever forges packets can have anybody banned"}
EXPECTATIONS = 5

SELF, STRANGER, ANOTHER, ADMIN = "198.51.100.10", "203.0.113.7", "203.0.113.8", "198.18.77.5"
ECHO = (ICMP, icmp(8))
# What an expectation, which is one packet, cannot show: how many of these a rule takes at once, from each source, or
# from all together.
LIMITS = (("05-fleet-gateway", "services", (TCP, tcp(40000, 443, SYN)), 20, True),
          ("05-fleet-gateway", "services", (TCP, tcp(40000, 443, ACK)), 100, True),
          ("07-three-zones", "ping", ECHO, 5, True),
          ("07-three-zones", "ssh", (TCP, tcp(40000, 2222, SYN)), 2, True),
          ("09-self-ban", "ssh", (TCP, tcp(40000, 22, SYN)), 3, True),
          ("11-bgp", "ping", ECHO, 20, False),
          ("11-bgp", "traceroute", (UDP, udp(40000, 33434)), 20, False),
          ("12-game-server", "game", (UDP, udp(40000, 27015)), 300, True))
BANNING = ("12-game-server",)  # by their first packet too much; SYNs, which anybody can forge, ban nobody


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
        """No other warnings either: a rule that can never match would be one."""
        for name, _ in self.each():
            with self.subTest(name):
                done = subprocess.run([os.environ["EDGEXDP"], "check", *HOST, HERE / f"{name}.ini"],
                                      capture_output=True, text=True, check=False)
                self.assertEqual((done.returncode, done.stderr.count("warning: ")), (0, name in WARNED), done.stderr)
                self.assertIn(WARNED.get(name, ""), done.stderr)
                self.assertNotIn("note: ", done.stderr)
                met = re.search(r": ok: \d+ rules?, (\d+) expectations met$", done.stdout.strip())
                self.assertGreaterEqual(int(met[1]), EXPECTATIONS)

    def test_each_rule_is_proven(self):
        """An expectation names it."""
        for name, text in self.each():
            rules = re.search(r"(?ms)^\[rules\]$(.*?)(?=^\[|\Z)", text)[1]
            rules = set(re.findall(r"(?m)^([\w-]+) *=", rules))
            named = set(re.findall(r"(?m)^[\w-]+ *= (?:accept|drop|reject) by ([\w-]+) ", text))
            self.assertEqual(rules - named, set(), name)

    def judged(self, name, rule, sources, packet):
        """How many packets of SOURCES, who all send PACKET at the same time, the rule accepts, its limit drops, and
        are dropped as banned."""
        frames = [ethernet(ip(source, SELF, *packet)) for source in sources]
        with tempfile.NamedTemporaryFile() as capture:
            pathlib.Path(capture.name).write_bytes(pcap(frames, step_ns=0))
            done = subprocess.run([os.environ["EDGEXDP"], "replay", "--json", "--direction=in", *HOST,
                                   *(("--on", ON[name]) if name in ON else ()), HERE / f"{name}.ini", capture.name], stdout=subprocess.PIPE, text=True, check=True)
        shown = json.loads(done.stdout)
        row, = (row for row in shown["rules"] if row["name"] == rule and row["direction"] == "in")
        banned = sum(row["packets"] for row in shown["reasons"] if row["name"] == "banned")
        return row["packets"], row["limited_packets"], banned

    def test_limits_hold(self):
        for name, rule, packet, most, each in LIMITS:
            with self.subTest(name, rule=rule, most=most):
                self.assertEqual(self.judged(name, rule, (most + 3) * [STRANGER] + [ANOTHER], packet),
                                 (most + 1, 1, 2) if name in BANNING else (most + 1, 3, 0) if each else (most, 4, 0))

    def test_each_limit_is_tried(self):
        limited = {(name, rule) for name, text in self.each() for rule in re.findall(r"(?m)^([\w-]+) *=.* limit ", text)}
        self.assertEqual({(name, rule) for name, rule, *_ in LIMITS}, limited)

    def test_exempt(self):
        """The administrators' table is never limited."""
        self.assertEqual(self.judged("09-self-ban", "ssh", 50 * [ADMIN], (TCP, tcp(40000, 22, SYN))), (50, 0, 0))

    def test_each_is_short(self):
        for name, text in self.each():
            self.assertLessEqual(len(counted(text)), LINES[name], name)

    def test_what_is_not_said(self):
        unsaid = {name: re.search(r"(?m)^; Not said: ([\w-]+)", text) for name, text in self.each()}
        self.assertEqual({name: found[1] for name, found in unsaid.items() if found}, NOT_SAID)


if __name__ == "__main__":
    unittest.main(verbosity=2)
