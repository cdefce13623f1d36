#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The life of a guard: attach, status, stats, reload, rollback and detach, in every mode."""

import datetime
import json
import re

from guarded import LASTING, Guarded, main, policy, rule
from sandbox import run

PORT, OTHER = 4000, 4001
FIRST = policy("first", rule("talk-in", "in", "udp", PORT))
SECOND = policy("second", rule("other-in", "in", "udp", OTHER), rule("talk-in", "in", "udp", PORT))


class Life(Guarded):
    def mode_shown_by_the_kernel(self):
        shown = json.loads(run("ip", "-n", self.here.name, "-j", "-d", "link", "show",
                               self.interface))[0]
        return {1: "native", 2: "generic"}[shown["xdp"]["mode"]] if "xdp" in shown else None

    def test_attach_guards(self):
        self.assertEqual(self.attach(FIRST).suffix, ".ini")
        self.assertEqual(self.mode_shown_by_the_kernel(), "native")
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT))
        self.assertEqual(self.stats().packets("talk-in", "in"), 1)

    def test_attach_drops_what_no_rule_names(self):
        silent = self.socket(self.here, port=OTHER)
        self.attach(FIRST)
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT), OTHER)
        self.assertSilent(silent)
        self.assertEqual(self.stats().reason("default", "in"), 1)

    def test_attach_twice(self):
        self.attach(FIRST)
        before = self.dumps()
        said = self.fails(1, "attach", self.interface, self.file(SECOND))
        self.assertSays(said, self.interface, "edgexdp reload")
        self.assertEqual(self.dumps(), before)

    def test_detach(self):
        self.attach(FIRST)
        self.reload(SECOND)
        self.assertEqual(self.succeeds("detach", self.interface), "")
        self.assertNothingPinned()
        self.assertEqual(self.mode_shown_by_the_kernel(), None)
        self.reaches(self.socket(self.there), self.socket(self.here, port=6000))
        self.assertSays(self.fails(1, "detach", self.interface), "not guarded", "edgexdp attach")

    def test_attach_again_after_detach(self):
        self.attach(FIRST)
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT))
        self.succeeds("detach", self.interface)
        self.attach(FIRST)
        self.assertEqual(self.stats().packets("talk-in", "in"), 0)

    def test_detach_is_done_when_it_ends(self):
        """However soon the next attach comes, it finds nothing left of the previous one."""
        path = self.file(FIRST)
        for _ in range(20):
            self.succeeds("attach", self.interface, path)
            self.succeeds("detach", self.interface)
            self.assertEqual(self.mode_shown_by_the_kernel(), None)

    def test_not_guarded(self):
        for command in ("reload", "rollback", "detach", "status", "stats"):
            said = self.fails(1, command, self.interface)
            self.assertSays(said, self.interface, "not guarded", "edgexdp attach")

    def test_nothing_is_guarded(self):
        self.assertSays(self.succeeds("status"), "no interface")
        self.assertEqual(json.loads(self.succeeds("status", "--json")), [])
        self.assertEqual(json.loads(self.succeeds("stats", "--json")), [])


class Reload(Guarded):
    def names(self):
        return [name for name, _ in self.stats().rules]

    def test_with_a_policy(self):
        self.attach(FIRST)
        self.reload(SECOND)
        self.assertEqual(self.status()["policy"], "second")
        self.assertEqual(self.names(), ["other-in", "talk-in"])
        self.reaches(self.socket(self.there), self.socket(self.here, port=OTHER))

    def test_without_a_policy_reads_the_file_again(self):
        path = self.attach(FIRST)
        self.file(SECOND, path.name)
        self.succeeds("reload", self.interface, cwd="/")
        self.assertEqual(self.status()["policy"], "second")

    def test_finds_the_file_from_elsewhere(self):
        path = self.file(FIRST)
        self.succeeds("attach", self.interface, path.name, cwd=path.parent)
        self.file(SECOND, path.name)
        self.succeeds("reload", self.interface, cwd="/")
        self.assertEqual(self.status()["policy"], "second")
        self.assertEqual(self.status()["path"], str(path))

    def test_without_a_policy_after_another_one(self):
        self.attach(FIRST)
        path = self.reload(SECOND)
        self.file(SECOND.replace("second", "third"), path.name)
        self.succeeds("reload", self.interface)
        self.assertEqual(self.status()["policy"], "third")

    def test_many(self):
        self.attach(FIRST)
        receiver, sender = self.socket(self.here, port=PORT), self.socket(self.there)
        for _ in range(5):
            for text, name in ((SECOND, "second"), (FIRST, "first")):
                self.reload(text)
                self.assertEqual(self.status()["policy"], name)
                self.reaches(sender, receiver)
                self.assertEqual(len(self.pins()), len(LASTING) + 2)


