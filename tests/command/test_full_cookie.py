#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections by SYN cookies that carry every option: what both ends then know of each other, whom they are for, how
fast they are, and the program that completes them."""

import contextlib
import itertools
import socket
import threading
import time

from guarded import FAMILIES, HERE, PINS, entered, kernel_completes, main, policy
from opening import REUSE, SERVE, Opened
from sandbox import run, until

STAMPS, SACK, SCALE = 1, 2, 4  # of tcpi_options
ALL = STAMPS | SACK | SCALE
MPTCP = 262
PLAIN = SERVE + 10  # a port that nothing protects
PUMPED, PAIRS, SLOWEST = 64 << 20, 5, 0.5


def protected(state="off", **keys):
    return policy("protected", "[baseline]", f"tcp-state = {state}", "[rules]",
                  f"serve = accept in tcp > :{SERVE}-{SERVE + 9}  protect syn-cookies", "", **keys)


class Full(Opened):
    def setUp(self):
        super().setUp()
        if not kernel_completes():
            self.skipTest("this kernel lets no program complete connections (Linux 6.9)")
        self.here.run("sysctl", "-qw", "net.ipv4.tcp_syncookies=2")

    def guard(self, *arguments, **keys):
        return self.attach(protected(*arguments, **keys), "--mode", "generic")

    @contextlib.contextmanager
    def guarded(self, *arguments):
        self.guard(*arguments)
        try:
            yield
        finally:
            self.succeeds("detach", self.interface)

    def cookies(self):
        return self.look()["syn_cookies"]

    def by_cookie(self, family=0, inside=None):
        """Both ends of a connection that a cookie led to."""
        before = self.cookies()["valid"]
        listener = inside or self.listener(self.here, SERVE, family)
        ends = self.accept_from(listener, family)
        until(lambda: self.cookies()["valid"] == before + 1, "the cookie is counted")
        if not inside:
            listener.close()
        return ends

    @staticmethod
    def agreed(end):
        """The options that END has, and the scales of its peer's windows and of its own."""
        shown = end.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 16)
        return shown[5] & ALL, (shown[6] & 15, shown[6] >> 4)

    def assertAgreed(self, ends, options):
        (one, scales), (other, others) = map(self.agreed, ends)
        self.assertEqual((one, other), (options, options))
        self.assertEqual(scales, others[::-1])

    def sends_much(self, one, other):
        data = bytes(range(256)) * 4096
        with contextlib.closing(one), contextlib.closing(other):
            one.settimeout(20)
            received = bytearray()
            for at in range(0, len(data), 1 << 15):
                one.sendall(data[at:at + (1 << 15)])
                while len(received) < at + (1 << 15):
                    received += other.recv(1 << 20)
            self.assertEqual(received, data)


class Agreed(Full):
    def test_everything(self):
        for state, (family, name) in itertools.product(("off", "socket"), FAMILIES):
            with self.subTest(name, tcp_state=state), self.guarded(state):
                ends = self.by_cookie(family)
                self.assertAgreed(ends, ALL)
                self.assertGreater(self.agreed(ends[0])[1][1], 0)
                self.works(*ends)
                self.sends_much(*ends)
                self.sends_much(*reversed(self.by_cookie(family)))
                self.assertEqual(self.cookies()["invalid"], 0)

    def test_what_either_side_lacks(self):
        for side, (setting, left) in itertools.product(("here", "there"),
                                                       (("sack", STAMPS | SCALE), ("window_scaling", STAMPS | SACK))):
            with self.subTest(setting, side=side):
                space = getattr(self, side)
                space.run("sysctl", "-qw", f"net.ipv4.tcp_{setting}=0")
                with self.guarded():
                    ends = self.by_cookie()
                    self.assertAgreed(ends, left)
                    self.sends_much(*ends)
                space.run("sysctl", "-qw", f"net.ipv4.tcp_{setting}=1")

    def test_without_timestamps_there_is_no_room(self):
        for side in "here", "there":
            with self.subTest(side):
                space = getattr(self, side)
                space.run("sysctl", "-qw", "net.ipv4.tcp_timestamps=0")
                with self.guarded("socket"):
                    ends = self.by_cookie()
                    self.assertAgreed(ends, 0)
                    self.sends_much(*ends)
                space.run("sysctl", "-qw", "net.ipv4.tcp_timestamps=1")

    def test_the_segment_size(self):
        self.guard()
        listener = self.listener(self.here, SERVE)
        for asked in 1400, 900, 536:
            with self.subTest(asked):
                outside = self.stream(self.there)
                outside.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, asked)
                outside.connect((HERE[0], SERVE))
                inside = self.accept(listener)
                self.assertLessEqual(inside.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG), asked)
                self.assertAgreed((inside, outside), ALL)
                self.sends_much(inside, outside)


