# SPDX-License-Identifier: GPL-2.0-or-later
"""TCP connections opened by this host and by strangers, for tests of who opened them."""

import socket

from guarded import HERE, THERE, Guarded, entered, policy, rule
from sandbox import until

PORT, SERVE = 4000, 4001
ANSWERS = rule("all-out", "out", "tcp, udp")
OUT = policy("out", ANSWERS)  # everything that this host sends may go out
REUSE = (socket.SOL_SOCKET, socket.SO_REUSEADDR)


class Opened(Guarded):
    def dropped(self):
        return self.stats().reason("default", "in")

    def says(self, sender, receiver, data=b"ping"):
        sender.sendall(data)
        self.assertEqual(receiver.recv(100), data)

    def works(self, inside, outside):
        self.says(outside, inside)
        self.says(inside, outside)

    def is_cut(self, outside, inside):
        """Its inbound packets are dropped, even after this host has sent something. Call it once
        for each connection: acknowledgements are dropped too, and soon the ends wait for each
        other."""
        outside.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.loses(outside, inside)
        self.says(inside, outside, b"answer")
        self.loses(outside, inside)

    def loses(self, outside, inside):
        before = self.dropped()
        outside.sendall(b"lost")
        until(lambda: self.dropped() > before, "a packet is dropped")
        self.assertSilent(inside)

    def stream(self, namespace, family=0, port=None, options=()):
        """A TCP socket in NAMESPACE, bound if PORT is given."""
        with entered(namespace):
            made = socket.socket((socket.AF_INET, socket.AF_INET6)[family], socket.SOCK_STREAM)
        self.addCleanup(made.close)
        made.settimeout(20)
        for level, option in options:
            made.setsockopt(level, option, 1)
        if port is not None:
            own = (HERE if namespace is self.here else THERE)[family]
            made.bind((own, port))
        return made

    def listener(self, namespace, port, family=0, backlog=8):
        made = self.stream(namespace, family, port, [REUSE])
        made.listen(backlog)
        return made

    def connect_to(self, inside, family=0, to=THERE):
        """INSIDE connects; returns both ends."""
        listener = self.listener(self.there, 0, family)
        inside.connect((to[family], listener.getsockname()[1]))
        outside = self.accept(listener)
        listener.close()
        return inside, outside

    def accept_from(self, listener, family=0, close=False):
        """LISTENER accepts a connection; returns both ends."""
        outside = self.stream(self.there, family)
        outside.connect((HERE[family], listener.getsockname()[1]))
        inside = self.accept(listener)
        if close:
            listener.close()
        return inside, outside

    def accept(self, listener):
        made = listener.accept()[0]
        self.addCleanup(made.close)
        made.settimeout(20)
        return made
