#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A bridge and its ports: which packets each of them sees, as docs/interfaces.md tells. VLANs and bonds are in tests/oldest."""

import json
import socket

from guarded import Guarded, entered, main, policy, run, until

ROUTER, ONE, OTHER = "10.5.0.1", "10.5.0.2", "10.5.0.3"
PORT = 4000
COUNTING = policy("counting", f"[rules]\nseen = accept both udp > :{PORT}\n")


class Bridged(Guarded):
    """`here` has a bridge, br0, with a port for `one` and one for `other`."""

    def setUp(self):
        super().setUp()
        ip = ("ip", "-n", self.here.name)
        run(*ip, "link", "add", "name", "br0", "type", "bridge", "mcast_snooping", "0")
        self.hosts = {}
        for port, address in ("port1", ONE), ("port2", OTHER):
            host = self.hosts[address] = self.sandbox.namespace(port)
            self.sandbox.cable(self.here, port, host, "eth0")
            run(*ip, "link", "set", port, "master", "br0", "up")
            run("ip", "-n", host.name, "address", "add", f"{address}/24", "dev", "eth0")
            run("ip", "-n", host.name, "link", "set", "eth0", "up")
        run(*ip, "address", "add", f"{ROUTER}/24", "dev", "br0")
        run(*ip, "link", "set", "br0", "up")
        self.hosts[ROUTER] = self.here

    def end(self, address, port=0):
        with entered(self.hosts[address]):
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(made.close)
        made.settimeout(20)
        made.bind((address, port))
        return made

    def guard(self, *interfaces, text):
        path = self.file(text)
        for interface in interfaces:
            done = self.call("attach", interface, path)
            self.assertEqual(done.returncode, 0, done.stderr)

    def says(self, source, destination):
        """A datagram gets there."""
        receiver = self.end(destination, PORT)
        self.end(source).sendto(b"hello", (destination, PORT))
        self.assertEqual(receiver.recv(100), b"hello")
        receiver.close()

    def sees(self, interface, source, destination):
        """In which directions INTERFACE saw that."""
        before = self.udp(interface)
        self.says(source, destination)
        return {way for way, count in self.udp(interface).items() if count > before[way]}

    def udp(self, interface):
        """How many packets were counted at the rule seen, by direction."""
        return {r["direction"]: r["packets"] for r in self.counted(interface)["rules"]}

    def counted(self, interface):
        return json.loads(self.succeeds("stats", "--json", interface))[0]

    def test_who_sees_what(self):
        self.guard("port1", "port2", "br0", text=COUNTING)
        self.assertEqual({i: self.sees(i, ONE, OTHER) for i in ("port1", "port2", "br0")},
                         {"port1": {"in"}, "port2": {"out"}, "br0": set()})
        self.assertEqual({i: self.sees(i, ONE, ROUTER) for i in ("port1", "port2", "br0")},
                         {"port1": {"in"}, "port2": set(), "br0": {"in"}})
        self.assertEqual({i: self.sees(i, ROUTER, OTHER) for i in ("port1", "port2", "br0")},
                         {"port1": set(), "port2": {"out"}, "br0": {"out"}})

    def test_the_bridge_alone_guards_the_host(self):
        self.guard("br0", text=policy("shut"))
        self.says(ONE, OTHER)
        self.end(ONE).sendto(b"forbidden", (ROUTER, PORT))
        until(lambda: self.dropped("br0"), "that is dropped")

    def test_a_port_guards_what_is_behind_the_bridge_as_well(self):
        self.guard("port1", text=policy("shut"))
        run("ip", "-n", self.hosts[ONE].name, "neighbour", "replace", OTHER, "dev", "eth0", "lladdr",
            self.link_address(self.hosts[OTHER]), "nud", "permanent")
        self.end(ONE).sendto(b"forbidden", (OTHER, PORT))
        until(lambda: self.dropped("port1"), "that is dropped")
        self.says(OTHER, ROUTER)

    @staticmethod
    def link_address(host):
        return run("ip", "-n", host.name, "-o", "link", "show", "eth0").split("link/ether ")[1].split()[0]

    def test_rules_of_zones_for_ports(self):
        """What is bridged is forwarded: it comes in by one port and goes out by another."""
        zones = policy("ports", "[interfaces]\none = port1\nother = port2\n[rules]\n"
                                f"talk = accept forward one to other udp > :{PORT}\n")
        self.guard("port1", "port2", text=zones)
        self.says(ONE, OTHER)
        self.end(OTHER).sendto(b"forbidden", (ONE, PORT))
        until(lambda: self.dropped("port2"), "the other way is dropped")

    def dropped(self, interface):
        return sum(r["packets"] for r in self.counted(interface)["reasons"] if (r["name"], r["direction"]) == ("default", "in"))


main()
