#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`edgexdp export nftables` as people use it: whether nft takes it, and real traffic through it."""

import errno
import os
import pathlib
import shutil
import socket
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "command"))

from guarded import EDGEXDP, FAMILIES, HERE, NOBODY, THERE, Guarded, main, policy, rule, tap, until
from shipped import POLICIES, filled_in

EVERYTHING = policy(
    "everything", "[baseline]",
    *(f"{key} = accept" for key in ("igmp", "other-ethertypes", "ping", "dhcp-client", "tcp-flags",
                                       "martians")),
    "arp = drop\nicmp-errors = drop\n",
    "[sets]", "tcp = 192.0.2.0/24, 192.0.2.1, 192.0.2.128-192.0.3.7, 2001:db8::/32, 2001:db8::1",
    "ip6 = tcp, ::-::ffff, 0.0.0.0", "whole = ::/0", "nothing = @nothing", "many = @many",
    rule("log", "both", "tcp, 17", "1-65535, 3", source_port="0-65535", log="yes", note='a "quote"',
         **{"from": "tcp, 10.0.0.0/8", "to": "ip6"}),
    rule("empty", "in", "udp", **{"from": "nothing"}),
    rule("cannot", "in", "icmp", to="whole"),
    rule("many", "both", "sctp", 5, "drop", **{"from": "many", "to": "whole, 10.0.0.0/8"}),
    rule("numbers", "in", "0, 1, 41, 58, 255, gre, esp, ah, icmpv6", action="drop"),
    rule("types", "both", "icmp, icmpv6",
         icmp_type="destination-unreachable/1, echo-request, 3, 4/0, 77, 255/255"),
    rule("all-types", "in", "icmp", icmp_type=", ".join(map(str, range(256)))),
    rule("all", "both"), mode="audit", outbound="accept", description="all that there is")


class Export(Guarded):
    def export(self, *arguments, **options):
        return self.succeeds("export", "nftables", *arguments, **options)

    def nft(self, *arguments, ruleset=None):
        done = subprocess.run(self.here.command("nft", *arguments), input=ruleset, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assertEqual(done.returncode, 0, done.stdout[:2000])
        return done.stdout


class Accepted(Export):
    def test_shipped_policies(self):
        for path in sorted(POLICIES.glob("*.ini")):
            with self.subTest(path.name):
                policy_file = self.file(filled_in(path.read_text()))
                self.nft("-c", "-f", "-", ruleset=self.export(policy_file))

    def test_everything_that_a_policy_can_say(self):
        self.file("", "nothing")
        self.file("".join(f"198.{i >> 8}.{i & 255}.0/25\n2001:db8:{i:x}::/48\n"
                          for i in range(20000)), "many")
        ruleset = self.export(self.file(EVERYTHING))
        self.nft("-c", "-f", "-", ruleset=ruleset)
        self.nft("-f", "-", ruleset=ruleset)
        listed = self.nft("list", "ruleset")
        for name in ("log", "many", "numbers", "types", "all"):
            self.assertSays(listed, f'comment "{name}"')
        self.assertSays(ruleset, "# empty matches nothing", "# cannot matches nothing")
        self.nft("-f", "-", ruleset=ruleset)
        self.assertEqual(self.nft("list", "ruleset"), listed)

    def test_a_million_prefixes(self):
        self.file("".join(f"2001:db8:{i >> 16:x}:{i & 0xffff:x}::/65\n" for i in range(1000000)), "many")
        path = self.file(policy("large", "[sets]", "many = @many",
                                rule("many", "in", **{"from": "many"})))
        self.assertEqual(self.export(path).count("::/65"), 1000000)

    def test_is_the_same_each_time_and_needs_no_privilege(self):
        path = self.file(EVERYTHING.replace("@nothing", "192.0.2.1").replace("@many", "any"))
        self.program = shutil.copy(EDGEXDP, self.sandbox.directory)
        self.assertEqual(self.export(path), self.export(path, prefix=NOBODY, cwd="/"))


class Rejects(Export):
    def test_senders_are_told(self):
        """By the same answers as edgexdp's, on the way in."""
        path = self.file(policy("rejects", "[rules]\nport = reject with port-unreachable in udp > :53\n"
                                "reset = reject with tcp-reset in tcp > :81\n"
                                "admin = reject with admin-prohibited in tcp > :82\n"
                                "out = reject out udp\nplain = reject in any\n"))
        ruleset = self.export("--interface", self.interface, path)
        self.assertSays(ruleset, "# out rejects: here nft can only drop")
        self.nft("-f", "-", ruleset=ruleset)
        for family, name in FAMILIES:
            for port, kind, number in (
                    (80, socket.SOCK_STREAM, errno.ECONNREFUSED),
                    (81, socket.SOCK_STREAM, errno.ECONNREFUSED),
                    (82, socket.SOCK_STREAM, (errno.EHOSTUNREACH, errno.EACCES)[family]),
                    (53, socket.SOCK_DGRAM, errno.ECONNREFUSED),
                    (54, socket.SOCK_DGRAM, (errno.EHOSTUNREACH, errno.EACCES)[family])):
                with self.subTest(f"{name} {port}"), self.assertRaises(OSError) as seen:
                    sender = self.socket(self.there, kind, family)
                    sender.connect((HERE[family], port))
                    sender.send(b"x")
                    sender.recv(1)
                self.assertEqual(seen.exception.errno, number)


class Refused(Export):
    def test_command_line(self):
        for arguments in ([], ["nftables"], ["iptables", "x.ini"], ["nftables", "x.ini", "y.ini"],
                          ["nftables", "x.ini", "--interface", 'a"b'], ["nftables", "--colour"]):
            self.assertSays(self.fails(2, "export", *arguments), "help export")

    def test_policy_with_errors(self):
        done = self.call("export", "nftables", self.file(policy("wrong", rule("r", "in", "udp", 70000))))
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, r":\d+:\d+: error: ")

    def test_output_that_cannot_be_written(self):
        path = self.file(policy("good", rule("r", "in", "udp", 5000)))
        with open("/dev/full", "w") as full:
            self.assertSays(self.fails(1, "export", "nftables", path, stdout=full), "cannot write")