class Listeners(Full):
    def test_multipath(self):
        """Its connections the kernel alone can make."""
        self.guard("socket")
        with entered(self.here):
            listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, MPTCP)
        with listener:
            listener.setsockopt(*REUSE, 1)
            listener.bind((HERE[0], SERVE))
            listener.listen()
            outside = self.stream(self.there)
            outside.connect((HERE[0], SERVE))
            self.works(self.accept(listener), outside)

    def test_dual_stack(self):
        self.guard("socket")
        dual = self.stream(self.here, 1, None, [REUSE])
        dual.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        dual.bind(("::", SERVE))
        dual.listen()
        for family, name in FAMILIES:
            with self.subTest(name):
                self.assertAgreed(self.by_cookie(family, dual), ALL)


class Throughput(Full):
    """One connection by a cookie beside an ordinary one, in turns: whatever else the machine does slows down both."""

    def pump(self, one, other):
        """Bytes a second from ONE to OTHER."""
        def drain():
            left, room = PUMPED, bytearray(1 << 20)
            while left:
                left -= other.recv_into(room)

        data, drained = bytes(1 << 20), threading.Thread(target=drain)
        begin = time.monotonic()
        drained.start()
        for _ in range(PUMPED >> 20):
            one.sendall(data)
        drained.join()
        return PUMPED / (time.monotonic() - begin)

    def test_it_is_as_fast(self):
        self.attach(policy("protected", "[rules]", f"serve = accept in tcp > :{SERVE}  protect syn-cookies",
                           f"plain = accept in tcp > :{PLAIN}", ""), "--mode", "generic")
        for family, name in FAMILIES:
            by_cookie, plain = self.by_cookie(family), self.accept_from(self.listener(self.here, PLAIN, family), family)
            sent = self.cookies()["sent"]
            self.assertEqual(sent, family + 1)  # none for the ordinary one
            for ends in by_cookie, plain:
                self.assertAgreed(ends, ALL)
            for way, (sender, receiver) in ("in", (1, 0)), ("out", (0, 1)):
                rates = [[self.pump(ends[sender], ends[receiver]) for ends in (by_cookie, plain)] for _ in range(PAIRS)]
                cookie, ordinary = map(max, zip(*rates))
                print(f"{name} {way}: {cookie / ordinary:.2f} of {ordinary / 1e6:.0f} MB/s")
                self.assertGreater(cookie, SLOWEST * ordinary, (name, way))
            self.assertEqual((self.cookies()["sent"], self.cookies()["invalid"]), (sent, 0))


class Completer(Full):
    PIN = "link_completer"

    def test_hangs_while_guarded(self):
        self.guard()
        self.assertIn(self.PIN, self.pins())
        self.assertSays(self.succeeds("status", self.interface), "clients with timestamps keep them, window scaling and SACK")
        self.assertTrue(self.look()["syn_cookies_full"])
        self.reload(protected())
        self.reload(policy("other", "[rules]", f"serve = accept in tcp > :{SERVE}"))
        self.assertIn(self.PIN, self.pins())  # cookies may still come back
        self.succeeds("detach", self.interface)
        self.assertNothingPinned()
        self.assertNotIn("complete", self.here.run("bpftool", "net", "show", "dev", self.interface))

    def test_comes_with_the_first_policy_that_needs_it(self):
        self.attach(policy("other", "[rules]", f"serve = accept in tcp > :{SERVE}"), "--mode", "generic")
        self.assertNotIn(self.PIN, self.pins())
        self.reload(protected())
        self.assertAgreed(self.by_cookie(), ALL)

    def test_is_put_back(self):
        path = self.guard()
        run("bpftool", "link", "detach", "pinned", PINS / self.interface / self.PIN)
        done = self.call("status", self.interface)
        self.assertSays(done.stdout + done.stderr, "completes connections by cookies is missing")
        self.assertEqual(done.returncode, 1)
        done = self.call("reload", self.interface, path)
        self.assertEqual(done.returncode, 0)
        self.assertSays(done.stderr, "no program to complete connections by cookies; it is attached again")
        self.succeeds("status", self.interface)
        self.assertAgreed(self.by_cookie(), ALL)

    def test_in_audit_mode_there_is_none(self):
        self.guard(mode="audit")
        self.assertNotIn(self.PIN, self.pins())
        self.assertFalse(self.look()["syn_cookies_full"])


if __name__ == "__main__":
    main()
