#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`tcp-state = socket`: what belongs to a connection of this host gets through, from the first ACK to the last
FIN, whatever kind of socket it is; all else that opens no connection is dropped."""

import errno
import itertools
import random
import shutil
import socket
import struct

from guarded import FAMILIES, HERE, THERE, entered, main, policy
from opening import REUSE, SERVE, Opened
from sandbox import run, until

FIN, SYN, RST, PUSH, ACK = 1, 2, 4, 8, 16
STRAYS = {"ACK": ACK, "data": ACK | PUSH, "RST": RST, "RST-ACK": RST | ACK, "SYN-ACK": SYN | ACK, "FIN-ACK": FIN | ACK}
CLOSED = SERVE + 1  # permitted, and nobody listens
FORGED = ("203.0.113.77", "2001:db8:9::77")  # nobody's, so nobody answers what goes there
MPTCP, FASTOPEN, FASTOPEN_CONNECT = 262, 23, 30


def stateful(kind="socket", **keys):
    return policy("stateful", "[baseline]", f"tcp-state = {kind}", "[rules]",
                  f"serve = accept in tcp > :{SERVE}-{SERVE + 9}, 8080",
                  "out = accept out tcp > 203.0.113.0/24, 2001:db8:9::/64", "", **keys)


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Stateful(Opened):
    def setUp(self):
        super().setUp()
        for family, _ in FAMILIES:
            run("ip", "-n", self.here.name, "neigh", "replace", FORGED[family], "dev", self.interface,
                "lladdr", "02:00:00:00:00:77")
        self.here.route(self.interface, HERE, *FORGED)

    def forge(self, flags, ports, family=0, source=FORGED, sequence=None, acknowledged=None, to=HERE):
        """One TCP segment in somebody's name. PORTS: its own and ours."""
        with entered(self.there):
            sender = socket.socket((socket.AF_INET, socket.AF_INET6)[family], socket.SOCK_RAW, socket.IPPROTO_RAW)
        numbers = [random.getrandbits(32) if n is None else n for n in (sequence, acknowledged)]
        kind = (socket.AF_INET, socket.AF_INET6)[family]
        ends = socket.inet_pton(kind, source[family]) + socket.inet_pton(kind, to[family])
        tcp = struct.pack("!HHIIBBHHH", *ports, *numbers, 5 << 4, flags, 1000, 0, 0)
        sum_ = checksum(ends + struct.pack("!II", len(tcp), socket.IPPROTO_TCP) + tcp)
        tcp = tcp[:16] + struct.pack("!H", sum_) + tcp[18:]
        if family:
            ip = struct.pack("!IHBB", 6 << 28, len(tcp), socket.IPPROTO_TCP, 64) + ends
        else:
            ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, socket.IPPROTO_TCP, 0) + ends
        with sender:
            sender.sendto(ip + tcp, (to[family], 0))

    def strays(self):
        return self.stats().reason("no-connection", "in")

    def passed(self):
        return self.stats().packets("serve", "in")

    def is_stray(self, *arguments, **keys):
        before = self.strays(), self.passed()
        self.forge(*arguments, **keys)
        until(lambda: self.strays() > before[0] or self.passed() > before[1], "it is counted")
        return self.strays() > before[0]

    def talks_and_ends(self, inside, outside, first="outside"):
        """Everything of a connection gets through, its end included."""
        before = self.strays()
        self.works(inside, outside)
        one, other = (outside, inside) if first == "outside" else (inside, outside)
        one.shutdown(socket.SHUT_WR)
        self.assertEqual(other.recv(1), b"")
        self.says(other, one, b"last words")
        ends = one.getsockname()[:2], other.getsockname()[:2]
        other.close()
        self.assertEqual(one.recv(1), b"")
        one.close()
        self.assertEqual(self.strays(), before)
        return ends

    def one_of(self, listeners):
        for listener in listeners:
            try:
                return self.accept(listener)
            except BlockingIOError:
                pass
        return None

    def hold(self, port, family=0, options=(), backlog=8):
        made = self.stream(self.here, family, None, [REUSE, *options])
        made.bind((HERE[family], port))
        made.listen(backlog)
        return made


