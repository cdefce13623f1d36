# SPDX-License-Identifier: GPL-2.0-or-later
"""The base of tests with several interfaces: a router between two networks and a far host."""

import json
import socket

from guarded import Guarded, entered, policy, run

LAN, WAN, DMZ = "10.1.0.2", "192.0.2.7", "10.2.0.2"
ROUTER = {"lan0": "10.1.0.1", "dmz0": "10.2.0.1", "wan0": "192.0.2.1"}
ZONES = "[interfaces]\nwan = wan0, ppp*\nlan = lan0\ndmz = dmz0\n"


def zoned(name, *lines, interfaces=ZONES):
    """A policy called NAME with these rules, a line each."""
    return policy(name, interfaces, "[rules]\n" + "\n".join(lines) + "\n")


class Zoned(Guarded):
    """`here` routes between `lan`, `dmz` and `there`, which is beyond wan0."""

    def setUp(self):
        super().setUp()
        self.lan, self.dmz = self.sandbox.namespace("lan"), self.sandbox.namespace("dmz")
        for interface, host, address in (("wan0", self.there, WAN), ("lan0", self.lan, LAN), ("dmz0", self.dmz, DMZ)):
            self.sandbox.cable(self.here, interface, host, "peer0")
            gateway = ROUTER[interface]
            run("ip", "-n", self.here.name, "address", "add", gateway + "/24", "dev", interface)
            run("ip", "-n", self.here.name, "link", "set", interface, "up")
            run("ip", "-n", host.name, "address", "add", address + "/24", "dev", "peer0")
            run("ip", "-n", host.name, "link", "set", "peer0", "up")
            for other in ROUTER.values():
                if other != gateway:
                    run("ip", "-n", host.name, "route", "add", f"{other[:-1]}0/24", "via", gateway)
        self.here.run("sysctl", "-qw", "net.ipv4.ip_forward=1")

    def policies(self):
        """Which policy is in force, by interface."""
        return {shown["interface"]: shown["policy"]
                for shown in json.loads(self.succeeds("status", "--json"))}

    def ends(self, namespace, address, port=0):
        """A datagram socket of NAMESPACE."""
        with entered(namespace):
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(made.close)
        made.settimeout(20)
        made.bind((address, port))
        return made
