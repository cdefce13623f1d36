#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Interfaces that get another name or move to another network namespace, and others that have their
names."""

import json

from guarded import PINS, Guarded, main, policy, rule
from sandbox import run

PORT, OTHER = 4000, 4001
POLICY = policy("good", rule("talk-in", "in", "udp", PORT))
COMMANDS = ("reload", "rollback", "detach", "status", "stats")


class Renamed(Guarded):
    """Interfaces are identified by index and namespace; the names of folders follow."""

    def setUp(self):
        super().setUp()
        self.path, self.old, self.new = self.attach(POLICY), self.interface, self.name()
        self.rename(self.old, self.new)

    def rename(self, old, new):
        for words in (["down"], ["name", new], ["up"]):
            run("ip", "-n", self.here.name, "link", "set", new if words == ["up"] else old, *words)

    def folders(self):
        return sorted(folder.name for folder in PINS.iterdir())

    def guarded_names(self):
        return sorted(s["interface"] for s in json.loads(self.succeeds("status", "--json")))

    def test_goes_by_its_name(self):
        self.assertEqual(self.guarded_names(), [self.new])
        self.assertEqual(self.status(self.new)["interface"], self.new)
        self.assertEqual(self.folders(), [self.new])
        self.assertSays(self.fails(1, "attach", self.new, self.path), "guarded already", "reload")
        for command in ("reload", "rollback", "status", "stats", "bans"):
            self.succeeds(command, self.new)
        for command in COMMANDS:
            self.assertSays(self.fails(1, command, self.old), "no interface", self.old)
        self.succeeds("detach", self.new)
        self.assertNothingPinned()

    def test_is_said_before_the_folder_follows(self):
        for command in COMMANDS:
            self.assertSays(self.fails(1, command, self.old), "no interface", self.old,
                            f"is now called {self.new}")
        self.assertEqual(self.folders(), [self.old])

    def test_the_old_name_is_anothers(self):
        self.cable_there(self.old)
        for command in COMMANDS:
            self.assertSays(self.fails(1, command, self.old), f"{self.old} is not guarded",
                            f"is now called {self.new}")
        self.assertEqual(self.guarded_names(), [self.new])
        self.succeeds("attach", self.old, self.file(POLICY.replace("good", "second")))
        self.assertEqual(self.folders(), sorted([self.old, self.new]))
        self.assertEqual((self.status(self.old)["policy"], self.status(self.new)["policy"]),
                         ("second", "good"))
        self.succeeds("detach", self.old)
        self.assertEqual(self.guarded_names(), [self.new])
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT), OTHER)

    def cable_there(self, interface):
        self.sandbox.cable(self.here, interface, self.there, "peer2")

    def test_two_exchange_their_names(self):
        self.cable_there(self.old)
        self.succeeds("attach", self.old, self.file(POLICY.replace("good", "second")))
        between = self.name()
        for old, new in ((self.old, between), (self.new, self.old), (between, self.new)):
            self.rename(old, new)
        self.assertEqual(self.guarded_names(), sorted([self.old, self.new]))
        self.assertEqual((self.status(self.old)["policy"], self.status(self.new)["policy"]),
                         ("good", "second"))
        self.succeeds("detach", self.new)
        self.assertEqual(self.status(self.old)["policy"], "good")
        self.assertEqual(self.folders(), [self.old])

    def test_the_new_name_is_guarded_elsewhere(self):
        """All namespaces share the names of folders: the folder keeps the old name, and is found
        there."""
        other = self.sandbox.namespace("other")
        third = self.name()
        self.sandbox.cable(other, third, self.there, "peer2")
        self.succeeds("attach", third, self.path, namespace=other)
        self.rename(self.new, third)
        self.assertEqual(self.guarded_names(), [third])
        self.succeeds("reload", third)
        self.succeeds("detach", third)
        self.succeeds("status", third, namespace=other)
        self.assertEqual(self.folders(), [third])

    def test_alternative_name(self):
        for alias in ("uplink", "a-name-that-is-longer-than-others-may-be"):
            run("ip", "-n", self.here.name, "link", "property", "add", "dev", self.new, "altname", alias)
            self.assertEqual(self.status(alias)["interface"], self.new)
            self.succeeds("reload", alias, self.path)
            self.assertSays(self.fails(1, "attach", alias, self.path), "guarded already")
            self.succeeds("detach", alias)
            self.assertNothingPinned()
            self.succeeds("attach", alias, self.path)
            self.assertEqual(self.folders(), [self.new])


class Moved(Guarded):
    """Moved to another network namespace: its programs move with it, and so does its state."""

    def setUp(self):
        super().setUp()
        self.path = self.attach(POLICY)
        self.other = self.sandbox.namespace("other")
        run("ip", "-n", self.here.name, "link", "set", self.interface, "netns", self.other.name)

    def test_is_said_where_it_was(self):
        for command in ("reload", "rollback", "status", "stats"):
            self.assertSays(self.fails(1, command, self.interface), "another network namespace")
        self.assertSays(self.succeeds("status"), "no interface")

    def test_goes_on_where_it_is(self):
        self.assertEqual(json.loads(self.succeeds("status", "--json", namespace=self.other))[0]["policy"],
                         "good")
        self.succeeds("reload", self.interface, namespace=self.other)
        self.assertSays(self.fails(1, "attach", self.interface, self.path, namespace=self.other),
                        "guarded already")
        self.succeeds("detach", self.interface, namespace=self.other)
        self.assertNothingPinned()

    def test_can_be_ended_from_where_it_was(self):
        self.succeeds("detach", self.interface)
        self.assertNothingPinned()

    def test_cannot_be_ended_from_where_it_never_was(self):
        """Its name is not enough either, where no interface has that name."""
        stranger = self.sandbox.namespace("stranger")
        for command in (["detach", self.interface], ["reload", self.interface]):
            self.assertSays(self.fails(1, *command, namespace=stranger), "another network namespace")
        self.succeeds("status", self.interface, namespace=self.other)

    def test_another_with_its_name_and_index(self):
        """A new interface in the old place is another one, even with the very same index."""
        index = json.loads(self.other.run("ip", "-j", "link", "show", self.interface))[0]["ifindex"]
        run("ip", "-n", self.here.name, "link", "add", self.interface, "index", str(index), "type",
            "veth", "peer", "name", "peer2", "netns", self.there.name)
        done = self.call("status", self.interface)
        self.assertEqual(done.returncode, 1, done)
        self.succeeds("status", self.interface, namespace=self.other)


class Elsewhere(Guarded):
    """An interface of the same name in another network namespace."""

    def test_is_refused(self):
        path = self.attach(POLICY)
        other = self.sandbox.namespace("other")
        self.sandbox.cable(other, self.interface, self.there, "peer2")
        before = self.dumps()
        said = self.fails(1, "attach", self.interface, path, namespace=other)
        self.assertSays(said, self.interface, "another network namespace")
        for command in COMMANDS:
            said = self.fails(1, command, self.interface, namespace=other)
            self.assertSays(said, self.interface, "another network namespace")
        self.assertSays(self.succeeds("status", namespace=other), "no interface")
        self.assertEqual(json.loads(self.succeeds("stats", "--json", namespace=other)), [])
        self.assertEqual(self.dumps(), before)
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT), OTHER)

    def test_detach_when_the_first_is_gone(self):
        self.attach(POLICY)
        other = self.sandbox.namespace("other")
        run("ip", "-n", self.here.name, "link", "del", self.interface)
        self.succeeds("detach", self.interface, namespace=other)
        self.assertNothingPinned()

    def test_is_free_when_the_first_is_gone(self):
        path = self.attach(POLICY)
        other = self.sandbox.namespace("other")
        self.sandbox.cable(other, self.interface, self.there, "peer2")
        run("ip", "-n", self.here.name, "link", "del", self.interface)
        self.succeeds("attach", self.interface, path, namespace=other)
        self.succeeds("status", self.interface, namespace=other)
        self.succeeds("detach", self.interface, namespace=other)
        self.assertNothingPinned()


main()