class Rollback(Guarded):
    def test_is_a_swap(self):
        self.attach(FIRST)
        self.reload(SECOND)
        first, second = self.socket(self.here, port=PORT), self.socket(self.here, port=OTHER)
        sender = self.socket(self.there)
        for name in ("first", "second", "first"):
            self.assertEqual(self.succeeds("rollback", self.interface), "")
            self.assertEqual(self.status()["policy"], name)
            if name == "second":
                self.reaches(sender, second)
            else:
                self.reaches(sender, first, OTHER)
                self.assertSilent(second)

    def test_goes_back_one_step(self):
        self.attach(FIRST)
        self.reload(SECOND)
        self.reload(FIRST.replace("first", "third"))
        self.succeeds("rollback", self.interface)
        self.assertEqual(self.status()["policy"], "second")
        self.reload(FIRST)
        self.succeeds("rollback", self.interface)
        self.assertEqual(self.status()["policy"], "second")

    def test_nothing_to_go_back_to(self):
        self.attach(FIRST)
        before = self.dumps()
        self.assertSays(self.fails(1, "rollback", self.interface), self.interface, "nothing")
        self.assertEqual(self.dumps(), before)

    def test_rules_stand_where_the_policy_in_force_has_them(self):
        self.attach(FIRST)
        self.reload(SECOND)
        self.succeeds("rollback", self.interface)
        places = {e["value"]["name"]: e["value"]["position"] for e in self.dump("rules")}
        self.assertEqual(places["talk-in"], 1)


class Mode(Guarded):
    mode_shown_by_the_kernel = Life.mode_shown_by_the_kernel

    def test_modes(self):
        for option, mode in (("auto", "native"), ("native", "native"), ("generic", "generic")):
            self.attach(FIRST, "--mode", option)
            self.assertEqual(self.status()["attach_mode"], mode)
            self.assertEqual(self.mode_shown_by_the_kernel(), mode)
            receiver, sender = self.socket(self.here, port=PORT), self.socket(self.there)
            silent = self.socket(self.here, port=OTHER)
            self.reaches(sender, receiver, OTHER)
            self.assertSilent(silent)
            for opened in (receiver, silent):
                opened.close()
            self.reload(SECOND)
            self.assertEqual(self.status()["attach_mode"], mode)
            self.succeeds("detach", self.interface)

    def test_offload_is_not_possible_here(self):
        path = self.file(FIRST)
        said = self.fails(1, "attach", "--mode", "offload", self.interface, path)
        self.assertSays(said, self.interface, "--mode auto")
        self.assertNothingPinned()
        self.assertEqual(self.mode_shown_by_the_kernel(), None)


class Audit(Guarded):
    def passes_and_is_counted(self):
        """Packets that the policy forbids arrive, both ways, and are counted as dropped."""
        inside, outside = self.socket(self.here, port=OTHER), self.socket(self.there, port=OTHER)
        before = self.stats()
        self.reaches(outside, inside)
        self.reaches(inside, outside)
        after = self.stats()
        for direction in ("in", "out"):
            self.assertEqual(after.reason("default", direction),
                             before.reason("default", direction) + 1)
        self.assertEqual(self.status()["flows"], 0)
        inside.close()
        outside.close()

    def test_option(self):
        path = self.attach(FIRST, "--audit")
        self.assertEqual(self.status()["mode"], "audit")
        self.assertSays(self.succeeds("status"), "audit")
        self.passes_and_is_counted()
        self.succeeds("reload", self.interface)
        self.assertEqual(self.status()["mode"], "audit", "reload without a policy keeps it")
        self.passes_and_is_counted()
        self.succeeds("reload", self.interface, path)
        self.assertEqual(self.status()["mode"], "enforce", "a policy named anew ends it")

    def test_mode_of_the_policy(self):
        self.attach(policy("auditing", rule("talk-in", "in", "udp", PORT), mode="audit"))
        self.assertEqual(self.status()["mode"], "audit")
        self.passes_and_is_counted()

    def test_a_drop_rule_and_an_accepted_flow(self):
        drop = rule("no-talk", "in", "udp", OTHER, "drop")
        self.attach(policy("auditing", drop, rule("ask-out", "out", "udp", PORT), mode="audit"))
        inside, outside = self.socket(self.here, port=OTHER), self.socket(self.there, port=PORT)
        self.reaches(outside, inside)
        self.assertEqual(self.stats().packets("no-talk", "in"), 1)
        self.assertEqual(self.status()["flows"], 0)
        self.reaches(inside, outside)
        self.assertEqual(self.status()["flows"], 1, "what is accepted makes its flow")
        self.reaches(outside, inside)
        self.assertEqual(self.stats().replies("ask-out", "out"), 1)


