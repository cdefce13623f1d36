#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The service keeps bans: in the kernel over its own restarts, in a file over a reboot."""

import json
import signal
import time

from serving import Serving

from guarded import THERE, main, policy, rule
from sandbox import until

PORT = 4000
TALK = policy("talk", rule("talk-in", "in", "udp", PORT))
SOME = ("192.0.2.0/24", THERE[0], "2001:db8::/32")
STAMP = "%Y-%m-%dT%H:%M:%SZ"


def at(seconds):
    """The time SECONDS from now."""
    return time.strftime(STAMP, time.gmtime(time.time() + seconds))


class Keeping(Serving):
    def setUp(self):
        super().setUp()
        self.path = self.file(TALK)
        self.banfile = self.kept / f"{self.interface}.bans"

    def bans(self):
        return {one["address"]: (one["since"], one["expires"])
                for one in json.loads(self.succeeds("bans", "--json", self.interface))}

    def written(self):
        """The lines of the file, by address."""
        if not self.banfile.exists():
            return {}
        lines = [line.split() for line in self.banfile.read_text().splitlines() if line[0] != "#"]
        return {address: (since, None if expires == "never" else expires) for address, since, expires in lines}

    def keep(self, *lines):
        self.kept.mkdir()
        self.banfile.write_text("\n".join(["# a comment", *lines, ""]))

    def test_over_a_reboot(self):
        """A reboot leaves nothing in the kernel, and so does detach."""
        self.serve(self.path)
        self.assertFalse(self.kept.exists(), "nothing is written for nobody")
        self.succeeds("ban", self.interface, *SOME[:2])
        self.succeeds("ban", self.interface, SOME[2], "--for", "1h")
        until(lambda: len(self.written()) == 3, "it is written down")
        self.assertEqual(self.written(), self.bans())
        self.assertEqual(self.banfile.stat().st_mode & 0o777, 0o600)
        before = self.bans()
        self.assertEqual(self.stop(), 0)
        self.succeeds("detach", self.interface)
        self.serve(self.path)
        self.says("3 bans restored")
        self.assertLessEqual(max(self.apart(before, self.bans())), 1)
        sender, receiver = self.socket(self.there), self.socket(self.here, port=PORT)
        self.send(sender, PORT)
        until(lambda: self.stats().reason("banned", "in"), "a packet is dropped")
        self.assertSilent(receiver)

    def test_not_those_by_limits(self):
        self.serve(self.file(policy("bans", rule("talk-in", "in", "udp", PORT, limit="1/hour per source then ban 1h"))))
        self.send(self.socket(self.there), PORT, 6)
        until(lambda: list(self.bans()) == [THERE[0]], "the ban")
        self.succeeds("ban", self.interface, SOME[2])
        until(lambda: list(self.written()) == [SOME[2]], "it is written down")

    def apart(self, one, other):
        """By how many seconds the times of the same bans differ."""
        self.assertEqual(one.keys(), other.keys())
        for address, times in one.items():
            for a, b in zip(times, other[address]):
                self.assertEqual(a is None, b is None)
                yield 0 if a is None else abs(time.mktime(time.strptime(a, STAMP)) -
                                              time.mktime(time.strptime(b, STAMP)))

    def test_written_when_it_stops(self):
        self.serve(self.path)
        for address in SOME:
            self.succeeds("ban", self.interface, address)
        self.assertEqual(self.stop(), 0)
        self.assertEqual(set(self.written()), set(SOME))

    def test_on_stop_detach(self):
        self.serve(self.path, "--on-stop", "detach")
        self.succeeds("ban", self.interface, *SOME)
        self.assertEqual(self.stop(), 0)
        self.assertNothingPinned()
        self.serve(self.path, "--on-stop", "detach")
        self.assertEqual(set(self.bans()), set(SOME))

    def test_adopts_what_the_kernel_has(self):
        self.serve(self.path)
        self.succeeds("ban", self.interface, *SOME)
        until(lambda: len(self.written()) == 3, "it is written down")
        self.kill(signal.SIGKILL)
        self.service.wait()
        self.succeeds("unban", self.interface, SOME[0])
        self.serve(self.path)
        self.assertEqual(set(self.bans()), set(SOME[1:]))
        until(lambda: set(self.written()) == set(SOME[1:]), "the file follows")
        self.succeeds("unban", self.interface, "--all")
        until(lambda: not self.banfile.exists(), "nobody is banned, and there is no file")

    def test_attached_by_hand_before(self):
        """For example by a udev rule at boot: nobody has banned or unbanned since, so bans are put
        back."""
        self.keep(*(f"{address} {at(-1)} never" for address in SOME))
        self.attach(TALK)
        self.assertEqual(self.bans(), {})
        self.serve(self.path)
        self.says("3 bans restored")
        self.assertEqual(set(self.bans()), set(SOME))

    def test_an_interface_that_comes_again(self):
        self.serve(self.path)
        self.succeeds("ban", self.interface, *SOME)
        until(lambda: len(self.written()) == 3, "it is written down")
        self.delete()
        self.says("gone")
        self.cable(self.interface)
        self.says("3 bans restored")
        self.assertEqual(set(self.bans()), set(SOME))

    def test_expired_ones(self):
        """They are not put back; bans that expire later are removed by the service."""
        self.keep(f"192.0.2.1 {at(-100)} {at(-1)}", f"192.0.2.2 {at(-100)} {at(100)}",
                  f"192.0.2.3 {at(-5)} {at(2)}", f"192.0.2.4 {at(-100)} never")
        self.serve(self.path)
        self.assertNotIn("192.0.2.1", self.bans())
        until(lambda: len(self.dump("bans")) == 2, "what has expired is removed")
        until(lambda: set(self.written()) == {"192.0.2.2", "192.0.2.4"}, "and written down no more")

    def test_a_clock_that_was_wrong(self):
        """A ban of one minute ends within a minute, even if the times in the file are in the
        future."""
        self.keep(f"192.0.2.1 {at(100000)} {at(100060)}")
        self.serve(self.path)
        since, expires = self.bans()["192.0.2.1"]
        self.assertLess(expires, at(70))
        self.assertGreater(since, at(99000))

    def test_a_damaged_file(self):
        self.keep(f"192.0.2.1 {at(-1)} never", "192.0.2.2", f"192.0.2.3 {at(-1)} soon", "\x00\xff",
                  f"2001:db8::1/64 {at(-1)} never", f"::1 {at(-1)} never")
        self.serve(self.path)
        self.says("warning", f"{self.banfile}:3: this is not a saved ban")
        self.assertEqual(set(self.bans()), {"192.0.2.1", "::1"})

    def test_no_place_to_keep_them(self):
        self.serve(self.path, STATE_DIRECTORY="/proc/nowhere")
        self.succeeds("ban", self.interface, *SOME)
        self.says("warning", "cannot save the bans in /proc/nowhere/")
        self.assertEqual(self.stop(), 0)
        self.assertEqual(set(self.bans()), set(SOME))

    def test_very_many(self):
        many = self.sandbox.directory / "many"
        many.write_text("\n".join(f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}" for i in range(100000)))
        self.serve(self.path)
        self.succeeds("ban", self.interface, f"@{many}", "--for", "1h")
        self.assertEqual(self.stop(), 0)
        self.assertEqual(len(self.written()), 100000)
        self.succeeds("detach", self.interface)
        self.serve(self.path)
        self.assertEqual(self.status()["bans"], 100000)


if __name__ == "__main__":
    main()
