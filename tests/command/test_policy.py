#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A policy that cannot be put in force: nothing is attached, and what was in force stays."""

import os
import random

from guarded import PATIENCE, Guarded, main, policy, rule

PORT, OTHER = 4000, 4001
GOOD = policy("good", rule("talk-in", "in", "udp", PORT))
EXPECT = "[expect it]\npacket = in udp 203.0.113.7:40000 > 198.51.100.10:{}\nverdict = accept\n"
WRONG = {  # part of the message: the policy
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

    def refuse(self, path, what):
        """A policy that names the list PATH is refused at once, because of WHAT; returns the whole
        message."""
        text = policy("lists", f"[sets]\nours = 192.0.2.1\ntalkers = @{path}\n",
                      rule("talk-in", "in", "udp", PORT, **{"from": "talkers"}))
        done = self.call("check", self.file(text), timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertSays(done.stderr, what)
        return done.stderr

    def test_a_list_is_data(self):
        shadow = self.file("root:$y$j9T$secret:20000:::::\n", "shadow")
        for line in (f"@{shadow}", "@shadow", "any", "ours", "root:$y$j9T$secret:20000:::::",
                     "192.0.2.1 secret", "192.0.2.300, secret", "\x1b]secret\x07"):
            with self.subTest(line):
                self.file(f"192.0.2.1\n{line}\n", "list.txt")
                said = self.refuse("list.txt", "list.txt:2:")
                self.assertNotIn("secret", said)
                self.assertNotIn("shadow", said)
        self.file("0.0.0.0/1\n128.0.0.0/1\n", "list.txt")
        self.refuse("list.txt", "every IPv4 address")
        self.file("wrong\n" * 100_000, "list.txt")
        self.assertLess(len(self.refuse("list.txt", "99990 more lines").splitlines()), 20)

    def test_a_list_is_a_regular_file(self):
        os.mkfifo(self.sandbox.directory / "fifo")
        (self.sandbox.directory / "link").symlink_to("fifo")
        with open(self.sandbox.directory / "vast", "wb") as vast:
            vast.truncate(1 << 40)
        for path in "fifo", "link", "/dev/zero", "/dev/stdin", "/proc/kmsg", "vast":
            with self.subTest(path):
                self.refuse(path, f"{path}: it ")
        self.refuse(".", "Is a directory")

    def test_a_policy_is_no_device(self):
        for path in "/dev/zero", "/dev/null":
            said = self.fails(1, "check", path, timeout=PATIENCE)
            self.assertSays(said, f"cannot read {path}: it is not a regular file")


def address(number):
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))


def span(first, last):
    return f"{address(first)}-{address(last)}"


class Costs(Guarded):
    """Policies that once took minutes and gigabytes."""

    def check(self, text, **options):
        """Checks the policy TEXT, with 1 GiB of memory, in a time that even a busy machine keeps."""
        return self.call("check", self.file(text), prefix=("prlimit", f"--as={1 << 30}"), timeout=60, **options)

    def test_ranges_within_each_other(self):
        begin, count = 10 << 24, 1200
        rules = [rule(f"r{i}", "in", "tcp", 80, source_port=7,
                      **{"from": span(begin + i, begin + count + i)},
                      to=span(begin + i * 7919 % count, begin + count + i * 7919 % count))
                 for i in range(count)]
        done = self.check(policy("nested", *rules))
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_one_set_in_many_rules(self):
        self.file("".join(f"{address(0x60000000 + i * 1021)}\n" for i in range(1_000_000)), "long.txt")
        halves = [rule("low", "in", "tcp", action="drop", **{"from": "0.0.0.0/1"}),
                  rule("high", "in", "tcp", action="drop", **{"from": "128.0.0.0/1"})]
        rules = [rule(f"r{i}", "in", "tcp", i + 1, **{"from": "long"}) for i in range(82)]
        sets = "[sets]\nlong = @long.txt\n"
        done = self.check(policy("many", sets, *rules))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        done = self.check(policy("many", sets, *halves, *rules))
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stderr.count("can never match: the rules before it together"), 82)

    def test_too_much_is_refused(self):
        dice = random.Random(7)

        def between(low, high):
            return sorted(dice.randrange(low, high) for _ in range(2))

        rules = [rule(f"r{i}", "in", "tcp", "{}-{}".format(*between(0, 65535)),
                      source_port="{}-{}".format(*between(0, 65535)),
                      **{"from": span(*between(1 << 24, 223 << 24))}, to=span(*between(1 << 24, 223 << 24)))
                 for i in range(3000)]
        done = self.check(policy("boxes", *rules))
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"^/[^:]+:\d+:\d+: error: the inbound rules for IPv4 overlap in too many ways")
        self.assertRegex(done.stderr, r"The rules r\d+, r\d+ and r\d+ cost most, with addresses such as ")
        self.assertEqual(done.stderr.count("error: "), 1)


main()