class Show(Guarded):
    """status and stats, for people and for programs."""

    STATUS = {"interface", "policy", "sha256", "mode", "attach_mode", "egress", "loaded_at",
              "confirm_by", "flows", "flows_max", "bans"}
    RULE = {"name", "direction", "action", "packets", "bytes", "reply_packets", "reply_bytes",
            "last_seen"}
    REASON = {"name", "direction", "verdict", "packets", "bytes"}
    REASONS = {"malformed", "extension-headers", "source-route", "vlan-depth", "arp",
               "link-control", "other-ethertype", "banned", "martian", "tcp-flags", "fragment",
               "neighbour-discovery", "igmp", "dhcp-client", "ping", "reply", "default",
               "unguarded", "no-connection", "syn-cookie", "blocked"}

    def assertTime(self, text):
        self.assertRegex(text, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
        return datetime.datetime.fromisoformat(text)

    def test_status_json(self):
        self.attach(FIRST)
        status = self.status()
        self.assertLessEqual(self.STATUS, set(status))
        expected = {"interface": self.interface, "policy": "first", "mode": "enforce",
                    "attach_mode": "native", "confirm_by": None, "flows": 0, "bans": 0}
        self.assertEqual({key: status[key] for key in expected}, expected)
        self.assertIn(status["egress"], ("tcx", "clsact"))
        self.assertRegex(status["sha256"], r"^[0-9a-f]{64}$")
        self.assertGreaterEqual(status["flows_max"], 1024)
        self.assertTime(status["loaded_at"])

    def test_sha256_is_the_policys(self):
        self.attach(FIRST)
        first = self.status()["sha256"]
        self.reload(SECOND)
        self.assertNotEqual(self.status()["sha256"], first)
        self.reload(FIRST)
        self.assertEqual(self.status()["sha256"], first)

    def test_loaded_at_moves_on(self):
        self.attach(FIRST)
        before = self.assertTime(self.status()["loaded_at"])
        self.reload(SECOND)
        self.assertGreaterEqual(self.assertTime(self.status()["loaded_at"]), before)

    def test_status_text(self):
        path = self.attach(FIRST)
        text = self.succeeds("status", self.interface)
        self.assertSays(text, self.interface, "first", "enforce", "native", str(path))
        moving = re.compile(r"(?m)\(\d+s ago\)|^  packets(.*\n){3}")
        self.assertEqual(moving.sub("", text), moving.sub("", self.succeeds("status")), "all are one")

    def test_room_for_flows(self):
        self.attach(FIRST, "--flows", "2048")
        self.assertEqual(self.status()["flows_max"], 2048)

    def test_stats_json(self):
        both = rule("both-ways", "both", "udp", OTHER, "drop")
        self.attach(policy("first", rule("talk-in", "in", "udp", PORT), both))
        stats = self.stats()
        self.assertEqual(stats.interface["interface"], self.interface)
        self.assertEqual(stats.interface["policy"], "first")
        self.assertEqual(set(stats.seen), {"in", "out"})
        self.assertEqual({key: r["action"] for key, r in stats.rules.items()},
                         {("talk-in", "in"): "accept", ("both-ways", "in"): "drop",
                          ("both-ways", "out"): "drop"})
        for entry in stats.rules.values():
            self.assertLessEqual(self.RULE, set(entry))
            self.assertIsNone(entry["last_seen"])
        for entry in stats.reasons.values():
            self.assertLessEqual(self.REASON, set(entry))
        self.assertEqual(set(stats.reasons), {(name, direction, verdict) for name in self.REASONS
                                              for direction in ("in", "out")
                                              for verdict in ("accept", "drop")})

    def test_stats_of_a_packet(self):
        self.attach(FIRST)
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT))
        seen = self.stats().rules["talk-in", "in"]
        length = len(b"mark 1") + 8 + 20 + 14
        self.assertEqual(seen["packets"], 1)
        self.assertIn(seen["bytes"], range(length, length + 4), "as it is on the wire")
        age = datetime.datetime.now(datetime.timezone.utc) - self.assertTime(seen["last_seen"])
        self.assertLess(abs(age.total_seconds()), 60)

    def rows(self, *options):
        text = self.succeeds("stats", *options, self.interface)
        return text, [line.split() for line in text.splitlines()]

    def test_stats_text(self):
        self.attach(SECOND)
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT), 6000)
        text, rows = self.rows()
        self.assertSays(text, self.interface, "policy second", "RULE", "REASON")
        self.assertIn(["talk-in", "in", "accept", "1"], [row[:4] for row in rows])
        self.assertIn(["default", "in", "drop", "1"], [row[:4] for row in rows])
        self.assertNotIn("other-in", text)
        self.assertRegex(text, r"(?m)^1 rule has matched nothing yet")

    def test_stats_text_all(self):
        self.attach(SECOND)
        text, rows = self.rows("--all")
        self.assertIn(["other-in", "in", "accept", "0", "0", "0", "0", "-"], rows)
        for name in self.REASONS:
            self.assertEqual(sum(row[:1] == [name] for row in rows), 4, name)
        self.assertNotIn("nothing yet", text)

    def test_several_interfaces(self):
        self.attach(FIRST)
        second = self.name()
        self.sandbox.cable(self.here, second, self.there, "peer2")
        self.succeeds("attach", second, self.file(SECOND))
        for command in ("status", "stats"):
            shown = json.loads(self.succeeds(command, "--json"))
            self.assertEqual({s["interface"]: s["policy"] for s in shown},
                             {self.interface: "first", second: "second"})
            self.assertSays(self.succeeds(command), self.interface, second)

    def test_output_that_cannot_be_written(self):
        self.attach(FIRST)
        for arguments in (["status"], ["status", "--json"], ["stats"], ["stats", "--json"]):
            with open("/dev/full", "w") as full:
                self.assertSays(self.fails(1, *arguments, stdout=full), "cannot write")


main()
