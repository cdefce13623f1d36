#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Senders of rejected packets that are not told: those that nobody may answer, those beyond the limit,
and those behind a veth that loses the answers, which is said."""

import errno
import json
import socket
import time

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6DestUnreach, ICMPv6PacketTooBig, IPv6, IPv6ExtHdrFragment
from scapy.packet import Raw

from guarded import HERE, PATIENCE, PINS, THERE, main, policy
from rejecting import EVERYTHING, MODES, REJECT, Rejecting, ip
from sandbox import run, until


class Withheld(Rejecting):
    def test_never(self):
        """RFC 1122, 3.2.2; RFC 4443, 2.4."""
        self.wire()
        udp, syn = UDP(sport=1, dport=2) / b"x", TCP(sport=1, dport=2)
        quoted = (IP(src=HERE[0], dst=THERE[0]) / UDP(), IPv6(src=HERE[1], dst=THERE[1]) / UDP())
        cases = {
            "reset": ip(0) / TCP(flags="R"), "reset6": ip(1) / TCP(flags="RA"),
            "first fragment": ip(0, flags="MF") / UDP(sport=1, dport=2, len=100) / bytes(24),
            "later fragment": ip(0, frag=8) / Raw(bytes(64)),
            "fragment6": ip(1) / IPv6ExtHdrFragment(m=1) / UDP(sport=1, dport=2, len=100) / bytes(24),
            "group": ip(0, destination="224.0.0.251") / udp, "group6": ip(1, destination="ff02::fb") / udp,
            "everybody": ip(0, destination="255.255.255.255") / udp,
            "class E": ip(0, source="240.0.0.1") / syn, "nobody": ip(0, destination="0.0.0.0") / udp,
            "from everybody": ip(0, source="255.255.255.255") / syn,
            "from nobody": ip(0, source="0.0.0.0") / syn, "from nobody6": ip(1, source="::") / syn,
            "from itself": ip(0, source="127.0.0.1") / syn, "from itself6": ip(1, source="::1") / syn,
            "from a group": ip(0, source="224.0.0.1") / syn, "from a group6": ip(1, source="ff02::1") / syn,
            "mapped": ip(1, source="::ffff:1.2.3.4") / syn,
            **{f"error {kind}": ip(0) / ICMP(type=kind) / quoted[0] for kind in (3, 4, 5, 11, 12, 19, 255)},
            "error6 1": ip(1) / ICMPv6DestUnreach(code=1) / quoted[1],
            "error6 2": ip(1) / ICMPv6PacketTooBig() / quoted[1],
            "error6 100": ip(1, nh=58) / Raw(b"\x64\0\0\0" + bytes(60)),
            "redirect6": ip(1, nh=58, hlim=64) / Raw(b"\x89\0\0\0" + bytes(60)),
        }
        text = policy("never", "[baseline]\nmartians = accept\nicmp-errors = drop\n"
                      "[rules]\nall = reject in any\n")
        for mode in MODES:
            self.start(text, mode)
            for what, packet in cases.items():
                with self.subTest(f"{what}, {mode}"):
                    self.assertEqual(self.answers(self.frame(packet)), [])
            for what, link in (("link's group", {"to": "ff:ff:ff:ff:ff:ff"}),
                               ("another group", {"to": "01:00:5e:00:00:01"})):
                with self.subTest(f"{what}, {mode}"):
                    self.assertEqual(self.answers(self.frame(ip(0) / syn, **link)), [])
            self.assertConserved()
            self.stop()

    def test_limit(self):
        """At most a hundred in any second on each CPU, whatever comes; all are counted."""
        self.wire()
        for mode in MODES:
            self.start(REJECT, mode)
            frame = self.frame(ip(0) / TCP(sport=1, dport=2))
            cpus = len(self.dump("refusals")[0]["values"])
            begin = time.monotonic()
            for _ in range(1000 * cpus):
                self.raw.send(frame)
            until(lambda: self.stats().packets("plain", "in") == 1000 * cpus, "all are counted")
            seconds = time.monotonic() - begin
            sums = [v["value"] for v in self.dump("refusals")[0]["values"]]
            answers = self.look()["answers"]
            with self.subTest(mode):
                for one in sums:
                    self.assertLessEqual(one["sent"], 100 * (int(seconds) + 1))
                self.assertGreaterEqual(max(one["sent"] for one in sums), 100)
                self.assertEqual(sum(one["sent"] + one["withheld"] for one in sums), 1000 * cpus)
                self.assertEqual(answers, {key: sum(one[key] for one in sums) for key in ("sent", "withheld")})
                self.assertEqual(json.loads(self.succeeds("stats", "--json", self.interface))[0]["answers"], answers)
                self.assertSays(self.succeeds("status", self.interface),
                                f"  answers   {answers['sent']} to rejected packets, {answers['withheld']} withheld")
                self.assertSays(self.succeeds("stats", "--prometheus", self.interface),
                                f'answers_withheld_total{{interface="{self.interface}"}} {answers["withheld"]}\n')
            self.assertConserved()
            self.stop()

    def test_audit_tells_nobody(self):
        self.wire()
        self.start(REJECT, "generic", "--audit")
        self.raw.send(self.frame(ip(0) / TCP(sport=1, dport=2)))
        until(lambda: self.stats().packets("plain", "in"), "it is counted")
        self.assertEqual(sum(v["value"]["sent"] for v in self.dump("refusals")[0]["values"]), 0)


class Lost(Rejecting):
    """A veth in native mode delivers answers only to an end with a native XDP program."""

    UNTOLD = "the senders of rejected packets are not told"
    SILENT = policy("silent", "[rules]\nplain = drop in any\n")
    ONLY_OUT = policy("only-out", "[rules]\nplain = reject out any\n")

    def warned(self, *arguments, namespace=None):
        """Runs a command that succeeds; returns its warnings, in one text."""
        done = self.call(*arguments, namespace=namespace)
        self.assertEqual(done.returncode, 0, done)
        return done.stderr

    def is_told(self, seconds=PATIENCE):
        """Is a client refused? SECONDS is how long it waits for that."""
        client = self.socket(self.there, socket.SOCK_STREAM)
        client.settimeout(seconds)
        try:
            return client.connect_ex((HERE[0], 80)) == errno.ECONNREFUSED
        except TimeoutError:
            return False

    def shown(self):
        return self.look()["answers_lost"], self.UNTOLD in self.succeeds("status", self.interface)

    def test_auto(self):
        said = self.warned("attach", self.interface, self.file(REJECT))
        self.assertRegex(said, f"^edgexdp: warning: native XDP would lose the answers to rejected packets on {self.interface}: "
                         "it is a veth whose other end has no XDP program in native mode; using generic mode, which is slower\n$")
        self.assertEqual(self.look()["attach_mode"], "generic")
        self.assertEqual(self.shown(), (None, False))
        self.assertTrue(self.is_told())

    def test_auto_stays_native(self):
        """Where nothing that comes in is rejected, or its sender is told."""
        for text in (self.SILENT, self.ONLY_OUT):
            self.assertEqual(self.warned("attach", self.interface, self.file(text)), "")
            self.assertEqual(self.look()["attach_mode"], "native")
            self.succeeds("detach", self.interface)
        self.succeeds("attach", "--mode", "native", "peer", self.file(EVERYTHING), namespace=self.there)
        self.assertEqual(self.warned("attach", self.interface, self.file(REJECT)), "")
        self.assertEqual(self.look()["attach_mode"], "native")
        self.assertEqual(self.shown(), (None, False))
        self.assertTrue(self.is_told())

    def test_a_generic_program_does_not_do(self):
        self.succeeds("attach", "--mode", "generic", "peer", self.file(EVERYTHING), namespace=self.there)
        self.assertSays(self.warned("attach", self.interface, self.file(REJECT)), "using generic mode")
        self.assertTrue(self.is_told())

    def test_both_ends_here(self):
        self.here.run("ip", "link", "add", "near", "type", "veth", "peer", "name", "far")
        self.here.run("ip", "link", "set", "near", "up")
        self.assertSays(self.warned("attach", "near", self.file(REJECT)), "using generic mode")
        self.succeeds("detach", "near")
        self.succeeds("attach", "--mode", "native", "far", self.file(EVERYTHING))
        self.assertEqual(self.warned("attach", "near", self.file(REJECT)), "")
        self.succeeds("detach", "near")
        self.succeeds("detach", "far")

    def test_native(self):
        self.assertSays(self.warned("attach", "--mode", "native", self.interface, self.file(REJECT)),
                        f"warning: {self.UNTOLD}", f"the answers do not leave {self.interface}", "--mode generic")
        self.assertEqual(self.look()["attach_mode"], "native")
        self.assertIn("no XDP program in native mode", self.shown()[0])
        self.assertTrue(self.shown()[1])
        self.assertFalse(self.is_told(1))
        # The other end gets a program.
        self.succeeds("attach", "--mode", "native", "peer", self.file(EVERYTHING), namespace=self.there)
        self.assertEqual(self.shown(), (None, False))
        self.assertTrue(self.is_told())

    def test_explained(self):
        """Words of `explain` are true of this interface."""
        packet, other = f"in tcp {THERE[0]}:1 > {HERE[0]}:80", f"in tcp {THERE[0]}:1 > {HERE[0]}:80 rst"
        self.warned("attach", "--mode", "native", self.interface, self.file(REJECT))
        self.assertSays(" ".join(self.succeeds("explain", self.interface, packet).split()),
                        "rejects, but a TCP reset, which tells the sender, is lost: edgexdp status says why")
        self.succeeds("detach", self.interface)
        self.attach(REJECT, "--mode", "generic")
        self.assertSays(self.succeeds("explain", self.interface, packet), "and tells the sender by a TCP reset.")
        shown = json.loads(self.succeeds("explain", "--json", self.interface, other))
        self.assertEqual((shown["verdict"], shown["rule"], shown["reject"]), ("drop", "plain", None))
        self.assertSays(shown["meaning"], "rejects, but the sender is not told: resets are not answered")
        self.succeeds("detach", self.interface)
        self.attach(REJECT, "--audit", "--mode", "native")
        self.assertSays(" ".join(self.succeeds("explain", self.interface, packet).split()),
                        "in mode enforce it would tell the sender by a TCP reset")

    def test_after_a_swap(self):
        """A policy that begins to reject, and one that comes back."""
        self.attach(self.SILENT)
        self.assertEqual(self.look()["attach_mode"], "native")
        self.assertSays(self.warned("reload", self.interface, self.file(REJECT)), self.UNTOLD)
        self.assertEqual(self.warned("reload", self.interface, self.file(self.SILENT)), "")
        self.assertEqual(self.shown(), (None, False))
        self.assertSays(self.warned("rollback", self.interface), self.UNTOLD)
        self.assertTrue(self.shown()[1])

    def test_audit_tells_nobody_anyway(self):
        self.assertEqual(self.warned("attach", "--audit", "--mode", "native", self.interface, self.file(REJECT)), "")
        self.assertEqual(self.shown(), (None, False))

    def test_mended(self):
        """What is put back is put back so that it answers."""
        self.warned("attach", "--mode", "native", self.interface, self.file(REJECT))
        run("bpftool", "link", "detach", "pinned", PINS / self.interface / "link_in")
        self.assertSays(self.warned("reload", self.interface), "attached again", "using generic mode")
        self.assertEqual(self.look()["attach_mode"], "generic")
        self.assertTrue(self.is_told())


if __name__ == "__main__":
    main()
