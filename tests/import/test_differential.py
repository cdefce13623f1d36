#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Random rulesets of nftables and iptables, each in force at one interface, and imported at another: the same packets
get through, but for the differences that edgexdp-import(8) lists. EDGEXDP_SEED, EDGEXDP_POLICIES and EDGEXDP_PACKETS
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
from random_rulesets import Iptables, Mark, Nft, Packet
from sandbox import Sandbox, run

SEED = int(os.environ.get("EDGEXDP_SEED", "1"))
RULESETS = int(os.environ.get("EDGEXDP_POLICIES", "30"))
PACKETS = int(os.environ.get("EDGEXDP_PACKETS", "600"))
BATCH = 50
PATIENCE = 20
OPEN = "[policy]\nname = open\ninbound = accept\noutbound = accept\n"


_libc = ctypes.CDLL(None, use_errno=True)


def enter(namespace):
    if _libc.setns(namespace, guarded.CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


class Side:
    """An interface with a filter, and the far end of its cable."""

    def __init__(self, sandbox, name):
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
        self.edgexdp("attach", "eth0", self.policy)
        self.sandbox.at_exit.append(lambda: self.edgexdp("detach", "eth0"))

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
        self.edgexdp("reload", "eth0", self.policy)
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

    def try_all(self, make, load, kind):
        self.compared = self.passed = self.strays = complained = 0
        for number in range(RULESETS):
            dice = random.Random(f"{SEED} {kind} {number}")
            texts = make(dice)
            load(texts)
            if self.take(kind, *texts):
                self.compare(dice, texts)
            else:
                complained += 1
        print(f"# {kind}: {self.compared} packets compared, {self.passed} passed, {self.strays} strays; "
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

    def test_nftables(self):
        self.try_all(lambda dice: [Nft(dice).ruleset()], self.load_nft, "nftables")

    def test_iptables(self):
        self.try_all(lambda dice: [Iptables(dice, 4).ruleset(), "# Generated by ip6tables-save\n" +
                                   Iptables(dice, 6).ruleset()], self.load_iptables, "iptables")


if __name__ == "__main__":
    guarded.main()
