# SPDX-License-Identifier: GPL-2.0-or-later
"""Cables whose near end may be renamed, moved and made again while frames go through them. Frames
are sent and received by packet sockets, which need no address, no route and no neighbour."""

import json
import select
import socket
import struct
import threading
import time

from fault import ASK, FLOOD, FORBIDDEN, HERE, run
from guarded import THERE, entered

IPV4 = 0x0800
SHARE = 0.003  # seconds between two forbidden frames
PERMITTED = {"in": FLOOD, "out": ASK}


def frame(to, direction, port, mark):
    """An Ethernet frame with a UDP datagram that carries MARK."""
    source, destination = (THERE[0], HERE[0]) if direction == "in" else (HERE[0], THERE[0])
    datagram = struct.pack("!HHHH", 5000, port, 8 + len(mark), 0) + mark
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(datagram), 0, 0, 64, socket.IPPROTO_UDP, 0,
                         socket.inet_aton(source), socket.inet_aton(destination))
    words = struct.unpack("!10H", header)
    total = sum(words)
    total = (total & 0xffff) + (total >> 16)
    header = header[:10] + struct.pack("!H", ~(total + (total >> 16)) & 0xffff) + header[12:]
    return to + bytes(6) + struct.pack("!H", IPV4) + header + datagram


def port_and_mark(data):
    """Port and mark of a frame of ours, else None."""
    if len(data) < 50 or data[12:14] != struct.pack("!H", IPV4) or data[23] != socket.IPPROTO_UDP:
        return None
    return struct.unpack("!H", data[36:38])[0], data[42:]


class Cable:
    """`near` is the name of the guarded end, in the namespace `place`, or None if there is none.
    `epoch` is odd from the moment when somebody says that it is guarded until something is done to
    it."""

    def __init__(self, test, near):
        self.test, self.near, self.far = test, near, test.name("f{}n{}")
        self.place, self.taps, self.epoch = None, {}, 0
        self.up = True
        self.make()

    def make(self, near=None, index=None):
        self.near = near or self.near
        run("ip", "-n", self.test.here.name, "link", "add", self.near,
            *(("index", str(index)) if index else ()), "type", "veth", "peer", "name", self.far, "netns",
            self.test.there.name)
        run("ip", "-n", self.test.there.name, "link", "set", self.far, "up")
        self.place = self.test.here
        self.ip("set", self.near, "up")
        self.up = True
        self.tap()

    def ip(self, *words):
        return run("ip", "-j", "-n", self.place.name, "link", *words)

    def shown(self):
        return json.loads(self.ip("show", self.near))[0]

    def tap(self):
        """Opens packet sockets on both ends; needed again whenever one of them was made or moved."""
        opened = {"in": self.socket(self.place, self.near), "out": self.socket(self.test.there, self.far)}
        old, self.taps = self.taps, opened
        for tap in old.values():
            tap.close()
        self.hardware = {"in": bytes.fromhex(self.shown()["address"].replace(":", "")), "out": bytes(6)}

    @staticmethod
    def socket(namespace, name):
        with entered(namespace):
            made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
        made.bind((name, IPV4))
        return made

    def send(self, direction, port, mark):
        """In from the far end, out from the near one. An interface that is down takes nothing."""
        by = self.taps["out" if direction == "in" else "in"]
        try:
            by.send(frame(self.hardware[direction], direction, port, mark))
        except OSError:
            pass

    def received(self, direction):
        """(port, mark) of each frame of ours that has come through in DIRECTION."""
        while True:
            try:
                data, origin = self.taps[direction].recvfrom(2048)
            except OSError:
                return
            found = port_and_mark(data)
            if found and origin[2] != socket.PACKET_OUTGOING:
                yield found


class Watch(threading.Thread):
    """Sends forbidden frames both ways through every cable, and permitted ones on request, and
    records those that come through: in `leaks` the forbidden ones that were sent and arrived within
    one odd epoch of their cable, in `open` the others."""

    def __init__(self):
        super().__init__()
        self.cables, self.leaks, self.open, self.marks = [], [], {}, {}
        self.sent = 0
        self.lock, self.ending = threading.Lock(), threading.Event()

    def run(self):
        while not self.ending.is_set():
            with self.lock:
                for cable in self.cables:
                    self.turn(cable)
            time.sleep(SHARE)

    def turn(self, cable):
        for direction in ("in", "out"):
            cable.send(direction, FORBIDDEN, struct.pack("!QQ", id(cable), cable.epoch))
            self.sent += 1
        self.listen(cable)

    def listen(self, cable):
        for direction in ("in", "out"):
            for port, mark in cable.received(direction):
                if port == PERMITTED[direction]:
                    self.marks[cable, direction] = mark
                elif port == FORBIDDEN:
                    self.forbidden(cable, direction, struct.unpack("!QQ", mark[:16])[1])

    def forbidden(self, cable, direction, epoch):
        if epoch % 2 and epoch == cable.epoch:
            self.leaks.append((cable.near, direction, epoch))
        self.open[cable, direction] = self.open.get((cable, direction), 0) + 1

    def passes(self, cable, direction, seconds):
        """Does something permitted come through within SECONDS? By then, what was sent before has
        been judged."""
        end = time.monotonic() + seconds
        mark = struct.pack("!d", end)
        while time.monotonic() < end:
            with self.lock:
                cable.send(direction, FORBIDDEN, struct.pack("!QQ", id(cable), cable.epoch))
                cable.send(direction, PERMITTED[direction], mark)
                select.select([cable.taps[direction]], [], [], 0.01)
                self.listen(cable)
                if self.marks.get((cable, direction)) == mark:
                    return True
            time.sleep(SHARE)
        return False

    def count(self, cable):
        """How many forbidden frames have come through, with certainty or not."""
        with self.lock:
            self.listen(cable)
            return {direction: self.open.get((cable, direction), 0) for direction in ("in", "out")}