class Strays(Stateful):
    def test_they_end_here(self):
        self.attach(stateful())
        listeners = [self.hold(SERVE, family) for family, _ in FAMILIES]
        for (family, name), port, (kind, flags) in itertools.product(FAMILIES, (SERVE, CLOSED), STRAYS.items()):
            with self.subTest(name, port=port, kind=kind):
                self.assertTrue(self.is_stray(flags, (1000, port), family))
        for listener in listeners:
            self.assertSilentListener(listener)
        self.assertConserved()

    def assertSilentListener(self, listener):
        listener.setblocking(False)
        self.assertRaises(BlockingIOError, listener.accept)

    def test_other_connections_do_not_help(self):
        self.attach(stateful())
        inside, outside = self.accept_from(self.hold(SERVE))
        port = outside.getsockname()[1]
        self.assertTrue(self.is_stray(ACK, (port, SERVE)))
        self.assertTrue(self.is_stray(ACK, (port, CLOSED), source=THERE))
        self.assertTrue(self.is_stray(ACK, (port ^ 1, SERVE), source=THERE))
        self.talks_and_ends(inside, outside)

    def test_in_audit_mode_they_pass(self):
        self.attach(stateful(mode="audit"))
        listener = self.hold(SERVE)
        self.assertTrue(self.is_stray(ACK, (1000, SERVE)))
        self.here.run("sysctl", "-qw", "net.ipv4.tcp_syncookies=1")
        self.talks_and_ends(*self.accept_from(listener))
        resets = self.here.run("nstat", "-asz", "TcpOutRsts")
        self.assertNotIn("TcpOutRsts                      0 ", resets)

    def test_what_is_not_for_this_host_is_not_asked_about(self):
        away = ("192.0.2.99", "2001:db8:5::99")
        for family, _ in FAMILIES:
            run("ip", "-n", self.there.name, "route", "add", away[family], "via", HERE[family], "dev", "peer", "onlink")
        self.attach(stateful())
        for family, name in FAMILIES:
            with self.subTest(name):
                self.assertFalse(self.is_stray(ACK, (1000, SERVE), family, to=away))

    def test_limits_come_first(self):
        self.attach(stateful().replace("8080", "8080 limit 2/hour"))
        for _ in range(6):
            self.forge(ACK, (1000, SERVE))
        until(lambda: self.strays() == 5 and
              self.stats().rules["serve", "in"]["limited_packets"] == 1, "the counters")


