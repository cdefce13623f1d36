# SPDX-License-Identifier: GPL-2.0-or-later
"""The base of the fault tests: a checker that sends continuously, and what must hold after any
fault. EDGEXDP_SEED, EDGEXDP_KILLS, EDGEXDP_RELOADS and EDGEXDP_ONE_IN say how much they do."""

import ctypes
import os
import pathlib
import random
import struct
import sys
import time

sys.dont_write_bytecode = True
for folder in ("command", "service"):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / folder))

from flood import ASK, BURST, FLOOD, FORBIDDEN, Flood, Load, _fork
from guarded import FAMILIES, HERE, PINS, Guarded, Stats, main, policy, rule
from killing import Killing
from sandbox import run, until

SEED = int(os.environ.get("EDGEXDP_SEED", random.SystemRandom().randrange(1 << 32)))
KILLS = int(os.environ.get("EDGEXDP_KILLS", 180))
RELOADS = int(os.environ.get("EDGEXDP_RELOADS", 1000))
ONE_IN = int(os.environ.get("EDGEXDP_ONE_IN", 1))  # tries one of this many system calls that can fail
COMMON = (rule("flood-in", "in", "udp", FLOOD), rule("ask-out", "out", "udp", ASK))
ONE = policy("one", *COMMON)
OTHER = policy("other", rule("sometimes", "in", "udp", 7000), rule("no-telnet", "in", "tcp", 23, "drop"),
               *reversed(COMMON))
# More rules than the tables of the other policies have room for.
LARGE = policy("large", *[rule(f"rule-{i}", "in", "tcp", 1 + i) for i in range(100)], *COMMON)


# What a command may say after another was killed, depending on how far that one had got.
REFUSALS = ("guarded already|is not guarded|does not wait for confirmation|waits for confirmation|"
            "nothing to go back to")


class Checker(Flood):
    """Sends permitted and forbidden packets both ways, in both families, and waits for each
    permitted one. `epoch` is odd while the interface is certainly guarded: a forbidden packet that
    was sent and has arrived within one odd epoch has passed the filter."""

    def __init__(self, test):
        self.epoch = _fork.Value(ctypes.c_uint64, 0)
        self.holding, self.held = _fork.Event(), _fork.Event()
        self.passed, self.lost_ones, self.open = [], [], 0
        super().__init__(test)

    def sockets(self, family):
        made = super().sockets(family)
        made["asker"].connect((*made["outside"].getsockname()[:2],))
        return made

    def stamp(self):
        self.sent += 1
        return struct.pack("QQ", self.sent, self.epoch.value)

    def lose(self, what, mark):
        self.lost += 1
        self.lost_ones.append((what, *struct.unpack("QQ", mark), time.monotonic()))

    def burst(self, ends):
        wanted = {}
        for _ in range(BURST):
            mark = self.stamp()
            wanted[mark] = True
            self.test.send(ends["outside"], FLOOD, data=mark)
            self.test.send(ends["outside"], FORBIDDEN, data=self.stamp())
        self.collect(ends["inside"], wanted, "in")

    def collect(self, receiver, wanted, what):
        """Receives what is WANTED; late answers to packets already given up are ignored."""
        try:
            while wanted:
                wanted.pop(receiver.recv(100), None)
        except TimeoutError:
            for mark in wanted:
                self.lose(what, mark)

    def ask(self, ends):
        question = self.stamp()
        self.test.send(ends["outside"], FORBIDDEN, data=self.stamp())
        ends["asker"].send(question)
        self.collect(ends["outside"], {question: True}, "out")
        self.test.send(ends["outside"], ends["asker"].getsockname()[1], data=question)
        self.collect(ends["asker"], {question: True}, "reply")
        self.asked += 1
        self.test.send(ends["silent inside"], FORBIDDEN, data=self.stamp())

    def listen(self, ends):
        for way in ("silent inside", "silent outside"):
            ends[way].setblocking(False)
            try:
                while True:
                    epoch = struct.unpack("QQ", ends[way].recv(100))[1]
                    if epoch % 2 and epoch == self.epoch.value:
                        self.passed.append((way, epoch))
                    self.open += 1
            except BlockingIOError:
                pass

    def run(self, stop):
        while not stop.is_set():
            if self.holding.is_set():
                self.held.set()
                time.sleep(0.001)
                continue
            self.held.clear()
            for ends in self.families:
                self.burst(ends)
                self.ask(ends)
                self.listen(ends)
        return {"sent": self.sent, "asked": self.asked, "lost": self.lost_ones,
                "passed": self.passed, "open": self.open}

    def hold(self):
        """Pauses; what was sent has then been judged."""
        self.held.clear()
        self.holding.set()
        assert self.held.wait(60), "the checker does not hold"

    def go_on(self):
        self.holding.clear()


class Faulty(Killing):
    """An interface with a checker at work."""

    def setUp(self):
        super().setUp()
        self.random = random.Random(f"{SEED} {self.id()}")
        # Without this the driver loses its queue whenever it changes its way of receiving.
        self.here.run("ethtool", "-K", self.interface, "gro", "on")
        self.checker = self.load = self.before = None

    def check(self):
        """Starts the checker."""
        self.checker = Checker(self)
        self.load = Load(self.checker)
        self.addCleanup(self.load.kill)

    def guarded(self, certainly):
        """From now on the interface is certainly guarded, or not. While it was not, it may have
        been detached: then counters start from 0."""
        with self.checker.epoch:
            if self.checker.epoch.value % 2 != certainly:
                self.checker.epoch.value += 1
        if not certainly:
            self.before = None

    def recover(self, *commands):
        """Runs the next command, any of COMMANDS; it may refuse what is no longer possible."""
        words = self.random.choice(commands)
        done = self.call(*words)
        self.assertEqual(done.stderr.count("\n"), done.returncode, f"{words}: {done}")
        self.assertRegex(done.stderr, f"^$|{REFUSALS}", words)
        return words[0], done.returncode

    def finish(self, least=100):
        """Stops the checker: everything permitted came through, and nothing else."""
        (found,) = self.load.stop()
        self.assertIsInstance(found, dict, found)
        self.assertEqual(found["lost"], [])
        self.assertEqual(found["passed"], [])
        self.assertGreater(found["sent"], least)
        return found

    def assertWhole(self, policies=("one", "other", "large")):
        """The interface is guarded in both directions by one of POLICIES, nothing is left over or
        uncounted, and no counter has decreased."""
        status = self.status()
        self.assertIn(status["policy"], policies)
        self.assertEqual((status["attach_mode"], status["egress"]), ("native", "tcx"))
        self.assertEqual([p.name for p in PINS.iterdir()], [self.interface])
        self.assertPinsWhole()
        self.checker.hold()
        self.assertConserved()
        stats = self.stats()
        self.checker.go_on()
        if self.before:
            self.assertEqual(self.before.falls(stats), [])
        self.before = stats
        self.assertSeated()

    def assertOpen(self):
        """The interface is guarded in neither direction, and nothing is left over."""
        self.assertNothingPinned()
        self.assertNotIn('"xdp"', self.here.run("ip", "-j", "link", "show", self.interface))
        inside, outside = self.socket(self.here), self.socket(self.there)
        self.reaches(outside, inside)
        self.reaches(inside, outside)
        inside.close()
        outside.close()
