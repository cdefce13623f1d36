#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Everything at once, for EDGEXDP_SECONDS: interfaces are renamed, set down, moved, deleted and
made again, programs detached, files replaced, services killed. Whenever a command or the service
says that an interface is guarded, forbidden packets must not come through from then on until
something is done to it again; when one says that it is not guarded, they must."""

import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import time

from cable import Cable, Watch
from fault import ASK, FLOOD, FORBIDDEN, PINS, SEED, main, policy, rule
from guarded import PATIENCE
from sandbox import Failure, until
from serving import Serving

SECONDS = float(os.environ.get("EDGEXDP_SECONDS", 120))
RULES = (rule("flood-in", "in", "udp", FLOOD), rule("ask-out", "out", "udp", ASK))
GOOD = [policy("one", *RULES), policy("other", rule("telnet", "in", "tcp", 23), *RULES)]
BROKEN = "[policy]\nname = broken\nport = 70000\n"
PACKET = f"in udp 203.0.113.7:5000 > 198.51.100.10:{FORBIDDEN}"
# Commands that say, by success, that the interface is guarded.
CLAIMS = (("status", "NAME"), ("status", "--json", "NAME"), ("stats", "NAME"), ("bans", "NAME"),
          ("explain", "NAME", PACKET), ("reload", "NAME"), ("reload", "--confirm", "2s", "NAME"),
          ("confirm", "NAME"), ("rollback", "NAME"), ("ban", "NAME", "192.0.2.1"),
          ("unban", "NAME", "--all"))
OPEN = re.compile(r"is not guarded|missing|taken off|NOT GUARDED")


class Chaos(Serving):
    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)
        self.elsewhere = self.sandbox.namespace("elsewhere")
        self.policy = self.file(GOOD[0], "chaos.ini")
        self.bad_lodger = self.lodger()
        self.watch = Watch()
        self.cables = [Cable(self, self.name()) for _ in range(2)]
        self.watch.cables = list(self.cables)
        self.told = []
        self.claims = {"guarded": 0, "open": 0}
        self.watch.start()
        self.addCleanup(self.end_watch)

    def end_watch(self):
        self.watch.ending.set()
        self.watch.join()

    def tell(self, *words):
        self.told.append(f"{time.monotonic() - self.begun:7.2f} {' '.join(map(str, words))}")

    # What is done to interfaces.

    def touch(self, cable):
        """From now on nobody has said that it is guarded."""
        with self.watch.lock:
            cable.epoch += cable.epoch % 2

    def rename(self, cable):
        old, cable.near = cable.near, self.name()
        with self.watch.lock:
            cable.ip("set", old, "down")
            cable.ip("set", old, "name", cable.near)
            cable.ip("set", cable.near, "up")
        self.tell("rename", old, cable.near)
        if len(self.cables) < 4 and self.random.random() < 0.5:
            self.tell("another is called", old)
            self.add(Cable(self, old))

    def add(self, cable):
        with self.watch.lock:
            self.cables.append(cable)
            self.watch.cables.append(cable)

    def set_down_and_up(self, cable):
        cable.ip("set", cable.near, "down")
        cable.ip("set", cable.near, "up")

    def make_anew(self, cable):
        """With its old index, or with a new one."""
        index = cable.shown()["ifindex"] if self.random.random() < 0.5 else None
        with self.watch.lock:
            cable.ip("del", cable.near)
            cable.make(index=index)

    def move(self, cable):
        """To another namespace, where commands are run too, and back."""
        with self.watch.lock:
            cable.ip("set", cable.near, "netns", self.elsewhere.name)
            cable.place = self.elsewhere
            cable.tap()
        self.hear(cable)
        with self.watch.lock:
            cable.ip("set", cable.near, "netns", self.here.name)
            cable.place = self.here
            cable.ip("set", cable.near, "up")
            cable.tap()

    def take_program_off(self, cable):
        pin = PINS / cable.near / self.random.choice(("link_in", "link_out"))
        subprocess.run(["bpftool", "link", "detach", "pinned", str(pin)], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False)
        if self.random.random() < 0.3:
            subprocess.run(self.here.command("ip", "link", "set", cable.near, "xdpgeneric", "obj",
                                             str(self.bad_lodger), "sec", "xdp"),
                           stderr=subprocess.DEVNULL, check=False)

    def take_lodger_off(self, cable):
        for kind in ("xdpgeneric", "xdpdrv"):
            subprocess.run(self.here.command("ip", "link", "set", cable.near, kind, "off"),
                           stderr=subprocess.DEVNULL, check=False)

    def unpin(self, cable):
        shutil.rmtree(PINS / cable.near, ignore_errors=True)

    def replace_file(self, _):
        self.policy.write_text(self.random.choice([*GOOD, *GOOD, BROKEN]))

    def attach(self, cable):
        done = self.call("attach", cable.near, self.policy)
        self.judge(cable, ("attach",), done)

    def detach(self, cable):
        self.call("detach", cable.near)

    def serve_or_kill(self, cable):
        """Starts a service for the cable, or kills the running one."""
        if self.is_followed():
            self.service.send_signal(self.random.choice((signal.SIGKILL, signal.SIGTERM)))
            self.ended()
            return
        self.notices.during(0)  # discards what the previous one has said
        before = len(self.notices.lines)
        self.policy.write_text(GOOD[0])
        self.start(self.policy, "--listen", "none", interface=cable.near)

        def heard():
            self.notices.during(0.05)
            said = [line for _, line in self.notices.lines[before:]]
            return ("READY=1" in said or any("NOT GUARDED" in line for line in said)
                    or not self.is_followed())
        try:
            until(heard, "the service", PATIENCE)
        except Failure as failure:
            self.fail(self.story(f"{cable.near}: {failure}"))
        if "READY=1" in [line for _, line in self.notices.lines[before:]]:
            self.guarded(cable, "the service is ready")

    def ended(self):
        try:
            self.service.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            stack = pathlib.Path("/proc", str(self.service.pid), "stack").read_text()
            self.fail(self.story(f"the service does not end, it is in\n{stack}"))

    def signal(self, _):
        if self.is_followed():
            self.service.send_signal(signal.SIGHUP)

    # What commands and the service say.

    def is_followed(self):
        return bool(self.service) and self.service.poll() is None

    def hear(self, cable):
        words = [cable.near if word == "NAME" else word for word in self.random.choice(CLAIMS)]
        self.judge(cable, words, self.call(*words))

    def judge(self, cable, words, done):
        """Compares what a command said about CABLE's near end with what happens to packets there."""
        said = (done.stdout or "") + done.stderr
        if done.returncode == 0 or "is guarded already" in said:
            self.guarded(cable, f"{words}: {done.returncode} {said.strip()[:300]}")
        elif OPEN.search(said) and not self.is_followed() and cable.place is self.here:
            self.is_open(cable, f"{words}: {said.strip()[:300]}")

    def guarded(self, cable, who):
        """WHO says that it is guarded: nothing forbidden comes through, and permitted packets do."""
        self.claims["guarded"] += 1
        if cable.place is not self.here:
            self.fail(self.story(f"{cable.near} is not in this namespace, but {who}"))
        with self.watch.lock:
            cable.epoch += 1 - cable.epoch % 2
        for direction in ("in", "out"):
            if not self.watch.passes(cable, direction, PATIENCE):
                self.fail(self.story(f"{cable.near}: nothing permitted passes {direction}, but {who}"))
        if self.watch.leaks:
            self.fail(self.story(f"forbidden: {self.watch.leaks}, but {who}"))

    def is_open(self, cable, who):
        self.claims["open"] += 1
        before = self.watch.count(cable)
        try:
            until(lambda: self.watch.count(cable) != before, "", 5)
        except Failure:
            self.fail(self.story(f"{cable.near} is closed, but {who}"))

    def story(self, what):
        said = self.said.read_text().splitlines() if self.said.exists() else []
        notices = [line for _, line in self.notices.lines]
        return "\n".join([f"seed {SEED}: {what}", *self.told[-25:], *said[-10:], *notices[-5:]])

    def test_words_are_true(self):
        self.begun = time.monotonic()
        # What harms one interface may harm another: renaming hands on names.
        deeds = (self.rename, self.set_down_and_up, self.make_anew, self.move, self.take_program_off,
                 self.take_lodger_off, self.unpin, self.replace_file, self.attach, self.attach, self.detach,
                 self.serve_or_kill, self.serve_or_kill, self.signal)
        while time.monotonic() - self.begun < SECONDS:
            cable, deed = self.random.choice(self.cables), self.random.choice(deeds)
            for one in self.cables:
                self.touch(one)
            self.tell(deed.__name__, cable.near)
            deed(cable)
            for _ in range(3):
                self.hear(self.random.choice(self.cables))
            self.all_that_are_shown()
        print(f"\n{self.claims}, {self.watch.sent} forbidden frames, seed {SEED}")
        self.assertGreater(self.claims["guarded"], SECONDS / 10)
        self.put_in_order()

    def all_that_are_shown(self):
        """`status` of everything shows only what exists."""
        done = self.call("status", "--json")
        if done.returncode:
            return
        names = re.findall(r'"interface": ?"([^"]+)"', done.stdout)
        for name in names:
            cable = [one for one in self.cables if one.near == name and one.place is self.here]
            self.assertTrue(cable, self.story(f"status speaks of {name}: {done.stdout}"))
            self.guarded(cable[0], f"status --json: {done.stdout[:300]}")

    def put_in_order(self):
        """Whatever happened, an administrator can go on."""
        if self.is_followed():
            self.service.terminate()
            self.ended()
        self.policy.write_text(GOOD[0])
        for cable in self.cables:
            self.touch(cable)
            self.take_lodger_off(cable)
            self.call("detach", cable.near)
            done = self.call("attach", cable.near, self.policy)
            self.assertEqual((done.returncode, done.stderr), (0, ""), self.story("at the end"))
            self.guarded(cable, "attach")
            self.touch(cable)
            self.succeeds("detach", cable.near)
        self.assertNothingPinned()


main()