class Sockets(Stateful):
    """All kinds of sockets and all states of theirs."""

    def test_accepted(self):
        self.attach(stateful())
        for family, name in FAMILIES:
            for first in "outside", "inside":
                with self.subTest(name, first=first):
                    listener = self.hold(SERVE, family)
                    self.talks_and_ends(*self.accept_from(listener, family), first)
                    listener.close()

    def test_accepted_by_other_listeners(self):
        self.attach(stateful())
        dual = self.stream(self.here, 1, None, [REUSE])
        dual.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        dual.bind(("::", SERVE))
        dual.listen()
        reuse = (socket.SOL_SOCKET, socket.SO_REUSEPORT)
        many = [self.hold(SERVE + 1, 0, [reuse]) for _ in range(4)]
        bound = self.hold(SERVE + 2)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, self.interface.encode())
        for name, listener in (("dual-stack", dual), ("bound to the device", bound)):
            with self.subTest(name):
                self.talks_and_ends(*self.accept_from(listener))
        with self.subTest("SO_REUSEPORT"):
            for listener in many:
                listener.setblocking(False)
            for _ in range(20):
                outside = self.stream(self.there)
                outside.connect((HERE[0], SERVE + 1))
                self.talks_and_ends(until(lambda: self.one_of(many), "one accepts"), outside)

    def test_multipath_and_fast_open(self):
        self.attach(stateful())
        self.here.run("sysctl", "-qw", "net.ipv4.tcp_fastopen=1027")  # no cookie needed
        self.there.run("sysctl", "-qw", "net.ipv4.tcp_fastopen=5")
        listener = self.hold(SERVE)
        listener.setsockopt(socket.IPPROTO_TCP, FASTOPEN, 5)
        outside = self.stream(self.there)
        outside.setsockopt(socket.IPPROTO_TCP, FASTOPEN_CONNECT, 1)
        outside.connect((HERE[0], SERVE))
        outside.sendall(b"early")
        inside = self.accept(listener)
        self.assertEqual(inside.recv(100), b"early")
        self.talks_and_ends(inside, outside)
        with entered(self.here):
            server = socket.socket(socket.AF_INET, socket.SOCK_STREAM, MPTCP)
        with entered(self.there):
            client = socket.socket(socket.AF_INET, socket.SOCK_STREAM, MPTCP)
        with server, client:
            client.settimeout(20)
            server.bind((HERE[0], SERVE + 1))
            server.listen()
            client.connect((HERE[0], SERVE + 1))
            self.talks_and_ends(self.accept(server), client)

    def test_connected_by_this_host(self):
        """Also where no flow is asked, because a rule lets everything in."""
        self.attach(stateful().replace("> :4001-4010, 8080", ">"))
        for family, name in FAMILIES:
            with self.subTest(name):
                self.talks_and_ends(*self.connect_to(self.stream(self.here, family), family), "inside")

    def test_simultaneous(self):
        """Both ends connect: the SYN that goes out gets lost at first."""
        self.attach(stateful())
        inside, outside = (self.stream(space, 0, SERVE) for space in (self.here, self.there))
        neighbour = (THERE[0], "dev", self.interface)
        self.here.run("ip", "neigh", "replace", *neighbour, "lladdr", "02:00:00:00:00:01")
        inside.setblocking(False)
        self.assertEqual(inside.connect_ex((THERE[0], SERVE)), errno.EINPROGRESS)
        self.here.run("ip", "neigh", "del", *neighbour)
        outside.connect((HERE[0], SERVE))
        inside.settimeout(20)
        self.talks_and_ends(inside, outside)

    def test_half_open(self):
        self.attach(stateful())
        self.hold(SERVE, 0)
        self.hold(SERVE, 1)
        for family, name in FAMILIES:
            with self.subTest(name):
                self.assertTrue(self.is_stray(ACK, (2000, SERVE), family))
                self.assertFalse(self.is_stray(SYN, (2000, SERVE), family))
                self.assertFalse(self.is_stray(ACK, (2000, SERVE), family))

    def test_time_wait(self):
        """A FIN that is sent again still gets its answer."""
        self.attach(stateful())
        for family, name in FAMILIES:
            with self.subTest(name):
                listener = self.hold(SERVE, family)
                (_, near), (_, far) = self.talks_and_ends(*self.accept_from(listener, family), "inside")
                self.assertEqual(near, SERVE)
                before = self.stats().replies("serve", "in")
                self.assertFalse(self.is_stray(FIN | ACK, (far, SERVE), family, source=THERE))
                until(lambda: self.stats().replies("serve", "in") > before, "the answer")
                listener.close()

    def test_older_than_the_filter(self):
        inside, outside = self.accept_from(self.hold(SERVE))
        client = self.connect_to(self.stream(self.here))
        self.attach(stateful())
        self.talks_and_ends(inside, outside)
        self.talks_and_ends(*client)

    def test_older_than_the_key(self):
        self.attach(stateful("off"))
        inside, outside = self.accept_from(self.hold(SERVE))
        self.assertFalse(self.is_stray(ACK, (1000, SERVE)))
        self.reload(stateful())
        self.assertTrue(self.is_stray(ACK, (1000, SERVE)))
        self.talks_and_ends(inside, outside)


