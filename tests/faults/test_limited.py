#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A million SYNs and a million datagrams to ports that are open, from few and from random sources: honest
clients are served, the others held to their rate, and banned while the service is stopped."""

import contextlib
import json
import re
import signal
import socket
import threading
import time

from fault import main
from generator import Generator

from guarded import HERE, THERE, entered, policy
from sandbox import until
from serving import Serving

COUNT = 1 << 20
WEB, TALK = 4433, 4000
RATE, BURST = 50, 100
FEW = "203.0.113.128"  # and those after it
HOW_MANY = 20
POLICY = policy("limited", f"""[rules]
web  = accept in tcp > :{WEB}  limit {RATE} new/second per source burst {BURST}
talk = accept in udp > :{TALK}  limit {RATE}/second per source burst {BURST} then ban 1h
""")


class Clients(threading.Thread):
    """Somebody who opens a connection and asks by UDP, again and again, each time patiently: what the
    cable loses in a flood is sent again."""

    def __init__(self, test):
        super().__init__(daemon=True)
        self.ending, self.served, self.failed = threading.Event(), 0, []
        self.server = test.listener(socket.SOCK_STREAM, WEB)
        self.echo = test.listener(socket.SOCK_DGRAM, TALK)
        self.test = test
        self.answering = [threading.Thread(target=work, daemon=True) for work in (self.accept, self.answer)]
        for thread in (self, *self.answering):
            thread.start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                self.server.accept()[0].close()

    def answer(self):
        with contextlib.suppress(OSError):
            while not self.ending.is_set():
                data, sender = self.echo.recvfrom(100)
                if sender[0] == THERE[0]:
                    self.echo.sendto(data, sender)

    def run(self):
        while not self.ending.wait(0.1):
            for one in (self.connect, self.ask):
                try:
                    one()
                    self.served += 1
                except OSError as error:
                    self.failed.append((one.__name__, error))

    def client(self, kind, seconds):
        with entered(self.test.there):
            made = socket.socket(socket.AF_INET, kind)
        made.bind((THERE[0], 0))
        made.settimeout(seconds)
        return made

    def connect(self):
        with self.client(socket.SOCK_STREAM, 10) as client:
            client.connect((HERE[0], WEB))

    def ask(self):
        with self.client(socket.SOCK_DGRAM, 0.5) as client:
            for left in range(9, -1, -1):
                client.sendto(b"x", (HERE[0], TALK))
                try:
                    client.recv(100)
                    return
                except TimeoutError:
                    if not left:
                        raise

    def stop(self):
        self.ending.set()
        self.join()
        return self.served, self.failed


class Limited(Serving):
    def setUp(self):
        super().setUp()
        # The addresses that this host answers do not exist; it must not wait for them.
        self.here.run("ip", "route", "add", "blackhole", f"{FEW}/25")
        self.here.run("ip", "route", "add", "blackhole", "64.0.0.0/8")
        self.serve(self.file(POLICY))

    def listener(self, kind, port):
        with entered(self.here):
            made = socket.socket(socket.AF_INET, kind)
        made.bind((HERE[0], port))
        if kind == socket.SOCK_STREAM:
            made.listen(1024)
        self.addCleanup(made.close)
        return made

    def judged(self, rule_name):
        """How many packets came for a rule, and how many it let in."""
        stats = self.stats()
        rule = stats.rules[rule_name, "in"]
        return rule["packets"] + rule["limited_packets"] + stats.reason("banned", "in"), rule["packets"]

    def flood(self, rule_name, sources, packet):
        """COUNT packets at least; returns how many the rule let in, and in how many seconds."""
        came, passed = self.judged(rule_name)
        begin = time.monotonic()
        generator = Generator(self, "--sources", sources, "--source-ports", 50000, packet)
        until(lambda: self.judged(rule_name)[0] - came > COUNT, "the flood", 60)
        sent, refused, said = generator.stop()
        until(lambda: self.judged(rule_name)[0] - came >= sent - refused, "all of it")
        seconds = time.monotonic() - begin
        now, let_in = self.judged(rule_name)
        print(f"\n{rule_name} from {sources}: {said}; {let_in - passed} of {now - came} let in", end="")
        return let_in - passed, seconds

    def banned(self):
        return {one["address"] for one in json.loads(self.succeeds("bans", "--json", self.interface))}

    def test_flood(self):
        clients = Clients(self)
        until(lambda: clients.served > 3, "clients before the flood")
        self.kill(signal.SIGSTOP)
        syns, seconds = self.flood("web", HOW_MANY, f"in tcp {FEW}:1024 > {HERE[0]}:{WEB} syn")
        # The clients are sources, too, and what they send is counted as well.
        self.assertLessEqual(syns, (HOW_MANY + 1) * (BURST + RATE * seconds))
        self.assertEqual(self.banned(), set(), "SYNs prove nothing")
        talk, _ = self.flood("talk", HOW_MANY, f"in udp {FEW}:1024 > {HERE[0]}:{TALK}")
        first = int(FEW.rsplit(".", 1)[1])
        self.assertEqual(self.banned(), {f"203.0.113.{first + i}" for i in range(HOW_MANY)})
        self.assertLess(talk, COUNT / 100)
        self.kill(signal.SIGCONT)
        self.flood("web", 1 << 24, f"in tcp 64.0.0.0:1024 > {HERE[0]}:{WEB} syn")
        self.flood("talk", 1 << 24, f"in udp 64.0.0.0:1024 > {HERE[0]}:{TALK}")
        self.assertNotIn(THERE[0], self.banned())
        served, failed = clients.stop()
        self.assertEqual(failed, [], f"{served} were served")
        self.told()

    def told(self):
        """In the metrics, and in a journal that the flood did not fill."""
        metrics = self.succeeds("stats", "--prometheus", self.interface)
        for rule_name in ("web", "talk"):
            limited = re.search(rf'^edgexdp_rule_limited_packets_total{{.*rule="{rule_name}",direction="in"}} (\d+)$',
                                metrics, re.MULTILINE)
            self.assertGreater(int(limited[1]), 0)
        lines = self.said.read_text().splitlines()
        self.assertLess(len(lines), 20, lines)
        self.says("limits dropped", "of rule", f"edgexdp top {self.interface} shows who sends")
        print("\n" + "\n".join(lines))


main()
