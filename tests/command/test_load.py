#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reloads under load: what is forbidden never passes, what is permitted is never lost, and nothing
is unjudged or counted twice, while two policies take turns."""

import hashlib
import json
import os
import socket
import threading

from flood import ASK, FLOOD, Flood, Load
from guarded import Guarded, main, policy, rule
from sandbox import run
from tls import NAME, certificate, contexts

RELOADS = 50
DOWN, UP = 4433, 4434
BYTES_A_SECOND = 20 << 20
SO_MAX_PACING_RATE = 47
COMMON = (rule("flood-in", "in", "udp", FLOOD), rule("ask-out", "out", "udp", ASK),
          rule("serve-in", "in", "tcp", DOWN), rule("fetch-out", "out", "tcp", UP))
ONE = policy("one", *COMMON)
OTHER = policy("other", rule("sometimes", "in", "udp", 7000), "[baseline]\nping = accept\n",
               rule("no-telnet", "in", "tcp", 23, "drop"), *reversed(COMMON))


class Download:
    """A download over TLS that goes on until it is told to stop."""

    def __init__(self, client, server, certificate):
        self.client, self.server, self.certificate = client, server, certificate

    def serve(self, stop, digest):
        context, _ = contexts(self.certificate)
        data = os.urandom(1 << 16)
        self.server.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, BYTES_A_SECOND)
        with context.wrap_socket(self.server, server_side=True) as served:
            while not stop.is_set():
                served.sendall(data)
                digest.update(data)
            served.unwrap()

    def run(self, stop):
        sent, received, size = hashlib.sha256(), hashlib.sha256(), 0
        server = threading.Thread(target=self.serve, args=(stop, sent))
        server.start()
        _, context = contexts(self.certificate)
        with context.wrap_socket(self.client, server_hostname=NAME) as client:
            while chunk := client.recv(1 << 16):
                received.update(chunk)
                size += len(chunk)
            client.unwrap().close()
        server.join()
        return {"sent": sent.hexdigest(), "received": received.hexdigest(), "bytes": size}


class Reloads(Guarded):
    def load(self):
        """The flood, and downloads through the interface each way."""
        certified = certificate(self.sandbox.directory)
        load = Load(Flood(self),
                    Download(*self.connect(self.there, self.here, DOWN, 0), certified),
                    Download(*self.connect(self.here, self.there, UP, 1), certified))
        self.addCleanup(load.kill)
        return load

    def lost_before_us(self):
        """What the other end of the cable could not hand over."""
        shown = json.loads(run("ip", "-n", self.there.name, "-s", "-j", "link", "show", "peer"))
        return shown[0]["stats64"]["tx"]["dropped"]

    def take_turns(self, files):
        before = self.stats()
        for turn in range(RELOADS):
            self.succeeds("reload", self.interface, files[turn % 2])
            after = self.stats()
            self.assertEqual(after.interface["policy"], ("other", "one")[turn % 2])
            self.assertEqual(before.falls(after), [], f"after {turn + 1} reloads")
            before = after

    def test_two_policies_take_turns(self):
        self.attach(ONE)
        load = self.load()
        self.take_turns((self.file(OTHER), self.file(ONE)))
        flood, *downloads = load.stop()
        for found in downloads:
            self.assertIsInstance(found, dict, found)
            self.assertEqual(found["sent"], found["received"])
            self.assertGreater(found["bytes"], 1 << 20)
        self.assertIsInstance(flood, dict, flood)
        self.assertGreater(flood["sent"], 10 * RELOADS)
        self.counted(flood)

    def counted(self, flood):
        """Each datagram once, at its rule or its reason, and nothing else of the kind."""
        stats = self.stats()
        self.assertLessEqual(flood["lost"], self.lost_before_us())
        lost = flood["sent"] - stats.packets("flood-in", "in")
        self.assertEqual(lost, flood["lost"], "permitted packets, lost here")
        self.assertIn(flood["sent"] - stats.reason("default", "in"),
                      range(self.lost_before_us() - lost + 1), "forbidden packets")
        self.assertEqual(stats.packets("ask-out", "out"), flood["asked"])
        self.assertEqual(stats.replies("ask-out", "out"), flood["asked"])
        self.assertEqual(stats.reason("default", "out"), flood["forbidden_out"])
        self.assertConserved()
        self.assertEqual([cpu["value"]["unseated_packets"] for e in self.dump("seen")
                          for cpu in e["values"] if cpu["value"]["unseated_packets"]], [])
        print(f"\n{RELOADS} reloads, {stats.seen['in']} packets in, {stats.seen['out']} out, "
              f"{flood['sent']} permitted in the flood, {flood['lost']} lost before the filter")


main()
