# SPDX-License-Identifier: GPL-2.0-or-later
"""Interfaces without a link layer: two tun devices, one in `here` and one in `there`, and a thread
that carries packets between them unchanged, including those that are still to be segmented."""

import contextlib
import fcntl
import os
import select
import struct
import threading

from guarded import HERE, THERE, Guarded, entered

TUNSETIFF, TUNSETOFFLOAD, TUNSETLINK = 0x400454CA, 0x400454D0, 0x400454CD
IFF_TUN, IFF_NO_PI, IFF_VNET_HDR = 0x0001, 0x1000, 0x4000
OFFLOADS = 0x01 | 0x02 | 0x04  # checksums, TSO of IPv4 and of IPv6
OFFLOAD_HEADER = 10
PACKET_BYTES = 65536 + OFFLOAD_HEADER

# By name, with their numbers from <linux/if_arp.h>.
LINKS = {"none": 0xFFFE, "ethernet": 1, "ppp": 512, "tunnel": 768, "tunnel6": 769, "sit": 776,
         "gre": 778, "gre6": 823, "rawip": 519, "can": 280, "infiniband": 32, "radiotap": 803}


def tun(namespace, name, flags=IFF_NO_PI | IFF_VNET_HDR):
    """A tun device called NAME in NAMESPACE, which disappears when the descriptor is closed."""
    with entered(namespace):
        descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | flags))
    if flags & IFF_VNET_HDR:
        fcntl.ioctl(descriptor, TUNSETOFFLOAD, OFFLOADS)
    return descriptor


class Wire(threading.Thread):
    """Carries what either of two tun devices sends to the other."""

    def __init__(self, one, other):
        super().__init__(daemon=True)
        self.ends = {one: other, other: one}
        self.longest = {one: 0, other: 0}  # the longest packet from each
        self.stop_reader, self.stop_writer = os.pipe()

    def run(self):
        while True:
            ready = select.select([*self.ends, self.stop_reader], [], [])[0]
            if self.stop_reader in ready:
                return
            for end in ready:
                with contextlib.suppress(OSError):  # an interface that is down
                    packet = os.read(end, PACKET_BYTES)
                    self.longest[end] = max(self.longest[end], len(packet) - OFFLOAD_HEADER)
                    os.write(self.ends[end], packet)

    def stop(self):
        os.write(self.stop_writer, b"x")
        self.join()
        for descriptor in (*self.ends, self.stop_reader, self.stop_writer):
            os.close(descriptor)


class Bare(Guarded):
    """Like Guarded, but its interface is a tun device, and so is its peer."""

    def cable(self, interface):
        self.inside, self.outside = tun(self.here, interface), tun(self.there, "peer")
        self.wire = Wire(self.inside, self.outside)
        self.wire.start()
        self.addCleanup(self.wire.stop)
        self.there.address("peer", *THERE)
        self.here.address(interface, *HERE)
        self.here.route(interface, HERE, *THERE)
        self.there.route("peer", THERE, *HERE)

    def attach(self, text, *options, interface=None):
        """Guards the interface; a warning must say by which hooks. Returns the policy's file."""
        path = self.file(text)
        done = self.call("attach", *options, interface or self.interface, path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertSays(done.stderr, "no Ethernet header", "tc ingress")
        return path

    def comes(self, packet):
        """Lets PACKET, which begins with its IP header, come in by the interface."""
        os.write(self.inside, bytes(OFFLOAD_HEADER) + packet)

    def becomes(self, descriptor, interface, kind):
        """Makes the tun device INTERFACE of `here` report a link of this KIND, see LINKS."""
        self.here.run("ip", "link", "set", interface, "down")
        fcntl.ioctl(descriptor, TUNSETLINK, LINKS[kind])
        self.here.run("ip", "link", "set", interface, "up")
