#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The life of a guard: attach, status, stats, reload, rollback and detach, in every mode."""

import ctypes
import datetime
import json
import os
import re
import subprocess

from guarded import BPFFS, LASTING, PINS, Guarded, main, policy, rule
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
               "link-control", "other-ethertype", "banned", "martian", "fragment",
               "neighbour-discovery", "igmp", "dhcp-client", "ping", "reply", "default",
               "unguarded"}

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


class Missing(Guarded):
    """Somebody else has detached one of our programs."""

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

    def lodger(self, section):
        source = self.file(f'__attribute__((section("{section}"))) int lodger(void *c) '
                           "{ return 2; }", "lodger.c")
        run("clang", "-O2", "-g", "-target", "bpf", "-c", source, "-o", source.with_suffix(".o"))
        return source.with_suffix(".o")

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
