#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Leaving audit mode: what a stranger provoked while everything passed does not go on; what this host
opened does."""

import socket
import struct

from guarded import main
from opening import OUT, PORT, SERVE, Opened
from sandbox import until


def unacknowledged(stream):
    """How many segments of STREAM the other end has not acknowledged: tcpi_unacked of linux/tcp.h."""
    return struct.unpack_from("I", stream.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104), 24)[0]


class Audit(Opened):
    def setUp(self):
        super().setUp()
        self.listen = self.listener(self.here, SERVE)
        self.service = self.socket(self.here, port=SERVE)
        self.stranger = self.socket(self.there, port=PORT)

    def audit(self):
        self.path = self.attach(OUT, "--audit")

    def provoke(self):
        """A stranger talks to services that no rule names, and is answered."""
        self.inside, self.outside = self.accept_from(self.listen)
        self.works(self.inside, self.outside)
        self.settles()
        self.reaches(self.stranger, self.service)
        self.reaches(self.service, self.stranger)

    def settles(self):
        """Waits until nothing of the stranger's connection is in transit that would be dropped and
        counted later."""
        for end in self.inside, self.outside:
            until(lambda: not unacknowledged(end), "all that was sent is acknowledged")

    def open(self):
        """This host opens a connection."""
        return self.connect_to(self.stream(self.here))

    def assertStrangersCut(self):
        self.is_cut(self.outside, self.inside)
        before = self.dropped()
        self.send(self.stranger, SERVE)
        until(lambda: self.dropped() > before, "a datagram is dropped")
        self.assertSilent(self.service)

    def assertGoesOn(self, *pairs):
        """Nothing of these connections is lost, though the outside sends first."""
        for inside, outside in pairs:
            dropped = self.dropped()
            self.works(inside, outside)
            self.assertEqual(self.dropped(), dropped)

    def test_ends_with_it(self):
        older = self.open()
        self.audit()
        during = self.open()
        self.provoke()
        self.reload(OUT)
        self.assertEqual(self.status()["flows"], 2, "those that this host has opened")
        self.assertGoesOn(older, during)
        self.assertStrangersCut()
        self.assertEqual(self.status()["flows"], 2)

    def test_the_rules_may_be_called_otherwise(self):
        self.audit()
        during = self.open()
        self.provoke()
        self.reload(OUT.replace("all-out", "everything-out"))
        self.assertGoesOn(during)
        self.assertStrangersCut()

    def test_a_question_by_udp_has_to_be_asked_anew(self):
        self.audit()
        question = self.socket(self.here)
        self.reaches(question, self.stranger)
        self.reload(OUT)
        self.assertEqual(self.status()["flows"], 0)
        before = self.dropped()
        self.send(self.stranger, question.getsockname()[1], data=b"answer")
        until(lambda: self.dropped() > before, "the answer is dropped")
        self.reaches(question, self.stranger)
        self.reaches(self.stranger, question)
        self.assertEqual(self.status()["flows"], 1)

    def test_a_client_by_udp_is_seeded_for_audit_only(self):
        asked = self.socket(self.here)
        asked.connect(self.stranger.getsockname())
        self.audit()
        self.assertEqual(self.status()["flows"], 1)
        self.reaches(self.stranger, asked)
        self.assertEqual(self.dropped(), 0)
        self.reload(OUT)
        self.assertEqual(self.status()["flows"], 0)

    def test_ends_with_a_rollback(self):
        self.attach(OUT)
        asked = self.socket(self.here)
        self.reaches(asked, self.stranger)
        self.reload(OUT.replace("name = out", "name = out\nmode = audit"))
        during = self.open()
        self.provoke()
        self.succeeds("rollback", self.interface)
        self.assertGoesOn(during)
        self.reaches(self.stranger, asked)  # previously not a stranger
        self.assertStrangersCut()
        self.succeeds("rollback", self.interface)
        self.provoke()
        self.succeeds("rollback", self.interface)
        self.assertStrangersCut()

    def test_ends_with_a_deadline(self):
        """The kernel alone returns from audit mode to enforcing: no command has tidied up."""
        self.attach(OUT)
        self.succeeds("reload", "--confirm", "2s", self.interface,
                      self.file(OUT.replace("name = out", "name = out\nmode = audit")))
        during = self.open()
        self.provoke()
        self.service.setblocking(False)
        until(self.is_deaf, "what the stranger sends does not arrive")
        self.works(*during)
        self.assertEqual(self.status()["mode"], "enforce")
        self.assertEqual(self.status()["flows"], 1)
        self.assertStrangersCut()

    def is_deaf(self):
        self.send(self.stranger, SERVE)
        try:
            self.service.recv(100)
            return False
        except BlockingIOError:
            return True

    def test_a_candidate_that_enforces(self):
        self.audit()
        self.provoke()
        during = self.open()
        self.succeeds("reload", "--confirm", "1h", self.interface, self.file(OUT))
        self.assertGoesOn(during)
        self.assertStrangersCut()
        self.succeeds("rollback", self.interface)
        self.settles()
        self.provoke()
        self.succeeds("reload", "--confirm", "1h", self.interface, self.file(OUT))
        self.succeeds("confirm", self.interface)
        self.assertGoesOn(during)
        self.assertStrangersCut()

    def test_after_unguarded(self):
        """After an unconfirmed first policy, what this host opened since then goes on."""
        path = self.file(OUT)
        self.succeeds("attach", "--confirm", "1s", self.interface, path)
        until(lambda: self.status()["mode"] == "unguarded", "its time is over")
        during = self.open()
        self.provoke()
        self.succeeds("reload", self.interface, path)
        self.assertGoesOn(during)
        self.assertStrangersCut()

    def test_another_audit_is_no_end(self):
        self.audit()
        self.provoke()
        before = self.status()["flows"]
        self.assertEqual(before, 1)
        self.succeeds("reload", self.interface)
        self.assertEqual(self.status()["flows"], before)


main()