class Cookies(Stateful):
    """Those of the kernel: until one comes back, there is no socket but the listener."""

    def setUp(self):
        super().setUp()
        self.here.run("sysctl", "-qw", "net.ipv4.tcp_syncookies=2")

    def test_they_lead_to_connections(self):
        self.attach(stateful())
        for family, name in FAMILIES:
            with self.subTest(name):
                listener = self.hold(SERVE, family)
                for _ in range(5):
                    self.talks_and_ends(*self.accept_from(listener, family))
                self.assertEqual(self.received("TcpExtSyncookiesRecv"), 5 * (family + 1))
                listener.close()

    def test_listeners_that_share_a_port_take_them(self):
        """They have in common when they last sent one."""
        self.attach(stateful())
        listeners = [self.hold(SERVE, 0, [(socket.SOL_SOCKET, socket.SO_REUSEPORT)]) for _ in range(4)]
        for listener in listeners:
            listener.setblocking(False)
        for _ in range(20):
            outside = self.stream(self.there)
            outside.connect((HERE[0], SERVE))
            self.talks_and_ends(until(lambda: self.one_of(listeners), "one accepts"), outside)
        self.assertTrue(self.is_stray(ACK, (2000, SERVE)))

    def received(self, name):
        shown = self.here.run("nstat", "-asz", name).splitlines()
        return int(shown[-1].split()[1])

    def test_others_do_not_reach_the_listener(self):
        self.attach(stateful())
        for family, name in FAMILIES:
            listener = self.hold(SERVE, family)
            self.talks_and_ends(*self.accept_from(listener, family))
            with self.subTest(name):
                self.assertFalse(self.is_stray(SYN, (2000, SERVE), family))
                for flags in (ACK, ACK | PUSH, ACK | FIN, ACK | RST, ACK | SYN):
                    self.assertTrue(self.is_stray(flags, (2000, SERVE), family))
        self.assertEqual(self.received("TcpExtSyncookiesFailed"), 0)


