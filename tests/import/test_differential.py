#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Random rulesets of nftables and iptables, each in force at one interface, and imported at another: the same packets
get in, through and out, but for the differences that edgexdp-import(8) lists. EDGEXDP_SEED, EDGEXDP_POLICIES and EDGEXDP_PACKETS
make it another test, or a longer one."""

import ctypes
import os
import pathlib
import random
import re
import select
import socket
import struct
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "command"))

import guarded
import random_rulesets
from random_rulesets import BEYOND, HERE as OURS, INSIDE, Iptables, Mark, Nft, Packet
from sandbox import Sandbox, run

SEED = int(os.environ.get("EDGEXDP_SEED", "1"))
RULESETS = int(os.environ.get("EDGEXDP_POLICIES", "30"))
PACKETS = int(os.environ.get("EDGEXDP_PACKETS", "600"))
BATCH = 50
PATIENCE = 20
OFFLINE = ("--self", ",".join(random_rulesets.HERE.values()))
OPEN = "[policy]\nname = open\ninbound = accept\noutbound = accept\n"


_libc = ctypes.CDLL(None, use_errno=True)


def enter(namespace):
    if _libc.setns(namespace, guarded.CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


class Side:
    """An interface with a filter, and the far end of its cable."""

    def __init__(self, sandbox, name):
        self.name = name
        self.namespace, far = sandbox.namespace(name), sandbox.namespace(f"{name}-far")
        sandbox.cable(self.namespace, "eth0", far, "far0")
        self.namespace.address("eth0", *random_rulesets.HERE.values())
        far.run("ip", "link", "set", "far0", "up")
        self.mac = self.read_mac()
        self.sender = self.inside(far, lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0))
        self.inside(far, lambda: self.sender.bind(("far0", 0)))
        self.heard = self.inside(self.namespace, random_rulesets.listeners)
        for one in self.heard:
            sandbox.at_exit.append(one.close)
        sandbox.at_exit.append(self.sender.close)

    def open_ways(self, sandbox):
        """What goes out is heard at the far end, and what is forwarded at another interface."""
        inner = sandbox.namespace(f"{self.name}-inner")
        sandbox.cable(self.namespace, "eth1", inner, "in0")
        for namespace, interface in ((self.namespace, "eth1"), (inner, "in0")):
            namespace.run("ip", "link", "set", interface, "up")
        for name in ("ipv4.ip_forward", "ipv4.conf.all.rp_filter", "ipv4.conf.eth0.rp_filter", "ipv6.conf.all.forwarding"):
            value = int("forward" in name)
            self.namespace.run("sysctl", "-qw", f"net.{name}={value}")
        for targets, interface in ((BEYOND, "eth0"), (INSIDE, "eth1")):
            for family, target in targets.items():
                self.namespace.run("ip", f"-{family}", "route", "add", target, "dev", interface)
                self.namespace.run("ip", "neigh", "add", target, "lladdr", "02:00:00:00:00:99", "dev", interface)
        for family in (4, 6):
            self.namespace.run("ip", f"-{family}", "route", "add", "default", "dev", "eth0")
        far = sandbox.namespaces[f"{self.name}-far"]
        self.ears = {"forward": self.inside(inner, lambda: random_rulesets.far_listener("in0")),
                     "out": self.inside(far, lambda: random_rulesets.far_listener("far0"))}
        self.mouths = self.inside(self.namespace, random_rulesets.speakers)
        for one in (*self.ears.values(), *self.mouths.values()):
            sandbox.at_exit.append(one.close)

    def speak(self, packet):
        """Sends PACKET from here, if the filter lets it."""
        try:
            self.mouths[packet.family].sendto(packet.frame(), (packet.destination, 0))
        except OSError:
            pass  # so says the filter

    def going(self, way, packets, mark):
        """As passing(), of what is forwarded or goes out."""
        for packet in (*packets, mark):
            (self.send if way == "forward" else self.speak)(packet)
        found, end = set(), time.monotonic() + PATIENCE
        while mark.number not in found and time.monotonic() < end:
            select.select([self.ears[way]], [], [], 1)
            while True:
                try:
                    data, (_, _, kind, *_) = self.ears[way].recvfrom(2048)
                except BlockingIOError:
                    break
                if kind != socket.PACKET_OUTGOING:
                    found.add(struct.unpack("!I", data[-4:])[0])
        return found

    def read_mac(self):
        words = run("ip", "-n", self.namespace.name, "-o", "link", "show", "eth0").split()
        return bytes.fromhex(words[words.index("link/ether") + 1].replace(":", ""))

    @staticmethod
    def inside(namespace, action):
        """What ACTION returns, in another network namespace."""
        home = os.open("/proc/self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{namespace.name}", os.O_RDONLY)
        try:
            enter(there)
            return action()
        finally:
            enter(home)
            os.close(home)
            os.close(there)

    def send(self, packet):
        kind = 0x0800 if packet.family == 4 else 0x86dd
        self.sender.send(self.mac + b"\2\0\0\0\0\1" + struct.pack("!H", kind) + packet.frame())

    def passing(self, packets, mark):
        """The numbers of those that get through, MARK last."""
        for packet in (*packets, Mark(mark)):
            self.send(packet)
        found, end = set(), time.monotonic() + PATIENCE
        while mark not in found and time.monotonic() < end:
            for one in select.select(self.heard, [], [], 1)[0]:
                while True:
                    try:
                        data = one.recv(2048)
                    except BlockingIOError:
                        break
                    found.add(struct.unpack("!I", data[-4:])[0])
        return found


class Differential(unittest.TestCase):
    def setUp(self):
        self.sandbox = Sandbox()
        self.sandbox.__enter__()
        self.addCleanup(self.sandbox.__exit__)
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # what is sent has arrived when the call returns
        self.ruled, self.guarded = Side(self.sandbox, "ruled"), Side(self.sandbox, "guarded")
        self.numbers = 1
        self.policy = self.sandbox.directory / "policy.ini"
        self.policy.write_text(OPEN)
        self.interfaces = "eth0"
        self.edgexdp("attach", "eth0", self.policy)
        self.sandbox.at_exit.append(lambda: self.edgexdp("detach", self.interfaces))

    def edgexdp(self, *words):
        return self.guarded.namespace.run(guarded.EDGEXDP, *words)

    def take(self, kind, *texts):
        """Whether texts are imported without a complaint; then that is in force."""
        paths = []
        for number, text in enumerate(texts):
            paths.append(self.sandbox.directory / f"ruleset{number}")
            paths[-1].write_text(text)
        done = guarded.subprocess.run([guarded.EDGEXDP, "import", kind, *paths], capture_output=True, text=True,
                                      check=False)
        if done.returncode:
            self.assertIn("cannot be said exactly", done.stderr, done.stderr + "\n".join(texts))
            return False
        self.policy.write_text(done.stdout)
        self.edgexdp("reload", self.interfaces, self.policy)
        return True

    def compare(self, dice, texts):
        stateful = "tcp-state" in self.policy.read_text() or any(re.search("(?i)state new", text) for text in texts)
        packets = []
        for _ in range(PACKETS):
            packets.append(Packet(dice, self.numbers))
            self.numbers += 1
        for first in range(0, PACKETS, BATCH):
            part = packets[first:first + BATCH]
            mark, self.numbers = self.numbers, self.numbers + 1
            ruled, ours = (side.passing(part, mark) for side in (self.ruled, self.guarded))
            self.assertIn(mark, ruled)
            self.assertIn(mark, ours)
            for packet in part:
                self.compared += 1
                self.passed += packet.number in ruled
                if (packet.number in ruled) == (packet.number in ours):
                    continue
                if packet.number in ruled and (packet.is_urgent() or (stateful and not packet.opens())):
                    self.strays += 1
                    continue
                self.fail(f"{packet}\n{'passes' if packet.number in ruled else 'is dropped'} by the ruleset\n\n"
                          + "\n".join(texts) + f"\nand not by\n\n{self.policy.read_text()}")

    def try_all(self, make, load, name, kind=None, compare=None):
        self.compared = self.passed = self.strays = complained = 0
        for number in range(RULESETS):
            dice = random.Random(f"{SEED} {name} {number}")
            texts = make(dice)
            load(texts)
            if self.take(kind or name, *texts):
                (compare or self.compare)(dice, texts)
            else:
                complained += 1
        print(f"# {name}: {self.compared} packets compared, {self.passed} passed, {self.strays} strays; "
              f"{complained} of {RULESETS} rulesets complained of")
        self.assertGreater(self.passed, self.compared // 10)
        self.assertLess(complained, RULESETS // 2)

    def load_nft(self, texts):
        path = self.sandbox.directory / "loaded"
        path.write_text("flush ruleset\n" + texts[0])
        self.ruled.namespace.run("nft", "-f", path)

    def load_iptables(self, texts):
        for program, text in zip(("iptables-restore", "ip6tables-restore"), texts):
            path = self.sandbox.directory / "loaded"
            path.write_text(text)
            self.ruled.namespace.run(program, path)

    def is_answer(self, way, packet):
        """Could it answer something that is let through the other way? Then it passes, whoever began."""
        where = "forward eth0 > eth1" if way == "forward" else "out on eth0"
        done = guarded.subprocess.run([guarded.EDGEXDP, "explain", "--json", *OFFLINE, self.policy,
                                       f"{where} {packet.notation()}"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return '"reply"' in done.stdout

    def compare_ways(self, dice, texts):
        for way in ("forward", "out"):
            packets = [Packet(dice, self.numbers + number) for number in range(PACKETS // 4)]
            mark = Mark(self.numbers + len(packets))
            self.numbers += len(packets) + 1
            for packet in (*packets, mark):
                if way == "forward":
                    packet.destination = INSIDE[packet.family]
                else:
                    packet.source, packet.destination = OURS[packet.family], BEYOND[packet.family]
            for first in range(0, len(packets), BATCH):
                part = packets[first:first + BATCH]
                ruled, ours = (side.going(way, part, mark) for side in (self.ruled, self.guarded))
                self.assertIn(mark.number, ruled, texts[0])
                self.assertIn(mark.number, ours, texts[0] + self.policy.read_text())
                for packet in part:
                    self.compared += 1
                    self.passed += packet.number in ruled
                    if (packet.number in ruled) == (packet.number in ours):
                        continue
                    if (packet.number in ruled and packet.is_urgent()) or not packet.opens() or self.is_answer(way, packet):
                        self.strays += 1
                        continue
                    self.fail(f"{way}: {packet}\n{'passes' if packet.number in ruled else 'is dropped'} by the ruleset\n\n"
                              + "\n".join(texts) + f"\nand not by\n\n{self.policy.read_text()}")

    def open_all_ways(self):
        for side in (self.ruled, self.guarded):
            side.open_ways(self.sandbox)
        self.numbers = 1 << 20  # the end of no frame that hosts send by themselves, such as a group's address
        self.edgexdp("detach", "eth0")
        self.policy.write_text(OPEN)
        self.interfaces = "eth0,eth1"
        self.edgexdp("attach", self.interfaces, self.policy)

    def test_ways_of_nftables(self):
        """What is forwarded, and what goes out."""
        self.open_all_ways()
        self.try_all(lambda dice: [Nft(dice).ways()], self.load_nft, "ways", kind="nftables", compare=self.compare_ways)

    def test_ways_of_iptables(self):
        self.open_all_ways()
        self.try_all(lambda dice: [Iptables(dice, 4).ways(), "# Generated by ip6tables-save\n" + Iptables(dice, 6).ways()],
                     self.load_iptables, "ways of iptables", kind="iptables", compare=self.compare_ways)

    def test_nftables(self):
        self.try_all(lambda dice: [Nft(dice).ruleset()], self.load_nft, "nftables")

    def test_iptables(self):
        self.try_all(lambda dice: [Iptables(dice, 4).ruleset(), "# Generated by ip6tables-save\n" +
                                   Iptables(dice, 6).ruleset()], self.load_iptables, "iptables")


if __name__ == "__main__":
    guarded.main()