class InForce(Export):
    """Real sockets, with nothing but the ruleset between them."""

    def load(self, text):
        path = self.file(text)
        self.nft("-f", "-", ruleset=self.succeeds("export", "--interface", self.interface,
                                                  "nftables", path))

    def test_services_and_clients(self):
        self.load(policy("talk", rule("web-in", "in", "tcp", 8443), rule("ask-out", "out", "udp", 5353)))
        for family in (0, 1):
            for server, client in ((self.here, self.there), (self.there, self.here)):
                with self.subTest(family=family, server=server.name):
                    if server is self.here:
                        opened, accepted = self.connect(client, server, 8443, family)
                        opened.sendall(b"hallo")
                        self.assertEqual(accepted.recv(100), b"hallo")
                    else:
                        asking = self.socket(client, family=family)
                        answering = self.socket(server, family=family, port=5353)
                        self.send(asking, 5353)
                        _, back = answering.recvfrom(100)
                        answering.sendto(b"answer", back)
                        self.assertEqual(asking.recv(100), b"answer")
            receiver = self.socket(self.here, family=family, port=6000)
            self.send(self.socket(self.there, family=family), 6000)
            with self.assertRaises(OSError):  # EPERM: the hook on the way out drops it
                self.send(receiver, 7000)
            self.assertSilent(receiver)

    def ask_for_neighbour(self):
        """Sends a datagram to `there`, whose address has to be asked for; returns its receiver."""
        self.here.run("ip", "neigh", "flush", "dev", self.interface)
        receiver = self.socket(self.there, port=5000)
        self.send(self.socket(self.here), 5000)
        return receiver

    def neighbour_is(self, state):
        return state in self.here.run("ip", "neigh", "show", THERE[0])

    def test_arp(self):
        arp = policy("arp", "[baseline]\narp = {}\n", rule("all", "both"))
        self.load(arp.format("accept"))
        receiver = self.ask_for_neighbour()
        self.assertEqual(receiver.recv(100), b"x")
        receiver.close()
        self.load(arp.format("drop"))
        receiver = self.ask_for_neighbour()
        until(lambda: self.neighbour_is("FAILED"), "nobody answers")
        self.assertSilent(receiver)


if os.geteuid() == 0 and not shutil.which("nft"):
    tap.skip("there is no nft here")
main()
