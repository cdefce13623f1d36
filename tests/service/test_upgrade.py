#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Another version of edgexdp takes over what it finds, amid traffic."""

import json
import shutil
import socket

from serving import Serving, Traffic

from announcing import RATE, Follower, announce, flow
from guarded import EDGEXDP, HERE, PATIENCE, THERE, entered, main, policy, rule
from sandbox import until

PORT, FORBIDDEN, ASK = 4000, 4001, 4002
TALK = policy("talk", rule("talk-in", "in", "udp", PORT), rule("ask-out", "out", "udp", ASK))
# Source lines that the objects contain: with other spaces the objects differ, but do the same.
ROOTS = (b"u32 turn = word->active;", b"u32 turn =word->active ;")
PROGRAMS = (b"if (!outcome || !packet)", b"if (!outcome ||!packet )")


class Upgrading(Serving):
    def other_version(self, *changes):
        """A program whose BPF objects differ from ours."""
        path = self.sandbox.directory / "edgexdp-other"
        text = EDGEXDP.read_bytes()
        for before, after in changes:
            self.assertIn(before, text, "the objects hold their source lines")
            text = text.replace(before, after)
        path.write_bytes(text)
        shutil.copymode(EDGEXDP, path)
        return path

    def programs(self):
        """Ids of the programs: on the way in, on the way out, in the seats."""
        seats = [e["value"] for pin in ("seats_in", "seats_out") for e in self.dump(pin)]
        return {"in": self.link("link_in")["prog_id"], "out": self.link("link_out")["prog_id"],
                "seats": seats}

    def upgrade(self, *changes):
        """Serves with one version and then with another, amid traffic; returns what was attached
        before and afterwards."""
        path = self.file(TALK)
        self.serve(path)
        inside, outside = self.socket(self.here), self.socket(self.there, port=ASK)
        self.send(inside, ASK)
        self.assertEqual(outside.recv(100), b"x")
        before = self.programs()
        with Traffic(self, self.socket(self.there), self.socket(self.here, port=PORT),
                     self.socket(self.here, port=FORBIDDEN)) as traffic:
            self.assertEqual(self.stop(), 0)
            counted = self.stats()
            self.program = self.other_version(*changes)
            self.serve(path)
            self.says("upgraded", "policy talk")
            after = self.programs()
            self.assertEqual(counted.falls(self.stats()), [])
        self.assertEqual(traffic.got, [traffic.sent[0], 0])
        self.assertEqual(self.stats().packets("talk-in", "in"), traffic.sent[0])
        self.send(outside, inside.getsockname()[1], data=b"the flow goes on")
        self.assertEqual(inside.recv(100), b"the flow goes on")
        self.assertConserved()
        self.assertEqual(self.stop(), 0)
        self.serve(path)
        self.says("adopted")
        self.assertEqual(self.programs(), after)
        return before, after

    def test_all_programs(self):
        before, after = self.upgrade(ROOTS, PROGRAMS)
        self.assertNotEqual(before["in"], after["in"])
        self.assertNotEqual(before["out"], after["out"])
        self.assertNotEqual(before["seats"], after["seats"])

    def test_only_the_policy_s_programs(self):
        """Only attached programs that have changed are replaced."""
        before, after = self.upgrade(PROGRAMS)
        self.assertEqual((before["in"], before["out"]), (after["in"], after["out"]))
        self.assertNotEqual(before["seats"], after["seats"])

    def test_bans_go_on(self):
        path = self.attach(TALK)
        self.succeeds("ban", self.interface, THERE[0], "2001:db8::/32", "--for", "1h")
        before = self.succeeds("bans", "--json", self.interface)
        self.program = self.other_version(ROOTS, PROGRAMS)
        self.succeeds("reload", self.interface, path)
        self.assertEqual(self.succeeds("bans", "--json", self.interface), before)
        receiver = self.socket(self.here, port=PORT)
        self.send(self.socket(self.there), PORT)
        until(lambda: self.stats().reason("banned", "in"), "a packet is dropped")
        self.assertSilent(receiver)

    def blocks(self):
        return {one["name"]: one for one in json.loads(self.succeeds("blocks", "--json", self.interface))}

    def test_blocks_go_on(self):
        """Those of commands and those of announcements: what they match, how much they have counted,
        who is ahead of their rates, and when they expire."""
        held, slow = 4003, 4004
        path = self.file(policy("talk", rule("talk-in", "in", "udp", f"{PORT}-{slow}")))
        self.serve(path)
        self.succeeds("block", self.interface, f"in udp > :{PORT}", "--name", "long", "--for", "1h")
        self.succeeds("block", self.interface, f"in udp > :{FORBIDDEN}", "--name", "short", "--for", "3s")
        self.succeeds("block", self.interface, f"in udp > :{held}", "--name", "held", "--limit", "1/hour burst 2")
        follower = Follower(self, "--hold", "1h")
        follower.say(announce(flow(HERE[0] + "/32", "udp", destination_port=[f"={ASK}"])),
                     announce(flow(HERE[0] + "/32", "udp", destination_port=[f"={slow}"]), action=RATE))
        until(lambda: len(self.blocks()) == 5, "all are in force", PATIENCE)
        follower.end()
        sender = self.socket(self.there)
        flows = {port: next(name for name, one in self.blocks().items() if f":{port}" in one["pattern"])
                 for port in (ASK, slow)}
        for port, count in ((PORT, 3), (held, 4), (ASK, 2)):
            self.send(sender, port, count)

        def counted():
            return [self.blocks()[name]["packets"] for name in ("long", "held", flows[ASK])]
        until(lambda: counted() == [3, 2, 2], f"3, 2 and 2 are dropped, not {counted()}")
        before = self.blocks()
        self.assertEqual(self.stop(), 0)
        self.program = self.other_version(ROOTS, PROGRAMS)
        self.serve(path)
        self.says("upgraded", "policy talk")
        after = self.blocks()
        short = before.pop("short", None), after.pop("short", None)
        self.assertEqual(before, after)
        if all(short):  # on a busy machine it is over
            self.assertEqual(short[0]["expires"], short[1]["expires"])
        receiver = self.socket(self.here, port=FORBIDDEN)

        def passes():
            self.send(sender, FORBIDDEN)
            receiver.settimeout(0.05)
            try:
                return receiver.recv(100)
            except TimeoutError:
                return None
        until(passes, "one that expires ends, with no command in between")
        for port in (PORT, held, ASK):
            self.send(sender, port)
        until(lambda: counted() == [4, 3, 3], f"they go on dropping and counting: {counted()}")
        Follower(self, "--hold", "1s").end()
        until(lambda: set(self.blocks()) == {"long", "held"}, "the new version ends what the old one announced",
              PATIENCE)
        self.assertConserved()

    def test_limits_go_on(self):
        """Who is ahead of one stays so, and whom one has banned; and the new programs ban."""
        away, newcomer = "203.0.113.8", "203.0.113.9"
        self.there.address("peer", away, newcomer)
        self.here.route(self.interface, HERE, away, newcomer)
        path = self.file(policy("limited", "[rules]\n"
                                f"held = accept in udp {THERE[0]} > :{PORT}  limit 1/hour per source burst 3\n"
                                f"ban = accept in udp > :{FORBIDDEN}  limit 1/hour per source burst 3 then ban 1h\n"))
        self.serve(path)
        held = self.socket(self.there)
        self.send(held, PORT, 5)
        self.send_from(away, FORBIDDEN, 5)
        self.limited(held=(3, 2), ban=(3, 1))
        before = self.succeeds("bans", "--json", self.interface)
        self.assertEqual(self.stop(), 0)
        self.program = self.other_version(ROOTS, PROGRAMS)
        self.serve(path)
        self.says("upgraded", "policy limited")
        self.assertEqual(self.succeeds("bans", "--json", self.interface), before)
        self.send(held, PORT, 2)
        self.send_from(away, FORBIDDEN, 1)
        self.send_from(newcomer, FORBIDDEN, 5)
        self.limited(held=(3, 4), ban=(6, 2))
        self.assertEqual([one["address"] for one in json.loads(self.succeeds("bans", "--json", self.interface))],
                         [away, newcomer])
        until(lambda: self.stats().reason("banned", "in") == 3, "packets of the banned")
        self.assertConserved()

    def send_from(self, address, port, count):
        with entered(self.there), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.bind((address, 0))
            self.send(sender, port, count)

    def limited(self, **rules):
        """Waits until so many packets of each rule have passed, and so many were held back."""
        def counted():
            return {name: tuple(self.stats().rules[name, "in"][key] for key in ("packets", "limited_packets"))
                    for name in rules}
        until(lambda: counted() == rules, f"{rules}, not {counted()}")

    def test_a_command(self):
        """A reload by another version replaces the programs as well."""
        path = self.attach(TALK)
        before = self.programs()
        self.program = self.other_version(ROOTS, PROGRAMS)
        self.succeeds("reload", self.interface, path)
        after = self.programs()
        self.assertNotEqual(before["in"], after["in"])
        self.assertNotEqual(before["out"], after["out"])
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT), FORBIDDEN)
        self.succeeds("rollback", self.interface)
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT), FORBIDDEN)


main()
