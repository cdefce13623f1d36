#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""policies/gateway.ini in force on all interfaces of a router with a LAN, a DMZ, a VPN and two uplinks: who is in one of them
uses what people use, in both families, and gets what the policy says and no more."""

import concurrent.futures
import json
import shutil
import signal
import socket
import subprocess
import sys
import threading
import unittest

from office import ADMIN, DMZ, HERE, LAN, NARROW, PEER, SERVER, USER, VPN, WORKS, WORLD, Office

from guarded import FAMILIES, entered, main
from nameserver import NameServer
from sandbox import until
from serving import Serving

import clients
import services

SILENCE = 2  # seconds, for an answer that must not come; drops are counted as well
UPLINKS = ("eth0", "eth3")
LARGE, LARGE_PORT = 8000, 5000  # bytes, several packets


def at(address):
    return f"[{address}]" if ":" in address else address


class Gateway(Office):
    def setUp(self):
        super().setUp()
        for namespace in self.there, self.dmz, self.lan:
            self.sandbox.start(namespace, f"http-{namespace.name}", sys.executable, "-m", "http.server", "--bind", "::", "80")
        everybody = [address for pair in WORLD for address in pair]
        services.start_sockets(self.sandbox, self.there, everybody, "tcp:22", "tcp:25", "udp:5000", "udp:443")
        services.start_sockets(self.sandbox, self.dmz, SERVER, "tcp:22", "udp:443", "tcp:5432")
        services.start_sockets(self.sandbox, self.here, [*HERE, *LAN, *DMZ, *VPN], "tcp:22", "udp:51820", "tcp:8080")
        services.start_sockets(self.sandbox, self.lan, USER, "tcp:445", "udp:5000")
        self.names = NameServer(f"/run/netns/{self.there.name}", WORLD[0][0])
        self.addCleanup(self.names.close)
        self.names.set("www.example", SERVER[0])

    def page(self, namespace, address, port=80):
        return "html" in self.client(namespace, "curl", "-s", "--noproxy", "*", f"http://{at(address)}:{port}/").lower()

    def echo(self, namespace, source, address, transport, port, seconds=WORKS):
        return clients.echo(namespace, transport, source, address, port, seconds)

    @staticmethod
    def ping(namespace, address, *options):
        """What ping says; it need not be answered."""
        return subprocess.run(namespace.command("ping", "-n", "-c", "1", "-w", str(WORKS), *options, address), text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False).stdout

    def dropped(self):
        """How many packets were dropped on all interfaces, by rules or by default."""
        return sum(row["packets"] for stats in self.each().values()
                   for rows in (stats.rules, stats.reasons) for row in rows.values()
                   if "drop" in (row.get("action"), row.get("verdict")))

    def denied(self, *connections):
        """None of CONNECTIONS, arguments of echo(), gets an answer, and what they sent is counted as dropped. All are tried
        at once, since silence takes its time."""
        before = self.dropped()
        for seconds in SILENCE, WORKS, 6 * WORKS:  # longer if they had no time to ask
            with concurrent.futures.ThreadPoolExecutor(len(connections)) as pool:
                answers = pool.map(lambda connection: self.echo(*connection, seconds), connections)
            self.assertEqual([one for one, answer in zip(connections, answers) if answer], [])
            if self.dropped() >= before + len(connections):
                return
        self.fail(f"too little was dropped: {connections}")

    def counted(self, interface, rule, direction, work):
        """WORK gets what it wants, and its packets are counted at RULE on INTERFACE."""
        before = self.each()[interface].packets(rule, direction)
        self.assertTrue(work(), (interface, rule))
        self.assertGreater(self.each()[interface].packets(rule, direction), before, (interface, rule))

    def ready(self):
        for namespace, address in (self.lan, WORLD[0][1]), (self.there, SERVER[1]), (self.peer, USER[1]):
            until(lambda: self.page(namespace, address), "the servers")
        until(lambda: self.echo(self.peer, PEER[1], USER[1], "tcp", 445), "sockets of the LAN")
        until(lambda: self.echo(self.lan, USER[1], SERVER[1], "tcp", 5432), "sockets of the DMZ")
        until(lambda: self.echo(self.dmz, SERVER[1], DMZ[1], "tcp", 8080), "sockets of the router")
        until(lambda: self.echo(self.dmz, SERVER[1], WORLD[1][1], "tcp", 25), "sockets of the world")


class Using(Gateway):
    def setUp(self):
        super().setUp()
        self.ready()
        self.attach_all()

    def test_the_lan(self):
        for family, _ in FAMILIES:
            for uplink, world in zip(UPLINKS, WORLD):
                far = world[family]
                self.counted(uplink, "surf", "out", lambda: self.page(self.lan, far))
                self.counted(uplink, "surf", "out", lambda: self.echo(self.lan, USER[family], far, "tcp", 22))
                self.counted(uplink, "surf", "out", lambda: self.echo(self.lan, USER[family], far, "udp", 5000))
                self.counted(uplink, "surf-ping", "out", lambda: " 0% packet loss" in self.ping(self.lan, far))
                self.denied((self.lan, USER[family], far, "tcp", 25))
            self.counted("eth2", "web", "out", lambda: self.page(self.lan, SERVER[family]))
            self.counted("eth2", "admin", "out", lambda: self.echo(self.lan, ADMIN[family], SERVER[family], "tcp", 22))
            self.counted("eth1", "ssh", "in", lambda: self.echo(self.lan, ADMIN[family], LAN[family], "tcp", 22))
            self.denied((self.lan, USER[family], SERVER[family], "tcp", 22),
                        (self.lan, USER[family], LAN[family], "tcp", 22),
                        (self.lan, ADMIN[family], SERVER[family], "tcp", 5432),
                        (self.lan, ADMIN[family], LAN[family], "tcp", 8080))
        self.counted("eth0", "surf", "out", lambda: SERVER[0] in self.client(
            self.lan, "dig", "+short", "+tries=1", f"@{WORLD[0][0]}", "www.example"))
        self.assertConserved()

    def test_the_way_is_traced(self):
        for family, _ in FAMILIES:
            for hops, router in (1, LAN), (2, ("198.51.100.1", "2001:db8::1")):
                said = self.ping(self.lan, WORLD[0][family], "-t", str(hops))
                self.assertIn(f"From {router[family]}", said)
                self.assertRegex(said, "(?i)time to live exceeded|hop limit")
        self.assertConserved()

    def test_a_narrow_link(self):
        """Who sends too much is told, by TCP and by ping; a large datagram comes in fragments, both ways."""
        for family, _ in FAMILIES:
            far = WORLD[0][family]
            self.assertRegex(self.ping(self.lan, far, "-M", "do", "-s", "1440"), rf"(?i)mtu[ =:]*{NARROW}")
            for world in WORLD:
                with entered(self.lan):
                    self.assertTrue(self.comes_back(USER[family], world[family]))
            self.assertEqual(self.uploads(family, far), LARGE)
        self.assertConserved()

    @staticmethod
    def comes_back(source, address):
        """A LARGE datagram from an address of the LAN."""
        with socket.socket((socket.AF_INET, socket.AF_INET6)[":" in address], socket.SOCK_DGRAM) as made:
            made.settimeout(WORKS)
            made.bind((source, 0))
            made.sendto(bytes(LARGE), (address, LARGE_PORT))
            return len(made.recv(LARGE)) == LARGE

    def uploads(self, family, far):
        """How much of LARGE goes to the world by TCP, whose segments are as long as the near link lets them be."""
        with entered(self.there):
            listener = socket.create_server((far, 7000), family=(socket.AF_INET, socket.AF_INET6)[family])
        with entered(self.lan):
            client = socket.create_connection((far, 7000), WORKS, (USER[family], 0))
        with listener, client, listener.accept()[0] as server:
            server.settimeout(WORKS)
            client.sendall(bytes(LARGE))
            client.shutdown(socket.SHUT_WR)
            received = 0
            while data := server.recv(LARGE):
                received += len(data)
            return received

    def test_the_world(self):
        for family, _ in FAMILIES:
            for uplink, world in zip(UPLINKS, WORLD):
                far = world[family]
                self.counted(uplink, "http3", "in", lambda: self.echo(self.there, far, SERVER[family], "udp", 443))
                self.denied((self.there, far, USER[family], "udp", 5000),
                            *[(self.there, far, address[family], "tcp", port) for address, port in
                              ((SERVER, 22), (USER, 445), (HERE, 22), (LAN, 22), (PEER, 80))])
            self.counted("eth0", "web", "in", lambda: self.page(self.there, SERVER[family]))
            self.counted("eth0", "wireguard", "in",
                         lambda: self.echo(self.there, WORLD[0][family], HERE[family], "udp", 51820))
            self.assertIn("100% packet loss", self.ping(self.there, USER[family], "-w", str(SILENCE)))
        self.assertConserved()

    def test_the_vpn_is_at_home(self):
        for family, _ in FAMILIES:
            self.counted("eth1", "vpn-to-lan", "out", lambda: self.echo(self.peer, PEER[family], USER[family], "tcp", 445))
            self.counted("eth2", "web", "out", lambda: self.page(self.peer, SERVER[family]))
            for uplink, world in zip(UPLINKS, WORLD):
                self.counted(uplink, "surf", "out", lambda: self.page(self.peer, world[family]))
            self.denied((self.peer, PEER[family], VPN[family], "tcp", 22),
                        (self.peer, PEER[family], SERVER[family], "tcp", 22),
                        (self.peer, PEER[family], WORLD[0][family], "tcp", 25))
        self.assertConserved()

    def test_the_dmz_is_not(self):
        for family, _ in FAMILIES:
            self.counted("eth0", "updates", "out", lambda: self.page(self.dmz, WORLD[0][family]))
            self.denied((self.dmz, SERVER[family], USER[family], "tcp", 445),
                        (self.dmz, SERVER[family], PEER[family], "tcp", 80),
                        (self.dmz, SERVER[family], WORLD[0][family], "tcp", 22),
                        (self.dmz, SERVER[family], DMZ[family], "tcp", 22))
        self.assertConserved()

    def test_masqueraded(self):
        """The LAN goes by the router's addresses, and nobody notices."""
        self.here.run("nft", "table inet n { chain c { type nat hook postrouting priority 100; "
                             "oifname { eth0, eth3 } masquerade; }; }")
        for family, _ in FAMILIES:
            for uplink, world in zip(UPLINKS, WORLD):
                self.counted(uplink, "surf", "out", lambda: self.page(self.lan, world[family]))
                self.counted(uplink, "surf", "out",
                             lambda: self.echo(self.lan, USER[family], world[family], "udp", 5000))
            self.assertRegex(self.ping(self.lan, WORLD[0][family], "-M", "do", "-s", "1440"), rf"(?i)mtu[ =:]*{NARROW}")
            self.denied((self.lan, USER[family], WORLD[0][family], "tcp", 25))
        self.assertConserved()


