#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A million random and mutated TCP segments at listeners behind `tcp-state = socket`, a quarter of them with `protect` as
well: exactly those reach the stack that the manual lets through, as a judge says that knows only what was sent and
which connections there are; and no honest connection breaks or has to wait. EDGEXDP_ONE_IN takes a part of them,
EDGEXDP_SEED others."""

import os
import random
import socket
import struct
import time

from guarded import FAMILIES, HERE, THERE, entered, main
from opening import SERVE
from sandbox import run
from test_connection import ACK, FIN, FORGED, RST, SYN, Stateful, checksum, stateful

SEGMENTS = 1_000_000 // int(os.environ.get("EDGEXDP_ONE_IN", "1"))
SEED = int(os.environ.get("EDGEXDP_SEED", "1"))
BATCH = 500
PORTS = range(SERVE, SERVE + 10)  # which the policy permits; half of them have listeners
LISTENING = (SERVE, SERVE + 1, SERVE + 2, SERVE + 3, SERVE + 4)
AWAY = ("192.0.2.99", "2001:db8:5::99")  # behind this host
OTHERS = (("203.0.113.77", "203.0.113.78"), ("2001:db8:9::77", "2001:db8:9::78"))
KINDS = (socket.AF_INET, socket.AF_INET6)
ETHERTYPES = (0x0800, 0x86dd)
SIGNATURES = 19, 29  # TCP-MD5, TCP-AO
USUAL, SCALED = b"\x02\x04\x05\xb4\x04\x02\x08\x0a", b"\x01\x03\x03\x07"  # around two timestamps
URG = 32
PACKET_STATISTICS, SOL_PACKET, SO_RCVBUFFORCE, ETH_P_ALL, OUTGOING = 6, 263, 33, 3, 4
ANSWERED = "answered"


def has_bad_flags(flags):
    """As in the manual, at `tcp-flags`."""
    bare_syn = flags & SYN and not flags & ACK
    return (flags & SYN and flags & (FIN | RST)) or (flags & FIN and flags & RST) or \
        not flags & (SYN | RST | ACK) or (bare_syn and flags & URG)


def is_signed(options):
    """Do they hold a signature? Nothing is read behind one that does not fit."""
    while len(options) > 1 and options[0]:
        length = 1 if options[0] == 1 else options[1]
        if options[0] != 1 and not 2 <= length <= len(options):
            return False
        if options[0] in SIGNATURES:
            return True
        options = options[length:]
    return False


class Segment:
    """One that is sent, and what the manual says about it."""

    def __init__(self, dice, connections):
        self.family = dice.getrandbits(1)
        self.flags = dice.choice((ACK, RST, SYN, SYN | ACK, FIN | ACK, dice.getrandbits(8), dice.getrandbits(8)))
        self.source = dice.choice(OTHERS[self.family] + (THERE[self.family],))
        self.to = dice.choice((HERE[self.family],) * 9 + (AWAY[self.family],))
        self.ports = [dice.choice((dice.randrange(1, 65536), dice.randrange(5000, 5064))),
                      dice.choice(tuple(PORTS) + (dice.randrange(1, 65536),))]
        self.numbers = dice.getrandbits(32), dice.getrandbits(32)
        if connections and dice.random() < 0.3:  # one of a connection, or nearly so
            self.family, self.source, self.to, *self.ports = dice.choice(connections)
            change = dice.randrange(8)
            if change == 0:
                self.ports[0] ^= 1 << dice.randrange(16)
            elif change == 1:
                self.source = dice.choice(OTHERS[self.family])
            elif change == 2:
                self.ports[1] = dice.choice(PORTS)
        if self.flags & (SYN | ACK) == SYN and self.source == OTHERS[self.family][1]:
            self.source = OTHERS[self.family][0]  # or nobody could tell whose connections are half open
        self.offset = dice.randrange(16) if dice.random() < 0.05 else dice.choice((5, 5, 5, 8, 11, 15))
        self.cut = dice.random() < 0.02  # the packet ends within the header
        self.data = dice.randbytes(dice.choice((0, 0, 0, 1, 20, 100)))
        self.extended = dice.random() < 0.1  # options of IPv4, or an extension header
        first = dice.choice((b"", USUAL + dice.randbytes(8) + SCALED, b"\1\1\x13\x12", b"\x1d\x04"))
        self.options = (first + dice.randbytes(40))[:max(self.offset - 5, 0) * 4]
        self.ends = self.family, self.source, self.to, *self.ports

    def frame(self, link):
        ends = socket.inet_pton(KINDS[self.family], self.source) + socket.inet_pton(KINDS[self.family], self.to)
        tcp = struct.pack("!HHIIBBHHH", *self.ports, *self.numbers, self.offset << 4, self.flags, 1000, 0, 0)
        tcp += self.options + self.data
        even = tcp + b"\0" * (len(tcp) % 2)
        tcp = tcp[:16] + struct.pack("!H", checksum(ends + struct.pack("!II", len(tcp), 6) + even)) + tcp[18:]
        if self.cut:
            tcp = tcp[:16]
        if self.family:
            extension = struct.pack("!BBI2x", 6, 0, 0x01040000) if self.extended else b""
            ip = struct.pack("!IHBB", 6 << 28, len(extension + tcp), 60 if self.extended else 6, 64) + ends + extension
        else:
            extension = b"\x01\x01\x01\x00" if self.extended else b""
            ip = struct.pack("!BBHHHBBH", 0x46 if self.extended else 0x45, 0, 20 + len(extension + tcp), 0, 0, 64, 6, 0)
            sum_ = checksum(ip + ends + extension)
            ip = ip[:10] + struct.pack("!H", sum_) + ends + extension
        return link + struct.pack("!H", ETHERTYPES[self.family]) + ip + tcp

    def is_answerable(self, protected, connections):
        """With a SYN cookie, unless it meets what is left of a connection. PROTECTED: families and ports of listeners."""
        return self.flags & (SYN | ACK) == SYN and self.to == HERE[self.family] and self.ends not in connections and \
            (self.family, self.ports[1]) in protected and not is_signed(self.options)

    def passes(self, connections, uncertain, protected=()):
        """Does it reach the stack? ANSWERED: no, a cookie answers it. None: who knows, a connection of that name, half
        open or in TIME-WAIT, may have ended."""
        if self.cut or self.offset < 5:
            return False
        opens = self.flags & (SYN | ACK) == SYN
        if has_bad_flags(self.flags):
            return False
        if self.ends in connections and not opens:  # also of those that this host opened, by their flows
            return True
        if self.ports[1] not in PORTS:
            return False
        if self.is_answerable(protected, connections):
            return None if self.ends in uncertain else ANSWERED
        if opens or self.to != HERE[self.family]:
            return True
        return None if self.ends in uncertain else False


class Honest:
    """Connections that work all the time."""

    def __init__(self, test):
        self.test = test
        dual = test.stream(test.here, 1)
        dual.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        dual.bind(("::", LISTENING[4]))
        dual.listen()
        self.listeners = [(family, test.hold(LISTENING[2 * family + n], family, (), 128)) for family, _ in FAMILIES for n in (0, 1)]
        pairs = [(family, *test.accept_from(listener, family)) for family, listener in self.listeners]
        pairs += [(0, *test.accept_from(dual)), (1, *test.accept_from(dual, 1))]
        pairs += [(family, *test.connect_to(test.stream(test.here, family), family)) for family, _ in FAMILIES]
        self.pairs = [(inside, outside) for _, inside, outside in pairs]
        self.ends = [(family, THERE[family], HERE[family], outside.getsockname()[1], inside.getsockname()[1])
                     for family, inside, outside in pairs]
        self.protected = {(family, listener.getsockname()[1]) for family, listener in self.listeners}
        self.protected |= {(family, LISTENING[4]) for family, _ in FAMILIES}
        self.served = len(pairs) - len(FAMILIES)  # connections that listeners here accepted
        self.opened = 0
        self.passing = set()  # ends of connections that are half open or in TIME-WAIT, or were

    def work(self):
        for inside, outside in self.pairs:
            self.test.works(inside, outside)
        family, listener = self.listeners[self.opened % len(self.listeners)]
        outside = self.test.stream(self.test.there, family)
        outside.connect((HERE[family], listener.getsockname()[1]))
        inside = self.accepted(listener, outside.getsockname())
        self.passing.add((family, THERE[family], HERE[family], outside.getsockname()[1], inside.getsockname()[1]))
        self.test.works(inside, outside)
        for end in (outside, inside) if self.opened % 2 else (inside, outside):
            end.close()
        self.opened += 1

    def accepted(self, listener, client):
        """Who forges SYNs in a client's name may get him another connection, which is in TCP, not in the filter."""
        while True:
            inside = self.test.accept(listener)
            if inside.getpeername()[:2] == client[:2]:
                return inside
            inside.close()


