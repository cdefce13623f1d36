#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is pinned: how bpftool shows it, and what other versions, careless hands and killed commands
leave behind."""

import ipaddress
import itertools
import json
import random

from guarded import FAMILIES, HERE, LASTING, PINS, THERE, Guarded, main, policy, rule
from killing import Killing
from sandbox import run

PORT, OTHER = 4000, 4001
POLICY = policy("good", rule("talk-in", "in", "udp", PORT), rule("ask-out", "out", "udp", PORT),
                rule("no-talk", "both", "udp", OTHER, "drop"))
COMMANDS = ("reload", "rollback", "detach", "status", "stats")
KILLS = 16


def bytes_of(address):
    """An address as flows have it: 16 bytes, IPv4 in the first four."""
    return list(ipaddress.ip_address(address).packed.ljust(16, b"\0"))


class Shown(Guarded):
    """With bpftool, by names of fields, as the README shows."""

    def traffic(self):
        """Three packets in, and an exchange that the inside begins, in both families."""
        for family, _ in FAMILIES:
            outside = self.socket(self.there, family=family, port=PORT)
            inside = self.socket(self.here, family=family, port=PORT)
            asker = self.socket(self.here, family=family, port=5000)
            self.send(outside, PORT, 2)
            self.reaches(outside, self.drained(inside, 2), OTHER)
            self.reaches(asker, outside)
            self.reaches(outside, asker)

    def drained(self, receiver, count):
        for _ in range(count):
            receiver.recv(100)
        return receiver

    def setUp(self):
        super().setUp()
        self.attach(POLICY)
        self.traffic()

    def test_rules(self):
        shown = {e["value"]["name"] + " " + e["value"]["direction"]: e["value"]
                 for e in self.dump("rules") if e["value"]["name"]}
        self.assertEqual(set(shown), {"talk-in DIRECTION_IN", "ask-out DIRECTION_OUT",
                                      "no-talk DIRECTION_IN", "no-talk DIRECTION_OUT"})
        entry = shown["no-talk DIRECTION_OUT"]
        self.assertEqual((entry["action"], entry["position"]), ("VERDICT_DROP", 3))
        lines = {r["name"]: r["line"] for r in self.stats().rules.values()}
        for entry in shown.values():
            self.assertEqual(entry["line"], lines[entry["name"]])

    def sum(self, pin):
        """The fields of a per-CPU map by key, summed up."""
        return {e["key"]: {field: sum(cpu["value"][field] for cpu in e["values"])
                           for field in e["values"][0]["value"]
                           if isinstance(e["values"][0]["value"][field], int)}
                for e in self.dump(pin)}

    def test_counters(self):
        names = {e["key"]: e["value"]["name"] for e in self.dump("rules")}
        counters = {names[key]: value for key, value in self.sum("counters").items()
                    if value["packets"] or value["reply_packets"]}
        self.assertEqual({name: (c["packets"], c["reply_packets"]) for name, c in counters.items()},
                         {"talk-in": (6, 0), "ask-out": (2, 2), "no-talk": (2, 0)})
        for (name, _), entry in self.stats().rules.items():
            if entry["packets"]:
                for field in ("packets", "bytes", "reply_packets", "reply_bytes"):
                    self.assertEqual(counters[name][field], entry[field], f"{name} {field}")
                self.assertGreater(counters[name]["last_seen_ns"], 0)

    def test_reasons(self):
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT), 6000, 6001)
        stats, dump = self.at_rest(lambda: (self.stats(), self.dump("reasons")))
        shown = {}
        for element in dump:
            for cpu in element["values"]:
                value = cpu["value"]
                key = (value["reason"].removeprefix("REASON_").lower().replace("_", "-"),
                       value["direction"].removeprefix("DIRECTION_").lower(),
                       value["verdict"].removeprefix("VERDICT_").lower())
                shown[key] = shown.get(key, 0) + value["packets"]
        self.assertEqual(set(shown), set(stats.reasons))
        for key in (("default", "in", "drop"), ("arp", "in", "accept"), ("arp", "out", "accept")):
            self.assertEqual(shown[key], stats.reason(*key), key)
        self.assertEqual(shown["default", "in", "drop"], 2)

    def test_flows(self):
        rules = {e["key"]: e["value"] for e in self.dump("rules")}
        flows = self.dump("flows")
        self.assertEqual(len(flows), 2)
        self.assertEqual(self.status()["flows"], 2)
        for family, _ in FAMILIES:
            key, flow = next((f["key"], f["value"]) for f in flows
                             if f["key"]["local"] == bytes_of(HERE[family]))
            self.assertEqual(key["remote"], bytes_of(THERE[family]))
            self.assertEqual((key["local_port"], key["remote_port"]), (5000, PORT))
            self.assertEqual(key["protocol"], 17)
            self.assertEqual(rules[flow["rule"]]["name"], "ask-out")
            self.assertEqual(flow["identity"], rules[flow["rule"]]["identity"])
            self.assertGreaterEqual(flow["last_seen_ns"], flow["created_ns"])

    def test_seat_and_interface(self):
        seat = self.dump("seat")[0]["value"][".data.seat"][0]["seat"]
        self.assertEqual((seat["active"], seat["confirm_by_ns"]), (0, 0))
        index = json.loads(self.here.run("ip", "-j", "link", "show", self.interface))[0]["ifindex"]
        state = self.dump("interface")[0]["value"]
        self.assertEqual(state["ifindex"], index)
        self.assertGreater(state["schema"], 0)
        self.assertGreater(state["netns_cookie"], 0)

    def test_seen(self):
        shown, seen = self.at_rest(lambda: (self.sum("seen"), self.stats().seen))
        self.assertEqual([e["packets"] for e in shown.values()], list(seen.values()))

    def test_programs(self):
        shown = self.link("link_in")
        self.assertEqual(shown["prog_id"], self.status()["program_id"])


class OtherVersion(Guarded):
    def schema(self, number):
        """Writes the number of the state's layout."""
        pin = PINS / self.interface / "interface"
        shown = json.loads(run("bpftool", "-j", "map", "dump", "pinned", pin))[0]["value"]
        value = [number, 0, 0, 0] + [int(byte, 16) for byte in shown[4:]]
        run("bpftool", "map", "update", "pinned", pin, "key", "0", "0", "0", "0", "value",
            *map(str, value))

    def test_is_refused(self):
        path = self.attach(POLICY)
        self.reload(POLICY)
        ours = self.dump("interface")[0]["value"]["schema"]
        self.schema(99)
        before = self.dumps()
        for arguments in (["attach", self.interface, path], *([c, self.interface]
                                                              for c in COMMANDS)):
            said = self.fails(1, *arguments)
            self.assertSays(said, self.interface, "another version", "schema 99",
                            str(PINS / self.interface))
        self.assertEqual(self.dumps(), before)
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT), OTHER)
        self.schema(ours)
        self.assertEqual(self.status()["policy"], "good")
        self.succeeds("rollback", self.interface)

    def test_does_not_hide_other_interfaces(self):
        self.attach(POLICY)
        self.schema(99)
        second = "z" + self.name()
        self.sandbox.cable(self.here, second, self.there, "peer2")
        self.succeeds("attach", second, self.file(POLICY))
        for command in ("status", "stats"):
            done = self.call(command)
            self.assertEqual(done.returncode, 1)
            self.assertSays(done.stderr, self.interface, "another version")
            self.assertSays(done.stdout, second)
            done = self.call(command, "--json")
            self.assertEqual([s["interface"] for s in json.loads(done.stdout)], [second])

    def test_removed_as_told(self):
        path = self.attach(POLICY)
        self.schema(99)
        folder = self.fails(1, "status", self.interface).split("remove ")[1].split(",")[0]
        run("rm", "-r", folder)
        self.succeeds("attach", self.interface, path)