class Moving(Gateway, Serving):
    """The uplink's address changes, as by DHCP, while somebody downloads."""

    NEW = "198.51.100.77"

    def test_a_download_goes_on(self):
        self.ready()
        self.serve(self.filled(), interface="all")
        self.download(self.moves)

    @unittest.skipUnless(shutil.which("busybox"), "there is no DHCP server")
    def test_by_dhcp(self):
        """The provider's server gives the router another address when it asks anew."""
        self.ready()
        self.here.run("ip", "address", "flush", "dev", "eth0", "scope", "global")
        self.here.run("ip", "address", "add", f"{HERE[1]}/64", "dev", "eth0", "nodad")
        server = self.dhcp_server(HERE[0])
        client = self.dhcp_client()
        until(lambda: self.has(HERE[0]), "the first address")
        path = self.filled()
        path.write_text(path.read_text().replace("[baseline]\n", "[baseline]\ndhcp-client = accept\n"))
        self.serve(path, interface="all")

        def moves():
            server.terminate()
            server.wait()
            self.dhcp_server(self.NEW)
            client.send_signal(signal.SIGUSR1)
            until(lambda: self.has(self.NEW) and not self.has(HERE[0]), "the next address")
            self.reroute()
        self.download(moves)

    def has(self, address):
        return f"inet {address}/" in self.here.run("ip", "-4", "address", "show", "dev", "eth0")

    def dhcp_server(self, address):
        """It has this address only."""
        leases = self.sandbox.directory / f"leases-{address}"
        leases.touch()
        settings = self.file(f"start {address}\nend {address}\ninterface inner\nlease_file {leases}\n"
                             "option subnet 255.255.255.0\noption router 198.51.100.1\noption lease 3600\n", f"{address}.conf")
        self.sandbox.start(self.isp, f"dhcp-{address}", "busybox", "udhcpd", "-f", settings)
        return self.sandbox.services[-1]

    def dhcp_client(self):
        script = self.file("""#!/bin/sh
case $1 in
deconfig) ip -4 address flush dev $interface ;;
bound | renew) ip address replace $ip/24 dev $interface && ip route replace default via $router ;;
esac
""", "leased")
        script.chmod(0o755)
        self.sandbox.start(self.here, "dhcp-client", "busybox", "udhcpc", "-f", "-i", "eth0", "-s", script)
        return self.sandbox.services[-1]

    def download(self, moves):
        """It goes on while MOVES changes the address."""
        half, rest = bytes(500000), threading.Event()
        with entered(self.there):
            listener = socket.create_server((WORLD[0][0], 8000))
        server = threading.Thread(target=self.serve_slowly, args=(listener, half, rest), daemon=True)
        server.start()
        got = self.sandbox.directory / "download"
        log = self.sandbox.start(self.lan, "download", "curl", "-sS", "--noproxy", "*", "-N", "-o", got,
                                 "-w", "%{http_code} %{size_download}", f"http://{WORLD[0][0]}:8000/")
        until(lambda: got.exists() and got.stat().st_size, "it has begun")
        moves()
        self.says("eth0", "the policy in force follows", self.NEW)
        rest.set()
        until(lambda: f"200 {2 * len(half)}" in log.read_text(), "the rest has come")
        self.counted("eth0", "surf", "out", lambda: self.page(self.lan, WORLD[0][0]))
        self.known_by_its_new_address()
        self.assertConserved()
        self.assertEqual(self.stop(signal.SIGTERM), 0)

    @staticmethod
    def serve_slowly(listener, half, rest):
        with listener, listener.accept()[0] as client:
            client.recv(4096)
            client.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % (2 * len(half)) + half)
            rest.wait(60)
            client.sendall(half)

    def moves(self):
        ip = ("ip", "-n", self.here.name)
        self.here.run(*ip, "address", "del", f"{HERE[0]}/24", "dev", "eth0")
        self.here.run(*ip, "address", "add", f"{self.NEW}/24", "dev", "eth0")
        self.here.run(*ip, "route", "replace", "default", "via", "198.51.100.1")
        self.reroute()

    def reroute(self):
        self.isp.run("ip", "route", "replace", "192.168.0.0/16", "via", self.NEW)

    def known_by_its_new_address(self):
        """`self` is what the router has now: a server there is reached, and what it no longer has is not spoken of."""
        services.start_sockets(self.sandbox, self.here, [self.NEW], "udp:51820")
        until(lambda: self.echo(self.there, WORLD[0][0], self.NEW, "udp", 51820), "the server at the new address")
        self.assertEqual(self.verdict(f"in on eth0 udp {WORLD[0][0]}:1 > {HERE[0]}:51820"), "drop")

    def verdict(self, packet):
        return json.loads(self.succeeds("explain", "--json", "eth0", packet))["verdict"]


if __name__ == "__main__":
    main()