class Segments(Stateful):
    def setUp(self):
        super().setUp()
        for family, _ in FAMILIES:
            for other in OTHERS[family]:
                if other != FORGED[family]:
                    self.here.route(self.interface, HERE, other)
                run("ip", "-n", self.here.name, "neigh", "replace", other, "dev", self.interface,
                    "lladdr", "02:00:00:00:00:77")
        self.here.run("sysctl", "-qw", "net.ipv4.tcp_invalid_ratelimit=0")

    def tap(self, namespace, interface):
        """A packet socket; it takes in everything there."""
        with entered(namespace):
            made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.addCleanup(made.close)
        made.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 256 << 20)
        made.bind((interface, 0))
        made.setblocking(False)
        return made

    def link(self):
        """To this host, from somebody who does not answer."""
        address = run("ip", "-n", self.here.name, "-br", "link", "show", self.interface).split()[2]
        return bytes.fromhex(address.replace(":", "")) + bytes.fromhex("020000000077")

    @staticmethod
    def arrived(tap):
        """The numbers of TCP segments that came in from whom we pretend to be."""
        found = set()
        while True:
            try:
                frame, (_, _, kind, *_) = tap.recvfrom(2048)
            except BlockingIOError:
                return found
            if kind == OUTGOING or frame[6:12] != b"\x02\0\0\0\0\x77" or frame[12:14] not in (b"\x08\0", b"\x86\xdd"):
                continue
            at = 14 + ((frame[14] & 15) * 4 if frame[12] == 8 else 40 + 8 * (frame[20] == 60))
            found.add(struct.unpack_from("!II", frame, at + 4))

    def send_all(self, segments, honest, protected=()):
        """Returns how many reached the stack, how many of those that were sent may or may not, and what the listeners
        had to do with: SYNs that a cookie answers, and those that it may."""
        tap, sender, link = self.tap(self.here, self.interface), self.tap(self.there, "peer"), self.link()
        dice, connections = random.Random(SEED), set(honest.ends)
        passed = unsure = answered = maybe = 0
        self.slowest = 0
        for sent in range(0, segments, BATCH):
            expected, wrong = {}, []
            seen = self.seen()
            for _ in range(BATCH):
                segment = Segment(dice, honest.ends)
                verdict = segment.passes(connections, honest.passing, protected)
                if segment.flags & (SYN | ACK) == SYN and verdict is True and segment.to == HERE[segment.family]:
                    honest.passing.add(segment.ends)
                expected[segment.numbers] = verdict, segment
                sender.send(segment.frame(link))
            if sent // BATCH % 20 == 0:
                start = time.monotonic()
                honest.work()
                self.slowest = max(self.slowest, time.monotonic() - start)
            self.wait(seen + BATCH)
            found = self.arrived(tap)
            for numbers, (verdict, segment) in expected.items():
                unsure += verdict is None
                passed += numbers in found
                answered += verdict == ANSWERED
                maybe += verdict is None and segment.is_answerable(protected, connections)
                if verdict is not None and (verdict is True) != (numbers in found):
                    wrong.append((verdict, vars(segment)))
            self.assertEqual(wrong, [])
        for inside, outside in honest.pairs:
            self.talks_and_ends_amid(inside, outside)
        packets, drops = struct.unpack("II", tap.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
        self.assertEqual(drops, 0)
        self.assertConserved()
        return passed, unsure, answered, maybe

    def test_what_reaches_the_stack(self):
        self.attach(stateful().replace("out = accept out tcp", "out = accept out tcp, udp"))
        honest, begin = Honest(self), time.monotonic()
        passed, unsure, _, _ = self.send_all(SEGMENTS, honest)
        self.assertGreater(passed, SEGMENTS // 20)
        self.assertGreater(self.strays(), SEGMENTS // 5)
        print(f"{SEGMENTS} segments in {time.monotonic() - begin:.0f} s: {passed} reached the stack, {self.strays()} belonged "
              f"to no connection, {unsure} may or may not have been half open; {honest.opened} connections came and "
              f"went, the slowest round took {self.slowest:.2f} s")

    def test_what_cookies_keep_from_it(self):
        self.here.run("sysctl", "-qw", "net.ipv4.tcp_syncookies=2")
        self.attach(stateful().replace(", 8080\n", ", 8080  protect syn-cookies\n")
                    .replace("out = accept out tcp", "out = accept out tcp, udp"), "--mode", "generic")
        honest, begin, segments = Honest(self), time.monotonic(), SEGMENTS // 4
        passed, unsure, answered, maybe = self.send_all(segments, honest, honest.protected)
        cookies = self.look()["syn_cookies"]
        least = answered + honest.served + honest.opened
        self.assertTrue(least <= cookies["sent"] <= least + maybe, (least, maybe, cookies))
        self.assertGreaterEqual(cookies["valid"], honest.served + honest.opened)
        self.assertGreater(answered, segments // 50)
        self.assertGreater(cookies["invalid"], segments // 50)
        for _, listener in honest.listeners:
            listener.setblocking(False)
            self.assertRaises(BlockingIOError, listener.accept)
        print(f"{segments} segments in {time.monotonic() - begin:.0f} s: {passed} reached the stack, {answered} SYNs were "
              f"answered, {cookies['invalid']} cookies were wrong, {unsure} may or may not have met a connection; "
              f"{honest.opened} connections came and went, the slowest round took {self.slowest:.2f} s")

    def talks_and_ends_amid(self, inside, outside):
        self.works(inside, outside)
        outside.shutdown(socket.SHUT_WR)
        self.assertEqual(inside.recv(1), b"")

    def seen(self):
        """Packets that came in, as the guard counts them; cheaper than `stats`."""
        values = self.dump("seen")[0]["values"]
        return sum(value["value"]["packets"] for value in values)

    def wait(self, count):
        while self.seen() < count:
            time.sleep(0.01)


del Stateful  # its tests run elsewhere

if __name__ == "__main__":
    main()