class Full(Guarded):
    def test_larger_tables_cannot_be_pinned(self):
        """A reload that fails half way leaves everything as it was."""
        self.attach(POLICY)
        more = self.file(policy("more", *[rule(f"rule-{i}", "in", "tcp", 1 + i)
                                          for i in range(100)]))
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT), OTHER)
        before, counted = self.dumps(), self.stats()
        obstacle = PINS / self.interface / "rules%next%new"
        obstacle.mkdir()
        self.assertSays(self.fails(1, "reload", self.interface, more), "pin")
        obstacle.rmdir()
        self.assertEqual(self.dumps(), before)
        self.assertEqual(counted.falls(self.stats()), [])
        self.succeeds("reload", self.interface, more)


class Damaged(Guarded):
    def test_a_pin_is_missing(self):
        path = self.attach(POLICY)
        for pin in ("counters", "seat", "interface", "flows"):
            (PINS / self.interface / pin).unlink()
            for arguments in (["attach", self.interface, path], *([c, self.interface]
                                                                  for c in COMMANDS)):
                said = self.fails(1, *arguments)
                self.assertSays(said, str(PINS / self.interface), "attach again")
            self.remove_pins()
            self.succeeds("attach", self.interface, path)

    def test_leftovers_of_a_killed_command(self):
        """Folders that were being built or removed do not get in the way."""
        path = self.attach(POLICY)
        (PINS / f"{self.interface}%new").mkdir()
        (PINS / "gone%new").mkdir()
        self.assertEqual(len(json.loads(self.succeeds("status", "--json"))), 1)
        self.succeeds("reload", self.interface)
        self.succeeds("detach", self.interface)
        (PINS / f"{self.interface}%new").mkdir()
        self.succeeds("attach", self.interface, path)
        self.succeeds("detach", self.interface)
        self.assertNothingPinned()

    def test_leftovers_of_an_interface_that_nobody_names(self):
        """Commands that only read find them, too: what is pinned there may still be in force."""
        self.attach(POLICY)
        for reader in ("status", "stats"):
            for arguments in ((), (self.interface,)):
                (PINS / "gone%new").mkdir()
                self.succeeds(reader, *arguments)
                self.assertEqual([p.name for p in PINS.iterdir()], [self.interface])


