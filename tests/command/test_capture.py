#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""monitor --write: what Wireshark finds in the file, also if its writer was killed."""

import contextlib
import shutil
import signal
import socket
import subprocess
import time
import unittest

from guarded import FAMILIES, HERE, NOBODY, THERE, entered, main, policy, rule
from monitoring import Monitoring
from sandbox import run

TALK, TELNET, ASK, CLOSED = 4000, 23, 4002, 4003
POLICY = policy("captured", f"[sets]\noutside = {', '.join(THERE)}\n",
                rule("talk-in", "in", "udp", TALK, log="yes", **{"from": "outside"}),
                rule("telnet", "in", "udp", TELNET, "drop"),
                rule("no-ask", "out", "udp", ASK, "drop"))
FIELDS = ("frame.comment", "frame.packet_flags_direction", "frame.len", "frame.cap_len", "frame.time_epoch",
          "frame.interface_name", "frame.verdict.ebpf_xdp", "frame.verdict.ebpf_tc", "udp.dstport")
IN, OUT = 1, 2
XDP_DROP, XDP_PASS, TC_ACT_SHOT = "1", "2", "2"


@unittest.skipUnless(shutil.which("tshark"), "no tshark here")
class Captured(Monitoring):
    def setUp(self):
        super().setUp()
        self.capture = self.sandbox.directory / "seen.pcapng"

    def exchange(self):
        """Packets that are logged, dropped by a rule, and dropped by no rule; and one outbound."""
        for family, _ in FAMILIES:
            outside = self.socket(self.there, family=family)
            self.send(outside, TALK)
            self.send(outside, TELNET, data=b"t" * 1000)
            self.send(outside, CLOSED)
            inside = self.socket(self.here, family=family)
            with contextlib.suppress(OSError):  # reported if the neighbour is known
                self.send(inside, ASK)

    @staticmethod
    def packets(path):
        """What tshark says about each packet, by FIELDS."""
        fields = [word for field in FIELDS for word in ("-e", field)]
        shown = subprocess.run(["tshark", "-n", "-r", str(path), "-T", "fields", *fields], text=True,
                               capture_output=True, check=True, stdin=subprocess.DEVNULL)
        return [dict(zip(FIELDS, line.split("\t"))) for line in shown.stdout.splitlines()]

    def assertExchange(self, packets, since):
        found = [(p["udp.dstport"], p["frame.comment"], int(p["frame.packet_flags_direction"], 0),
                  int(p["frame.len"]), int(p["frame.cap_len"]), p["frame.verdict.ebpf_xdp"],
                  p["frame.verdict.ebpf_tc"]) for p in packets]
        expected = []
        for more in (0, 20):  # how much longer an IPv6 header is
            expected += [
                (str(TALK), "accept by rule talk-in (from outside)", IN, 43 + more, 43 + more, XDP_PASS, ""),
                (str(TELNET), "drop by rule telnet", IN, 1042 + more, 256, XDP_DROP, ""),
                (str(CLOSED), "drop by reason default", IN, 43 + more, 43 + more, XDP_DROP, ""),
                (str(ASK), "drop by rule no-ask", OUT, 43 + more, 43 + more, "", TC_ACT_SHOT)]
        self.assertEqual(sorted(found), sorted(expected))
        for packet in packets:
            self.assertEqual(packet["frame.interface_name"], self.interface)
            self.assertRegex(packet["frame.time_epoch"], r"^\d+\.\d{9}$")
            self.assertLess(abs(float(packet["frame.time_epoch"]) - since), 20)
        self.assertGreater(len({p["frame.time_epoch"][-3:] for p in packets}), 1, "nanoseconds")

    def test_what_wireshark_reads(self):
        self.attach(POLICY)
        monitor = self.monitor("--write", self.capture, "--count", 8)
        since = time.time()
        self.exchange()
        monitor.ends(0)
        self.assertExchange(self.packets(self.capture), since)
        self.assertEqual(len(monitor.lines()), 8)
        shown = run("capinfos", self.capture)
        self.assertSays(shown, "nanoseconds", "edgexdp ", "Strict time order:   True")

    def test_killed(self):
        """Everything that was shown is in the file."""
        self.attach(POLICY)
        monitor = self.monitor("--write", self.capture)
        since = time.time()
        self.exchange()
        monitor.comes(8)
        monitor.kill()
        self.assertExchange(self.packets(self.capture), since)

    def test_standard_output(self):
        self.attach(POLICY)
        monitor = self.monitor("--write", "-", "--count", 8)
        since = time.time()
        self.exchange()
        monitor.ends(0)
        self.assertExchange(self.packets(monitor.said), since)

    def test_filtered_json_and_audit(self):
        """The file holds what is shown; in audit mode its verdicts say that the packets passed."""
        self.attach(POLICY, "--audit")
        monitor = self.monitor("--write", self.capture, "--rule", "telnet", "--json", "--count", 2)
        self.exchange_audited()
        monitor.ends(0)
        packets = self.packets(self.capture)
        self.assertEqual([(p["frame.comment"], p["frame.verdict.ebpf_xdp"]) for p in packets],
                         [("drop by rule telnet (audit: it passed)", XDP_PASS)] * 2)
        self.assertEqual([event["length"] for event in monitor.events(2)],
                         [int(packet["frame.len"]) for packet in packets])

    def exchange_audited(self):
        for family, _ in FAMILIES:
            outside = self.socket(self.there, family=family)
            for port in (TALK, TELNET):
                self.send(outside, port)

    def test_nothing_seen(self):
        self.attach(POLICY)
        self.monitor("--write", self.capture).end(signal.SIGINT)
        self.assertEqual(self.packets(self.capture), [])

    def test_frames_of_all_kinds(self):
        """Not IP, cut short, and VLAN-tagged."""
        self.attach(POLICY)
        monitor = self.monitor("--write", self.capture, "--count", 3)
        with entered(self.there):
            raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        with raw:
            raw.bind(("peer", 0))
            ends = bytes.fromhex("020000000002020000000001")
            for rest in ("88b5" + "61" * 50, "0800" + "45", "81000007" + "88b5" + "62" * 46):
                raw.send(ends + bytes.fromhex(rest))
        monitor.ends(0)
        packets = self.packets(self.capture)
        self.assertEqual([(p["frame.comment"], p["frame.len"]) for p in packets],
                         [("drop by reason other-ethertype", "64"), ("drop by reason malformed", "15"),
                          ("drop by reason other-ethertype", "64")])


class Refused(Monitoring):
    def test_files(self):
        self.attach(POLICY)
        for path, why in (("/nonexistent/file", "No such file"), ("/", "Is a directory"),
                          ("/dev/full", "No space left")):
            self.assertSays(self.fails(1, "monitor", "--write", path, self.interface), f"cannot write {path}", why)
        self.assertEqual(self.listeners(), 0)
        with open("/dev/full", "w") as full:
            done = self.call("monitor", "--write", "-", self.interface, stdout=full)
        self.assertEqual((done.returncode, done.stderr),
                         (1, "edgexdp: cannot write the output: No space left on device\n"))

    def test_nothing_is_overwritten(self):
        """When there is nothing to monitor, an existing capture file is kept."""
        path = self.sandbox.directory / "before.pcapng"
        path.write_bytes(b"before")
        self.fails(1, "monitor", "--write", path, self.interface)
        self.attach(POLICY)
        self.fails(1, "monitor", "--write", path, "--rule", "nosuch", self.interface)
        self.fails(1, "monitor", "--write", path, self.interface, prefix=NOBODY)
        self.assertEqual(path.read_bytes(), b"before")


main()