class Redirected(Stateful):
    """A port that the kernel passes on to a container has no socket here."""

    INSIDE = ("10.9.0.1", "10.9.0.2")

    def setUp(self):
        super().setUp()
        if not shutil.which("nft"):
            self.skipTest("no nft")
        self.container = self.sandbox.namespace("box")
        self.sandbox.cable(self.here, "lan0", self.container, "eth0")
        for space, interface, address in ((self.here, "lan0", self.INSIDE[0]), (self.container, "eth0", self.INSIDE[1])):
            run("ip", "-n", space.name, "addr", "add", address + "/24", "dev", interface)
            run("ip", "-n", space.name, "link", "set", interface, "up")
        run("ip", "-n", self.container.name, "route", "add", "default", "via", self.INSIDE[0])
        self.here.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
        rules = self.file(f"""table ip nat {{
            chain pre {{
                type nat hook prerouting priority -100;
                tcp dport 8080 dnat to {self.INSIDE[1]}:80;
            }}
        }}""", "nat.nft")
        self.here.run("nft", "-f", rules)

    def serve(self):
        with entered(self.container):
            listener = socket.socket()
        self.addCleanup(listener.close)
        listener.settimeout(20)
        listener.bind((self.INSIDE[1], 80))
        listener.listen()
        return listener

    def warned(self, *arguments):
        done = self.call(*arguments)
        self.assertEqual(done.returncode, 0, done)
        return done.stderr

    def test_with_conntrack_its_connections_count(self):
        listener = self.serve()
        self.attach(stateful("socket, conntrack"))
        outside = self.stream(self.there)
        outside.connect((HERE[0], 8080))
        self.talks_and_ends(self.accept(listener), outside)
        self.assertTrue(self.is_stray(ACK, (1000, 8080)))
        self.assertTrue(self.is_stray(RST, (1000, 8080), 1))
        own = self.hold(SERVE)
        self.talks_and_ends(*self.accept_from(own))

    def test_with_sockets_alone_they_do_not(self):
        self.serve()
        self.assertSays(self.warned("attach", self.interface, self.file(stateful())), "port 8080", "rule serve")
        outside = self.stream(self.there)
        outside.connect((HERE[0], 8080))  # the ACK that completes it is dropped
        outside.sendall(b"lost")
        until(lambda: self.strays() > 0, "it is dropped")

    def test_other_rules_are_understood(self):
        """A port is passed on in many ways. The last ones are no reason to warn."""
        self.here.run("nft", "flush", "ruleset")
        self.attach(stateful())
        chain = "chain pre {{ type nat hook prerouting priority -100; {}\n}}"
        ways = {"tcp dport 4000-4002 redirect to :22": "port 4000-4002",
                "meta l4proto tcp th dport 8080 dnat to 10.9.0.2": "port 8080",
                "tcp dport { 80, 8080 } dnat to 10.9.0.2": "some TCP on",
                "ip daddr 198.51.100.10 dnat to 10.9.0.2": "some TCP on",
                "udp dport 8080 dnat to 10.9.0.2": None,
                "tcp dport 9999 dnat to 10.9.0.2": None,
                "tcp dport 8080 accept": None}
        for rule, said in ways.items():
            with self.subTest(rule):
                self.here.run("nft", "-f", self.file(f"flush ruleset\ntable ip nat {{ {chain.format(rule)}\n}}\n", "nat.nft"))
                shown = self.warned("reload", self.interface)
                self.assertIn(said, shown) if said else self.assertEqual(shown, "")

    def test_rules_that_protect_are_warned_of(self):
        text = stateful("off").replace("8080", "8080 protect syn-cookies")
        self.assertSays(self.warned("attach", self.interface, self.file(text)), "port 8080", "rule serve", "SYNs answered")

    def test_those_of_iptables_are_understood(self):
        self.here.run("nft", "flush", "ruleset")
        self.attach(stateful())
        for program in "iptables-nft", "iptables-legacy", "ip6tables-legacy":
            if not shutil.which(program):
                continue
            to = ("-j", "DNAT", "--to-destination", "[2001:db8:5::1]:80" if "6" in program else "10.9.0.2:80")
            rule = ("-t", "nat", "-A", "PREROUTING", "-p", "tcp", "--dport", "8080:8081", *to)
            with self.subTest(program):
                self.here.run(program, *rule)
                self.assertSays(self.warned("reload", self.interface), "port 8080-8081")
                self.here.run(program, *(word.replace("-A", "-D") for word in rule))
                self.assertEqual(self.warned("reload", self.interface), "")


class Bare(Stateful):
    """Where tc judges what comes in, because packets have no Ethernet header."""

    def test_connections_are_known_there_too(self):
        run("ip", "-n", self.here.name, "tuntap", "add", "dev", "tun0", "mode", "tun")
        run("ip", "-n", self.here.name, "link", "set", "tun0", "up")
        for kind in "socket", "socket, conntrack":
            self.assertSays(self.call("attach", "tun0", self.file(stateful(kind))).stderr, "on tc ingress")
            for family, name in FAMILIES:
                with self.subTest(name, kind=kind):
                    listener = self.hold(SERVE, family)
                    inside, outside = self.accept_from(listener, family)
                    ends = tuple(("[{}]:{}" if family else "{}:{}").format(*end.getsockname()[:2])
                                 for end in (outside, inside))
                    packet = "in tcp {} > {} ack".format(*ends)
                    self.assertSays(self.succeeds("explain", "tun0", packet), "accept by rule serve")
                    outside.close()
                    inside.close()
                    listener.close()
                    packet = packet.replace(ends[0], ends[0][:-1] + "1" if ends[0][-1] != "1" else ends[0][:-1] + "2")
                    self.assertSays(self.succeeds("explain", "tun0", packet), "no-connection")
            self.succeeds("detach", "tun0")


if __name__ == "__main__":
    main()