class Killed(Killing):
    """SIGKILL at any moment of a command leaves the guard whole."""

    def whole(self, sender, receiver, silent):
        """The guard judges, counts, can be shown and changed."""
        self.reaches(sender, receiver, OTHER)
        self.assertSilent(silent)
        self.assertConserved()
        self.assertIn(self.status()["policy"], ("good", "better"))

    def test_reload(self):
        paths = self.attach(POLICY), self.file(POLICY.replace("good", "better"))
        takes = self.takes("reload", self.interface, paths[1])
        ends = (self.socket(self.there), self.socket(self.here, port=PORT),
                self.socket(self.here, port=OTHER))
        for kill in range(KILLS):
            moment = takes * random.Random(kill).uniform(0.5, 1.1)
            self.killed(moment, "reload", self.interface, paths[kill % 2])
            self.whole(*ends)
        before = self.stats().packets("talk-in", "in")
        self.reload(POLICY)
        self.assertEqual(self.stats().packets("talk-in", "in"), before)
        self.assertEqual(len(self.pins()), len(LASTING) + 2)

    def test_reload_that_needs_larger_tables(self):
        """Killed at each step that others can see."""
        more = self.file(policy("better", *[rule(f"rule-{i}", "in", "tcp", 1 + i)
                                            for i in range(100)], POLICY.partition("\n\n")[2]))
        for call in ("membarrier", "rename", "unlink"):
            for number in itertools.count(1):
                self.attach(POLICY)
                ends = (self.socket(self.there), self.socket(self.here, port=PORT),
                        self.socket(self.here, port=OTHER))
                for _ in range(3):
                    self.reaches(*ends[:2])
                killed = self.killed_at(call, number, "reload", self.interface, more)
                with self.subTest(f"{call} {number}"):
                    self.assertEqual(self.stats().packets("talk-in", "in"), 3)
                    self.assertConserved()
                    self.reaches(*ends[:2])
                    self.succeeds("reload", self.interface, more)
                    self.whole(*ends)
                    self.assertEqual(self.stats().packets("talk-in", "in"), 5)
                    self.assertEqual(len(self.pins()), len(LASTING) + 2)
                self.remove_pins()
                for end in ends:
                    end.close()
                if not killed:
                    break
            self.assertGreater(number, 1, f"it never calls {call}")

    def test_attach_and_detach(self):
        path = self.file(POLICY)
        takes = self.takes("attach", self.interface, path)
        self.succeeds("detach", self.interface)
        for kill in range(KILLS):
            moment = takes * random.Random(kill).uniform(0.7, 1.1)
            self.killed(moment, "attach", self.interface, path)
            done = self.call("attach", self.interface, path)
            self.assertTrue(done.returncode == 0 or "guarded already" in done.stderr, done)
            self.killed(random.Random(kill).uniform(0, 0.01), "detach", self.interface)
            done = self.call("detach", self.interface)
            self.assertTrue(done.returncode == 0 or "not guarded" in done.stderr, done)
            self.assertNothingPinned()


main()
