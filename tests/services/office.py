# SPDX-License-Identifier: GPL-2.0-or-later
"""An office behind a router with five interfaces, called as in policies/gateway.ini: eth0 and eth3 are uplinks, eth1 the
LAN, eth2 the DMZ, and wg0 the VPN, for which a tun device stands. Beyond eth0 there is a link that is narrower than
both ends know."""

import json
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True  # leave the source tree as it is
TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / folder) for folder in ("shared", "command", "service")]

from guarded import HERE, THERE, Guarded, Stats, run, until
from shipped import POLICIES
from tunnels import Wire, tun

WORKS = 10  # seconds, for an answer that must come
NARROW = 1400  # bytes
# By family. The world has two addresses, and each is reached by an uplink of its own.
WORLD = (THERE, ("203.0.113.8", "2001:db8:9::8"))
USER, ADMIN = ("192.168.1.20", "2001:db8:1::20"), ("192.168.1.200", "2001:db8:1::c8")
SERVER, PEER = ("192.168.2.80", "2001:db8:2::80"), ("192.168.3.20", "2001:db8:3::20")
# The router's end of each network, and the other end, with the prefix lengths.
LAN, DMZ, VPN = [(f"192.168.{n}.1", f"2001:db8:{n}::1") for n in (1, 2, 3)]
INNER, ISP = HERE, ("198.51.100.1", "2001:db8::1")
OUTER = ("203.0.113.1", "2001:db8:9::1")
SECOND, OTHER_ISP = ("192.0.2.10", "2001:db8:b::10"), ("192.0.2.1", "2001:db8:b::1")
LENGTHS = (24, 64)
POLICY = "gateway.ini"


class Office(Guarded):
    """`here` is the router, `there` the world."""

    def cable(self, _):
        self.isp, self.lan, self.dmz, self.peer = map(self.sandbox.namespace, ("isp", "lan", "dmz", "peer"))
        for interface, other, far in ("eth0", self.isp, "inner"), ("eth1", self.lan, "lan"), ("eth2", self.dmz, "dmz"), \
                ("eth3", self.there, "second"):
            self.sandbox.cable(self.here, interface, other, far)
        self.sandbox.cable(self.isp, "outer", self.there, "peer")
        self.tunnel()
        for namespace in self.here, self.isp:
            for path in "ipv4/ip_forward", "ipv6/conf/all/forwarding":
                namespace.run("sh", "-c", f"echo 1 >/proc/sys/net/{path}")
        for namespace, interface, *addresses in self.ends():
            self.address(namespace, interface, *addresses)
        for family in 0, 1:
            self.routes(family)

    def tunnel(self):
        wire = Wire(tun(self.here, "wg0"), tun(self.peer, "tunnel"))
        wire.start()
        self.addCleanup(wire.stop)

    def ends(self):
        return ((self.here, "eth0", INNER), (self.isp, "inner", ISP), (self.isp, "outer", OUTER),
                (self.there, "peer", WORLD[0]), (self.there, "lo", WORLD[1]), (self.here, "eth3", SECOND),
                (self.there, "second", OTHER_ISP), (self.here, "eth1", LAN), (self.lan, "lan", USER, ADMIN),
                (self.here, "eth2", DMZ), (self.dmz, "dmz", SERVER), (self.here, "wg0", VPN), (self.peer, "tunnel", PEER))

    @staticmethod
    def address(namespace, interface, *addresses):
        for pair in addresses:
            for address, length in zip(pair, (32, 128) if interface == "lo" else LENGTHS):
                nodad = ["nodad"] if ":" in address else []
                run("ip", "-n", namespace.name, "address", "add", f"{address}/{length}", "dev", interface, *nodad)
        run("ip", "-n", namespace.name, "link", "set", interface, "up")

    def routes(self, family):
        def route(namespace, *words):
            namespace.run("ip", ("-4", "-6")[family], "route", "replace", *words)

        inside = ("192.168.0.0/16", "2001:db8::/46")[family]
        for namespace, gateway in ((self.lan, LAN), (self.dmz, DMZ), (self.peer, VPN), (self.here, ISP), (self.there, OUTER)):
            route(namespace, "default", "via", gateway[family])
        route(self.here, WORLD[1][family], "via", OTHER_ISP[family])
        route(self.isp, inside, "via", INNER[family])
        route(self.isp, WORLD[0][family], "dev", "outer", "mtu", "lock", str(NARROW))
        route(self.there, "default", "via", SECOND[family], "table", "8")
        self.there.run("ip", ("-4", "-6")[family], "rule", "add", "from", WORLD[1][family], "lookup", "8")

    def filled(self):
        """The shipped policy, with one more uplink."""
        return self.file((POLICIES / POLICY).read_text().replace("wan = eth0\n", "wan = eth0, eth3\n"), POLICY)

    def attach_all(self):
        """Guards all interfaces; a warning says how wg0 is."""
        done = self.call("attach", "all", self.filled())
        self.assertEqual(done.returncode, 0, done.stderr)

    def client(self, namespace, *command):
        """What COMMAND prints if it gets what it wants; or nothing."""
        done = subprocess.run(namespace.command("timeout", str(WORKS), *command), text=True, stdin=subprocess.DEVNULL,
                              capture_output=True, check=False)
        return done.stdout if done.returncode == 0 else ""

    def each(self):
        """What is counted, by interface."""
        return {one["interface"]: Stats(one) for one in json.loads(self.succeeds("stats", "--json", "all"))}

    def stand_still(self):
        """What is counted at a moment when nothing is: hosts send packets by themselves."""
        def attempt():
            before, after = self.succeeds("stats", "--json", "all"), self.each()
            return [after] if json.loads(before) == [one.interface for one in after.values()] else None
        return until(attempt, "the counters stand still")[0]

    def assertConserved(self):
        for interface, stats in self.stand_still().items():
            for direction in "in", "out":
                self.assertEqual(stats.judged(direction), stats.seen[direction], (interface, direction))
