#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A policy for several interfaces and its export judge the same packets alike: those that a router
forwards, those that it sends, and those that are for it."""

import pathlib
import socket
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "command"))

from gateway import INSIDE, ROUTER, Gateway
from guarded import FAMILIES, HERE, PATIENCE, THERE, entered, main, policy

OWN, MARK, PORTS = 40000, 9, range(1000, 1010)
RULES = [
    f"mark  = accept in udp > :{MARK}", f"marks = accept forward udp > :{MARK}",
    f"sends = accept out udp > :{MARK}",
    "lan   = accept in on lan udp > self:1001",
    "all   = accept in udp > self:1002",
    "web   = accept forward wan to lan udp > :1003",
    "not   = drop forward lan to wan udp > :1005",
    "surf  = accept forward any but wan to wan udp > :1004-1006",
    "own   = accept out on wan udp self > :1006-1007",
    "out   = accept out on any but wan udp > :1008",
    "fwd   = accept forward udp > :1008",
    "any   = accept out udp > :1009",
]


class Forwarded(Gateway):
    def setUp(self):
        super().setUp()
        self.hosts = {"here": self.here, "inside": self.inside, "there": self.there}
        self.places = {(host, address): self.hosts[host] for host, addresses in
                       (("here", HERE), ("here", ROUTER), ("inside", INSIDE), ("there", THERE))
                       for address in addresses}

    def policy(self, interfaces):
        return self.file(policy("forwards", interfaces, "[rules]", *RULES, ""))

    def open(self, place, port):
        host, address = place
        with entered(self.hosts[host]):
            made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        made.settimeout(PATIENCE)
        made.bind((address, port))
        return made

    def pairs(self):
        """Who sends to whom: all that have a cable between them, or the router."""
        for host, source in self.places:
            for other, to in self.places:
                outer = {source, to} & set(THERE)
                inner = {source, to} & set(INSIDE)
                if host == other or (":" in source) != (":" in to) or (outer and to in ROUTER):
                    continue
                if host == "here" and source in (ROUTER if outer else HERE):
                    continue  # the router has an address towards each
                if outer or inner:
                    yield (host, source), (other, to)

    def passing(self):
        """Sends to all ports, and back from them; returns what arrives."""
        sockets = {(place, port): self.open(place, port)
                   for place in self.places for port in (OWN, MARK, *PORTS)}
        arrived = set()
        try:
            for back in (False, True):
                for one, other in self.pairs():
                    for port in PORTS:
                        start, end = (port, OWN) if back else (OWN, port)
                        self.try_send(sockets[one, start], f"{one} {port}", (other[1], end))
                    self.try_send(sockets[one, OWN], f"{one} mark", (other[1], MARK))
                    while sockets[other, MARK].recv(100).decode() != f"{one} mark":
                        pass
                    ends = [OWN] if back else PORTS
                    for port in ends:
                        arrived |= {(back, other, text) for text in self.drain(sockets[other, port])}
        finally:
            for one in sockets.values():
                one.close()
        return arrived

    @staticmethod
    def try_send(sender, text, to):
        try:
            sender.sendto(text.encode(), to)
        except PermissionError:
            pass  # the filter of the sender itself has dropped it

    @staticmethod
    def drain(receiver):
        receiver.setblocking(False)
        try:
            while True:
                yield receiver.recv(100).decode()
        except BlockingIOError:
            receiver.settimeout(PATIENCE)

    def nft(self, *arguments, ruleset=None):
        done = subprocess.run(self.here.command("nft", *arguments), input=ruleset, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assertEqual(done.returncode, 0, done.stdout[:2000])

    def assertAlike(self, path):
        for interface in (self.wan, self.lan):
            self.assertEqual(self.call("attach", interface, path).returncode, 0)
        ours = self.passing()
        for interface in (self.wan, self.lan):
            self.succeeds("detach", interface)
        everything = self.passing()
        ruleset = self.succeeds("export", "nftables", path)
        self.nft("-f", "-", ruleset=ruleset)
        theirs = self.passing()
        self.assertEqual(ours, theirs)
        self.assertLess(ours, everything)
        return ours, ruleset

    def test_zones(self):
        ours, _ = self.assertAlike(self.policy(f"[interfaces]\nwan = {self.wan}\nlan = {self.lan}\n"))
        for family, _ in FAMILIES:
            inside, there, here = (("inside", INSIDE[family]), ("there", THERE[family]), ("here", HERE[family]))
            for expected in ((False, there, f"{inside} 1004"), (True, inside, f"{there} 1004"),
                             (False, inside, f"{there} 1003"), (False, there, f"{here} 1007"),
                             (False, here, f"{there} 1002")):
                self.assertIn(expected, ours)
            for dropped in ((False, there, f"{inside} 1005"), (False, there, f"{inside} 1007"),
                            (False, inside, f"{there} 1004"), (True, inside, f"{there} 1007"),
                            (False, here, f"{there} 1001")):
                self.assertNotIn(dropped, ours)

    def test_patterns(self):
        """A name that another zone has is taken away from a pattern."""
        _, ruleset = self.assertAlike(self.policy(f"[interfaces]\nwan = {self.wan[:-1]}*\nlan = {self.lan}\n"))
        self.assertIn("iifname != {", ruleset)

    def test_interfaces(self):
        """Without [interfaces]."""
        rules = [rule.replace("wan", self.wan).replace("lan ", f"{self.lan} ").replace(f"{self.lan}   =", "lan   =")
                 for rule in RULES]
        self.assertAlike(self.file(policy("names", "[rules]", *rules, "")))


main()
