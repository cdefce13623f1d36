#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Guards whose programs, pins or seats others have detached, removed, emptied or replaced."""

import ctypes
import json
import os
import subprocess

from guarded import BPFFS, PINS, Guarded, main, policy, rule
from sandbox import run

PORT, OTHER = 4000, 4001
FIRST = policy("first", rule("talk-in", "in", "udp", PORT))
SECOND = policy("second", rule("other-in", "in", "udp", OTHER), rule("talk-in", "in", "udp", PORT))


class Missing(Guarded):
    LINKS = {"link_in": "in", "link_out": "out"}

    def detach_link(self, pin):
        run("bpftool", "link", "detach", "pinned", PINS / self.interface / pin)

    def taken_off(self, pin, way):
        self.detach_link(pin)
        done = self.call("status", "--json", self.interface)
        self.assertEqual(done.returncode, 1)
        self.assertSays(done.stderr, self.interface, f"the way {way} is missing", "attach")
        return json.loads(done.stdout)[0]

    def test_way_out(self):
        self.attach(FIRST)
        status = self.taken_off("link_out", "out")
        self.assertEqual((status["egress"], status["attach_mode"]), ("missing", "native"))
        self.succeeds("detach", self.interface)
        self.assertNothingPinned()

    def test_way_in(self):
        self.attach(FIRST)
        status = self.taken_off("link_in", "in")
        self.assertEqual(status["attach_mode"], "missing")
        self.assertNotEqual(status["egress"], "missing")
        self.succeeds("detach", self.interface)
        self.assertNothingPinned()

    def test_whoever_answers_says_so(self):
        self.attach(FIRST)
        for pin, way in self.LINKS.items():
            self.detach_link(pin)
            for words in (["status"], ["status", self.interface], ["stats"], ["stats", self.interface],
                          ["stats", "--json"], ["stats", "--prometheus", self.interface],
                          ["bans", self.interface],
                          ["explain", self.interface, "in udp 203.0.113.7:1 > 198.51.100.10:2"]):
                done = self.call(*words)
                self.assertEqual(done.returncode, 1, words)
                self.assertTrue(done.stdout, words)
                self.assertSays(done.stderr, self.interface, f"way {way} is missing", "NOT guarded")
            self.call("reload", self.interface)

    def changes(self):
        """Commands that change a guard, each with its exit status if nothing is missing."""
        return ((["reload", self.interface], 0), (["reload", "--confirm", "1h", self.interface], 0),
                (["confirm", self.interface], 0), (["rollback", self.interface], 0),
                (["ban", self.interface, "203.0.113.99"], 0),
                (["unban", self.interface, "203.0.113.99"], 0),
                (["rollback", "--force", self.interface], 0), (["confirm", self.interface], 1))

    def assertGuards(self, words=""):
        self.succeeds("status", self.interface)
        silent = self.socket(self.here, port=6000)
        inside, outside = self.socket(self.here), self.socket(self.there, port=6000)
        receiver = self.socket(self.here, port=PORT)
        self.send(inside, 6000)
        self.reaches(self.socket(self.there), receiver, 6000)
        for opened in (silent, outside):
            self.assertSilent(opened)
        for opened in (silent, inside, outside, receiver):
            opened.close()

    def mends(self, break_it, said):
        """Each command that changes something mends what BREAK_IT breaks, and says so."""
        self.attach(FIRST)
        for words, status in self.changes():
            with self.subTest(" ".join(words)):
                break_it()
                self.assertEqual(self.call("status", self.interface).returncode, 1)
                done = self.call(*words)
                self.assertEqual(done.returncode, status, done)
                self.assertSays(done.stderr, self.interface, said, "it is attached again")
                self.assertGuards()

    def test_way_in_is_mended(self):
        self.mends(lambda: self.detach_link("link_in"), "no program on the way in")

    def test_way_out_is_mended(self):
        self.mends(lambda: self.detach_link("link_out"), "no program on the way out")

    def test_pins_that_were_removed(self):
        self.attach(FIRST)
        for pin, way in self.LINKS.items():
            (PINS / self.interface / pin).unlink()
            done = self.call("reload", self.interface)
            self.assertEqual(done.returncode, 0, done)
            self.assertSays(done.stderr, f"no program on the way {way}")
            self.assertGuards()

    def test_seats_that_were_emptied(self):
        self.attach(FIRST)
        self.reload(SECOND)
        for seats, way in (("seats_in", "in"), ("seats_out", "out")):
            for seat in range(3):
                subprocess.run(["bpftool", "map", "delete", "pinned", PINS / self.interface / seats,
                                "key", str(seat), "0", "0", "0"], stderr=subprocess.DEVNULL, check=False)
            done = self.call("status", self.interface)
            self.assertSays(done.stderr, f"way {way} has lost its policy")
            done = self.call("rollback", self.interface)
            self.assertEqual(done.returncode, 0, done)
            self.assertSays(done.stderr, f"no policy on the way {way}", "attached again")
            self.assertGuards()

    def test_anothers_program_has_the_place(self):
        """It is not replaced, so nothing is changed, and no command claims that the interface is
        guarded."""
        self.attach(FIRST)
        self.detach_link("link_in")
        self.here.run("ip", "link", "set", "dev", self.interface, "xdpdrv", "obj", self.lodger("xdp"),
                      "sec", "xdp")
        before = self.dumps()
        for words, _ in self.changes():
            said = self.fails(1, *words)
            self.assertSays(said, self.interface, "way in is missing", "lodger")
        self.assertEqual(self.dumps(), before)
        self.here.run("ip", "link", "set", "dev", self.interface, "xdpdrv", "off")
        self.assertEqual(self.call("reload", self.interface).returncode, 0)
        self.assertGuards()

    def test_our_link_has_anothers_program(self):
        """A program that is not ours in our own link: it judges nothing."""
        self.attach(FIRST)
        lodger = BPFFS / f"lodger-{self.interface}"
        self.addCleanup(lodger.unlink)
        run("bpftool", "prog", "load", self.lodger("xdp"), lodger, "type", "xdp")
        self.update_link("link_in", lodger)
        self.assertSays(self.call("status", self.interface).stderr, "way in was replaced")
        done = self.call("ban", self.interface, "203.0.113.99")
        self.assertEqual(done.returncode, 0, done)
        self.assertSays(done.stderr, "another program on the way in")
        self.assertGuards()

    def update_link(self, pin, program):
        """BPF_LINK_UPDATE, which bpftool cannot do."""
        libbpf = ctypes.CDLL("libbpf.so.1", use_errno=True)
        link, fd = (libbpf.bpf_obj_get(str(path).encode()) for path in (PINS / self.interface / pin, program))
        self.assertGreater(min(link, fd), 0)
        self.assertEqual(libbpf.bpf_link_update(link, fd, None), 0)
        os.close(link)
        os.close(fd)


main()
