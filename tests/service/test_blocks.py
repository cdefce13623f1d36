#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The service keeps blocks: in the kernel over its own restarts, in a file over a reboot."""

import json
import resource
import statistics

from serving import Serving

from guarded import THERE, main, policy, rule, tap
from sandbox import until

PORT = 4000
TALK = policy("talk", rule("talk-in", "in", "udp", PORT))
IN = f"in udp {THERE[0]} > :{PORT}"


class Keeping(Serving):
    def setUp(self):
        super().setUp()
        self.path = self.file(TALK)
        self.blockfile = self.kept / f"{self.interface}.blocks"

    def blocks(self):
        return {one["name"]: (one["pattern"], one["limit"], one["since"], one["expires"])
                for one in json.loads(self.succeeds("blocks", "--json", self.interface))}

    def lines(self):
        return self.blockfile.read_text().splitlines()[1:] if self.blockfile.exists() else []

    def test_over_a_reboot(self):
        """A reboot leaves nothing in the kernel, and so does detach."""
        self.serve(self.path)
        self.succeeds("block", self.interface, IN, "--name", "flood", "--for", "1h")
        self.succeeds("block", self.interface, "in udp > :9", "--name", "some", "--limit", "5/second per source")
        until(lambda: len(self.lines()) == 2, "they are written down")
        self.assertEqual(self.blockfile.stat().st_mode & 0o777, 0o600)
        before = self.blocks()
        self.assertEqual(self.stop(), 0)
        self.succeeds("detach", self.interface)
        self.serve(self.path)
        self.says("2 blocks restored")
        after = self.blocks()
        self.assertEqual({name: one[:3] for name, one in before.items()},
                         {name: one[:3] for name, one in after.items()})
        self.assertEqual((after["some"][3], bool(after["flood"][3])), (None, True))
        sender, receiver = self.socket(self.there), self.socket(self.here, port=PORT)
        self.send(sender, PORT)
        until(lambda: self.stats().reason("blocked", "in"), "a packet is dropped")
        self.assertSilent(receiver)

    def test_expired_ones_leave(self):
        self.serve(self.path)
        self.succeeds("block", self.interface, IN, "--for", "1s")
        until(lambda: self.dump("blocking")[0]["value"][".data.blocking"][0]["blocking"]["origins"] == 0,
              "the service ends it")
        until(lambda: not self.blockfile.exists(), "nothing is blocked, and there is no file")

    def test_what_makes_no_sense_is_left_out(self):
        self.kept.mkdir()
        self.blockfile.write_text(f"# a comment\nnonsense\nflood\t2026-11-30T00:00:00Z\tnever\t-\t{IN}\n")
        self.serve(self.path)
        self.says("this is not a saved block")
        self.assertEqual(list(self.blocks()), ["flood"])

    def cost(self, *words):
        """Seconds of CPU that a command takes."""
        def used():
            children = resource.getrusage(resource.RUSAGE_CHILDREN)
            return children.ru_utime + children.ru_stime
        before = used()
        self.succeeds(*words)
        return used() - before

    def costs(self, port):
        return statistics.median(self.cost("block", self.interface, f"in udp 10.9.{i}.1 > :{port}") for i in range(5))

    def test_one_beside_four_thousand(self):
        """It is in force soon: it costs some times what the fifth does (5 when this was written), not
        hundreds."""
        self.kept.mkdir()
        self.blockfile.write_text("# many\n" + "".join(
            f"old-{i}\t2026-11-30T00:00:00Z\tnever\t-\tin udp 10.{i >> 8}.{i & 255}.1 > :{1000 + i % 500}\n"
            for i in range(4000)))
        self.serve(self.path)
        self.says("4000 blocks restored")
        beside_many = self.costs(77)
        self.succeeds("unblock", self.interface, "--all")
        alone = self.costs(78)
        tap.comment(f"{beside_many * 1000:.0f} ms beside 4,000, {alone * 1000:.0f} ms beside a few")
        self.assertLess(beside_many, 15 * alone)


if __name__ == "__main__":
    main()
