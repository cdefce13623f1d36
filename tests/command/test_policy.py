#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A policy that cannot be put in force: nothing is attached, and what was in force stays so."""

from guarded import Guarded, main, policy, rule

PORT, OTHER = 4000, 4001
GOOD = policy("good", rule("talk-in", "in", "udp", PORT))
EXPECT = "[expect it]\npacket = in udp 203.0.113.7:40000 > 198.51.100.10:{}\nverdict = accept\n"
WRONG = {  # what is said of it: the policy
    "port": policy("wrong", rule("talk-in", "in", "udp", 70000)),
    "colour": policy("wrong", rule("talk-in", "in", "udp", PORT, colour="red")),
    "nobody": policy("wrong", rule("talk-in", "in", "udp", PORT, **{"from": "nobody"})),
    "198.51.100.0/24": policy("wrong", "[sets]\nours = 198.51.100.10/24\n"),
    "two": policy("wrong", "[sets]\none = two\ntwo = one\n"),
    "talk-in": policy("wrong", rule("talk-in", "in"), rule("talk-in", "in")),
    "[policy]": rule("talk-in", "in", "udp", PORT),
    "missing": "",
    "NUL": "\0\1\2",
    "missing.txt": policy("wrong", "[sets]\nours = @missing.txt\n"),
    "drop": GOOD + EXPECT.format(OTHER),
    "other": GOOD + EXPECT.format(PORT) + "rule = other\n",
}


class Refused(Guarded):
    def refuse(self, *arguments):
        """The command fails and says where the policy is wrong."""
        done = self.call(*arguments)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, r"(?m)^/[^:]+:(\d+:\d+: )?error: ")
        return done.stderr

    def test_attach(self):
        for what, text in WRONG.items():
            with self.subTest(what):
                said = self.refuse("attach", self.interface, self.file(text))
                self.assertSays(said, what)
                self.assertNothingPinned()
        self.attach(GOOD)

    def test_reload(self):
        path = self.attach(GOOD)
        receiver, sender = self.socket(self.here, port=PORT), self.socket(self.there)
        self.reaches(sender, receiver, OTHER)
        before, counted, status = self.dumps(), self.stats(), self.status()
        for what, text in WRONG.items():
            with self.subTest(what):
                self.assertSays(self.refuse("reload", self.interface, self.file(text)), what)
                self.file(text, path.name)
                self.refuse("reload", self.interface)
                self.assertEqual(self.dumps(), before)
                self.assertEqual(self.status(), status)
                self.assertEqual(self.stats().rules, counted.rules)
        self.reaches(sender, receiver, OTHER)
        self.assertEqual(self.stats().packets("talk-in", "in"), 2)
        self.assertSilent(receiver)

    def test_every_error_is_said(self):
        text = policy("wrong", rule("one", "in", "udp", 70000), rule("two", "sideways", "udp", 1))
        said = self.refuse("attach", self.interface, self.file(text))
        self.assertEqual(said.count(": error: "), 2)

    def test_warnings_do_not_refuse(self):
        text = GOOD + rule("hidden", "in", "udp", PORT)
        done = self.call("attach", self.interface, self.file(text))
        self.assertEqual(done.returncode, 0)
        self.assertSays(done.stderr, ": warning: ", "hidden")
        done = self.call("reload", self.interface)
        self.assertEqual(done.returncode, 0)
        self.assertSays(done.stderr, ": warning: ", "hidden")


class CannotBeRead(Guarded):
    def paths(self):
        return (self.sandbox.directory / "missing.ini", self.sandbox.directory,
                self.file(GOOD) / "below")

    def test_attach(self):
        for path in self.paths():
            self.assertSays(self.fails(1, "attach", self.interface, path), str(path))
            self.assertNothingPinned()

    def test_reload(self):
        own = self.attach(GOOD)
        before = self.dumps()
        for path in self.paths():
            self.assertSays(self.fails(1, "reload", self.interface, path), str(path))
        own.unlink()
        self.assertSays(self.fails(1, "reload", self.interface), str(own))
        self.assertEqual(self.dumps(), before)
        self.succeeds("reload", self.interface, self.file(GOOD, own.name))


class Lists(Guarded):
    def test_a_list_is_read_again(self):
        self.file("192.0.2.1\n", "list.txt")
        self.attach(policy("lists", "[sets]\ntalkers = @list.txt\n",
                           rule("talk-in", "in", "udp", PORT, **{"from": "talkers"}),
                           rule("other-in", "in", "udp", OTHER)))
        receiver, other = self.socket(self.here, port=PORT), self.socket(self.here, port=OTHER)
        sender = self.socket(self.there)
        self.reaches(sender, other, PORT)
        self.assertSilent(receiver)
        self.file("192.0.2.1\n203.0.113.0/24\n", "list.txt")
        self.succeeds("reload", self.interface, cwd="/")
        self.reaches(sender, receiver)


main()
