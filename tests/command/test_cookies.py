#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""SYN cookies from the packet path: real clients and listeners, and SYNs as various hosts write them, made
and read by scapy."""

import random
import socket
import struct
import time

from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt

from guarded import FAMILIES, HERE, PATIENCE, THERE, kernel_completes, main, policy
from rejecting import MODES, Rejecting, checked, ip
from sandbox import until
from tunnels import Bare

WEB, SMALL = 80, 81
PROTECT = policy("protect", "[baseline]\nping = accept\n[rules]\n"
                 f"web = accept in tcp > :{WEB}  protect syn-cookies\n"
                 f"small = accept in tcp > :{SMALL}  protect syn-cookies mss 1000\n"
                 "rest = reject in any\n", outbound="accept")
COOKIE_LIFE = 120  # seconds: as long as the kernel lets one live, and its listener believe it
SYSTEMS = {  # SYNs of today's hosts, their options in order
    "Linux": [("MSS", 1460), ("SAckOK", b""), ("Timestamp", (4096, 0)), ("NOP", None), ("WScale", 7)],
    "Windows": [("MSS", 1460), ("NOP", None), ("WScale", 8), ("NOP", None), ("NOP", None), ("SAckOK", b"")],
    "macOS": [("MSS", 1460), ("NOP", None), ("WScale", 6), ("NOP", None), ("NOP", None), ("Timestamp", (7, 0)),
              ("SAckOK", b""), ("EOL", None)],
    "none": [],
    "Fast Open": [("MSS", 1460), ("SAckOK", b""), (34, b"\1\2\3\4\5\6\7\x08"), ("NOP", None), ("NOP", None)],
    "MPTCP": [("MSS", 1460), (30, bytes(10)), ("NOP", None), ("NOP", None)],
}


class Protecting:
    """What tests on a cable and on interfaces without Ethernet need."""

    def kernel_gives(self, when, **more):
        """When the kernel gives cookies: 0 never, 1 while a queue is full, 2 always."""
        for key, value in {"tcp_syncookies": when, **more}.items():
            self.here.run("sysctl", "-qw", f"net.ipv4.{key}={value}")

    def listen(self, family=0, port=WEB, backlog=64):
        made = self.socket(self.here, socket.SOCK_STREAM, family, port)
        made.listen(backlog)
        return made

    def connects(self, listener, family=0):
        """A client and a server talk to each other; returns both."""
        client = self.socket(self.there, socket.SOCK_STREAM, family)
        client.connect((HERE[family], listener.getsockname()[1]))
        server, _ = listener.accept()
        self.addCleanup(server.close)
        server.settimeout(PATIENCE)
        for one, other in ((client, server), (server, client)):
            one.sendall(b"x" * 5000)
            got = b""
            while len(got) < 5000:
                got += other.recv(5000)
        return client, server

    def counted(self):
        """Cookies sent, returned right, and wrong."""
        return tuple(self.look()["syn_cookies"].values())


class Cookies(Protecting, Rejecting):
    def test_clients(self):
        self.kernel_gives(2)
        for mode in MODES:
            self.start(PROTECT, mode)
            for family, name in FAMILIES:
                with self.subTest(f"{name} {mode}"):
                    before = self.counted()
                    listener = self.listen(family)
                    client, server = self.connects(listener, family)
                    self.assertEqual([after - was for after, was in zip(self.counted(), before)], [1, 1, 0])
                    self.assertEqual(server.getpeername()[:2], client.getsockname()[:2])
                    for one in (listener, client, server):
                        one.close()
            stats = self.at_rest(self.stats)
            self.assertEqual(stats.reason("syn-cookie", "in", "drop"), 2)
            self.assertEqual(stats.reason("syn-cookie", "in", "accept"), 0)
            self.assertGreater(stats.packets("web", "in"), 2)
            self.assertConserved()
            self.stop()

    def syn(self, family, port=WEB, seq=5, sport=1234, options=(("MSS", 1460),), flags="S", **fields):
        return ip(family, **fields) / TCP(sport=sport, dport=port, flags=flags, seq=seq, options=list(options))

    def is_answer(self, frame, family, seq, mss, ports=(WEB, 1234), client=()):
        packet = checked(frame[(IP, IPv6)[family]])
        self.assertEqual((packet.src, packet.dst), (HERE[family], THERE[family]))
        tcp, words, options = packet[TCP], 6 if mss else 5, [("MSS", mss)] if mss else []
        if kernel_completes() and "Timestamp" in dict(client):
            shown = dict(tcp.options)
            words, stamps = 10, (shown["Timestamp"][0], dict(client)["Timestamp"][0])
            options += [("SAckOK", b""), ("Timestamp", stamps), ("NOP", None), ("WScale", shown["WScale"])]
        self.assertEqual((tcp.sport, tcp.dport, str(tcp.flags), tcp.ack, tcp.dataofs, tcp.options, tcp.urgptr),
                         (*ports, "SA", (seq + 1) % 2 ** 32, words, options, 0))
        self.assertEqual((packet.ttl, packet.flags, packet.len) if not family else (packet.hlim, packet.plen),
                         (64, "DF", 20 + 4 * words) if not family else (64, 4 * words))
        return tcp.seq

    def test_answers(self):
        self.kernel_gives(2)
        self.wire()
        listeners = [self.listen(family, port) for family in (0, 1) for port in (WEB, SMALL)]
        for mode in MODES:
            self.start(PROTECT, mode)
            sent = 0
            for family, name in FAMILIES:
                for system, options in SYSTEMS.items():
                    for flags, seq in (("S", 5), ("SEC", 0xffffffff)):
                        with self.subTest(f"{name} {mode} {system} {flags}"):
                            found = self.answer(self.frame(self.syn(family, seq=seq, options=options, flags=flags)))
                            self.assertEqual((found.src, found.dst), (self.near, self.far))
                            self.is_answer(found, family, seq, options and 1460 - 20 * family, client=options)
                            sent += 1
                found = self.answer(self.frame(self.syn(family, SMALL) / b"data"))
                self.is_answer(found, family, 5, 1000, (SMALL, 1234))
                sent += 1
            for base in (IP(src=THERE[0], dst=HERE[0], options=[b"\x01" * 40]),
                         IPv6(src=THERE[1], dst=HERE[1]) / IPv6ExtHdrDestOpt()):
                found = self.answer(self.frame(base / TCP(sport=1234, dport=WEB, seq=9)))
                self.is_answer(found, base.version == 6, 9, 1460 - 20 * (base.version == 6))
                sent += 1
            self.here.run("ip", "link", "set", self.interface, "mtu", "1400")
            self.is_answer(self.answer(self.frame(self.syn(0))), 0, 5, 1360)
            self.here.run("ip", "link", "set", self.interface, "mtu", "1500")
            self.assertEqual(self.counted()[0], sent + 1)
            self.stop()
        self.assertEqual(len(listeners), 4)

    def test_tags(self):
        self.kernel_gives(2)
        self.wire()
        self.listen()
        for mode in MODES:
            self.start(PROTECT, mode)
            for tags in ((100,), (7, 4094)):
                with self.subTest(f"{mode} {tags}"):
                    raw = self.frame(self.syn(0), tags)
                    self.raw.send(raw)
                    found = self.tagged_answer()
                    self.assertEqual(bytes(found)[12:12 + 4 * len(tags) + 2], raw[12:12 + 4 * len(tags) + 2])
                    self.is_answer(found, 0, 5, 1460)
            self.stop()

    def test_goes_on(self):
        """What the stack has to see."""
        self.kernel_gives(2)
        self.wire()
        listener = self.listen()
        self.start(PROTECT)
        signed = ((19, bytes(16)), (29, bytes(14)))
        for option in signed:
            self.answers(self.frame(self.syn(0, options=[("NOP", None), ("NOP", None), option])))
        self.assertEqual(str(self.answer(self.frame(self.syn(1)))[TCP].flags), "RA")  # nobody listens there
        self.assertEqual(self.counted(), (0, 0, 0))
        self.is_answer(self.answer(self.frame(self.syn(0))), 0, 5, 1460)
        listener.close()
        self.assertEqual(str(self.answer(self.frame(self.syn(0)))[TCP].flags), "RA")
        self.assertEqual(self.counted()[0], 1)

    def test_again_from_the_same_port(self):
        """While this host remembers the last connection, only the stack can make a new one."""
        self.kernel_gives(2)
        self.start(PROTECT)
        listener = self.listen()
        client, server = self.connects(listener)
        port = client.getsockname()[1]
        server.close()  # first: it is the one who remembers
        self.assertEqual(client.recv(1), b"")
        client.close()
        self.assertEqual(self.counted()[0], 1)
        again = self.socket(self.there, socket.SOCK_STREAM, 0, port)
        again.connect((HERE[0], WEB))
        with listener.accept()[0] as server:
            server.sendall(b"again")
        self.assertEqual(again.recv(10), b"again")
        self.assertEqual(self.counted()[0], 1)

    def test_kernel_never_gives_any(self):
        self.kernel_gives(0)
        done = self.call("attach", "--mode", "generic", self.interface, self.file(PROTECT))
        self.assertEqual(done.returncode, 0)
        self.assertSays(done.stderr, "no SYN is answered with a cookie", "net.ipv4.tcp_syncookies is 0")
        self.connects(self.listen())
        self.assertEqual(self.counted(), (0, 0, 0))
        self.assertSays(self.look()["syn_cookies_missing"], "net.ipv4.tcp_syncookies is 0")
        self.kernel_gives(2)
        self.assertIsNone(self.look()["syn_cookies_missing"])

    def test_once_the_queue_is_full(self):
        self.kernel_gives(1, tcp_max_syn_backlog=8)
        self.wire()
        self.start(PROTECT)
        listener = self.listen(backlog=8)
        self.connects(listener)
        self.assertEqual(self.counted()[0], 0)
        self.here.run("ip", "route", "add", "203.0.113.0/24", "dev", self.interface)
        self.answers(*(self.frame(self.syn(0, source=f"203.0.113.{host}")) for host in range(50, 90)))
        self.assertTrue(20 < self.counted()[0] < 40, self.counted())
        self.connects(listener)

    def test_cookies_are_not_guessed(self):
        self.kernel_gives(2)
        self.wire()
        listener = self.listen()
        self.start(PROTECT)
        right = self.is_answer(self.answer(self.frame(self.syn(0))), 0, 5, 1460)
        ack = ip(0) / TCP(sport=1234, dport=WEB, flags="A", seq=6, ack=(right + 1) % 2 ** 32)
        dice = random.Random(1)
        wrong = []
        for _ in range(300):
            one = ack.copy()
            field = dice.choice(("seq", "ack", "sport"))
            setattr(one[TCP], field, dice.randrange(1, 2 ** (16 if field == "sport" else 32)))
            wrong.append(self.frame(one))
        self.answers(*wrong)
        listener.setblocking(False)
        self.assertRaises(BlockingIOError, listener.accept)
        self.assertEqual(self.counted(), (1, 0, 300))
        listener.settimeout(PATIENCE)
        self.raw.send(self.frame(ack))
        server, address = listener.accept()
        self.addCleanup(server.close)
        self.assertEqual(address, (THERE[0], 1234))
        self.assertEqual(self.counted(), (1, 1, 300))

    def cookie_of(self, family, port, client):
        """The frame that shows a cookie, as CLIENT, one of the SYSTEMS, answers it."""
        found = self.answers(self.frame(self.syn(family, sport=port, options=SYSTEMS[client])))
        [found] = (one[TCP] for one in found if one.haslayer(TCP) and (one[TCP].dport, str(one[TCP].flags)) == (port, "SA"))
        stamps = dict(found.options).get("Timestamp")
        options = [("NOP", None), ("NOP", None), ("Timestamp", (5000, stamps[0]))] if stamps else []
        return self.frame(ip(family) / TCP(sport=port, dport=WEB, flags="A", seq=6, ack=(found.seq + 1) % 2 ** 32,
                                           options=options))

    def is_let_in(self, frame, listener):
        """Does the cookie in FRAME make a connection? It is reset, so that nothing is left of it."""
        before = self.counted()
        self.raw.send(frame)
        until(lambda: self.counted() != before, "the cookie is counted")
        if self.counted()[2] > before[2]:
            return False
        server, _ = listener.accept()
        server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        server.close()
        return True

    def test_cookies_grow_old(self):
        """Who has seen one may show it again, but not for longer than the kernel allows."""
        self.kernel_gives(2)
        self.wire()
        self.start(PROTECT)
        listeners = [self.listen(family) for family, _ in FAMILIES]
        old = [(family, client, self.cookie_of(family, 3000 + at, client))
               for family, _ in FAMILIES for at, client in enumerate(("none", "Linux"))]
        given = time.monotonic()
        for turn in "shown", "shown again":
            for family, client, frame in old:
                with self.subTest(f"{FAMILIES[family][1]} {client} {turn}"):
                    self.assertTrue(self.is_let_in(frame, listeners[family]))
        time.sleep(max(0, given + COOKIE_LIFE + 1 - time.monotonic()))
        for family, client, frame in old:
            with self.subTest(f"{FAMILIES[family][1]} {client} old"):
                # A new one works, so it is the age of the other that counts.
                self.assertTrue(self.is_let_in(self.cookie_of(family, 4000, client), listeners[family]))
                self.assertFalse(self.is_let_in(frame, listeners[family]))
        for listener in listeners:
            listener.setblocking(False)
            self.assertRaises(BlockingIOError, listener.accept)

    def test_audit(self):
        self.kernel_gives(2)
        self.wire()
        self.listen()
        self.start(PROTECT, "generic", "--audit")
        found = self.answer(self.frame(self.syn(0, options=SYSTEMS["Linux"])))
        self.assertGreater(len(found[TCP].options), 1, "the stack answers")
        self.assertEqual(self.counted()[0], 0)
        stats = self.at_rest(self.stats)
        self.assertEqual(stats.reason("syn-cookie", "in", "accept"), 1)

    def test_over(self):
        self.kernel_gives(2)
        self.wire()
        self.listen()
        self.start(PROTECT.replace("syn-cookies\n", "syn-cookies over 4/hour\n", 1))
        self.answers(*(self.frame(self.syn(0, sport=port)) for port in range(2000, 2020)))
        self.assertEqual(self.counted()[0], 15)  # a burst is at least 5
        self.assertEqual(self.at_rest(self.stats).reason("syn-cookie", "in", "drop"), 15)

    def test_explain(self):
        self.kernel_gives(2)
        path = self.attach(PROTECT, "--mode", "generic")
        packet = f"in tcp {THERE[0]}:1234 > {HERE[0]}:{WEB}"
        self.assertSays(self.succeeds("explain", self.interface, packet), "accept by rule web",
                        "It protects by syn-cookies")
        self.listen()
        self.assertSays(self.succeeds("explain", self.interface, packet),
                        "accept by reason syn-cookie, as rule web accepts it")
        self.assertSays(self.succeeds("explain", path, packet), "accept by rule web", "It protects by syn-cookies")
        self.assertEqual(self.counted(), (0, 0, 0))

    def test_explain_counts_nothing(self):
        self.kernel_gives(2)
        self.wire()
        self.listen()
        self.attach(PROTECT.replace("[baseline]\n", "[baseline]\ntcp-state = socket\n"), "--mode", "generic")
        self.answer(self.frame(self.syn(0)))  # from now on, the listener looks at cookies
        self.assertSays(self.succeeds("explain", self.interface, f"in tcp {THERE[0]}:1234 > {HERE[0]}:{WEB} ack"),
                        "drop by reason no-connection")
        self.assertEqual(self.counted(), (1, 0, 0))


class WithoutEthernet(Protecting, Bare):
    """On tc ingress, of a tun device."""

    def test_clients(self):
        self.kernel_gives(2)
        self.attach(PROTECT)
        for family, name in FAMILIES:
            with self.subTest(name):
                self.connects(self.listen(family), family)
                self.assertEqual(self.counted(), (family + 1, family + 1, 0))
        stats = self.at_rest(self.stats)
        self.assertEqual(stats.reason("syn-cookie", "in", "drop"), 2)
        self.assertConserved()


if __name__ == "__main__":
    main()
