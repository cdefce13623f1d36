#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Bans: in force at once and in both directions, whatever the policy says, until they expire."""

import json
import os
import subprocess
import threading

from guarded import FAMILIES, HERE, PATIENCE, THERE, main, policy, rule
from killing import Killing
from sandbox import run, until

PORT, ASK = 4000, 4001
TALK = policy("talk", rule("talk-in", "in", "udp, tcp", PORT), rule("ask-out", "out", "udp, tcp", ASK))
OTHER = policy("other", rule("ask-out", "out", "udp, tcp", ASK), rule("talk-in", "in", "udp, tcp", PORT))
AROUND = (("203.0.113.0/24", "203.0.113.0/28"), ("2001:db8:9::/48", "2001:db8:9::/64"))
ELSEWHERE = "192.0.2.1"
ADDRESSES_MAX, PREFIXES_MAX = 262144, 65536


class Banning(Killing):
    def setUp(self):
        super().setUp()
        self.attach(TALK)

        # A banned neighbour is not answered either, so addresses of neighbours are fixed.
        for one, interface, other, other_interface, addresses in (
                (self.here, self.interface, self.there, "peer", THERE),
                (self.there, "peer", self.here, self.interface, HERE)):
            link = json.loads(run("ip", "-j", "-n", other.name, "link", "show", other_interface))[0]
            for address in addresses:
                run("ip", "-n", one.name, "neighbour", "replace", address, "dev", interface,
                    "lladdr", link["address"], "nud", "permanent")

    def ban(self, *addresses, **options):
        self.succeeds("ban", self.interface, *addresses, **options)

    def unban(self, *addresses, **options):
        self.succeeds("unban", self.interface, *addresses, **options)

    def bans(self):
        """The banned addresses, each with everything else that is shown about it."""
        shown = json.loads(self.succeeds("bans", "--json", self.interface))
        return {one.pop("address"): one for one in shown}

    def banned(self, direction="in"):
        return self.stats().reason("banned", direction)

    def assertDropped(self, sender, receiver, direction="in"):
        before = self.banned(direction)
        try:
            self.send(sender, receiver.getsockname()[1])
        except PermissionError:  # this is how the kernel reports a packet that egress dropped
            self.assertEqual(direction, "out")
        until(lambda: self.banned(direction) > before, "it is counted as banned")
        self.assertSilent(receiver)

    def word(self):
        return self.dump("banning")[0]["value"][".data.banning"][0]["banning"]

    def lines(self, addresses):
        path = self.sandbox.directory / "addresses"
        path.write_text("\n".join(["# to be banned", *addresses]))
        return path

    def assertConsistent(self):
        """What is counted, shown and pinned agrees."""
        addresses, prefixes = self.dump("bans"), self.dump("ban_prefixes")
        word = self.word()
        self.assertEqual(word["changing"], 0)
        self.assertEqual((word["addresses"], word["prefixes"]), (len(addresses), len(prefixes)))
        self.assertEqual(word["kinds"], bool(addresses) + 2 * bool(prefixes))
        self.assertEqual(self.status()["bans"], len(self.bans()))
        for inner in prefixes:
            around = [outer["value"]["expires_ns"] for outer in prefixes if self.covers(outer, inner)]
            self.assertEqual(inner["value"]["in_force_ns"], max(around), inner)

    @staticmethod
    def covers(outer, inner):
        def bits(prefix):
            key = prefix["key"]
            whole = f"{key['family']:032b}" + "".join(f"{byte:08b}" for byte in key["address"])
            return whole[:key["bits"]]
        return bits(inner).startswith(bits(outer))


class Force(Banning):
    def test_at_once_for_a_connection(self):
        for family, name in FAMILIES:
            for client, server in ((self.there, self.here), (self.here, self.there)):
                with self.subTest(name, client=client.name):
                    port = PORT if server is self.here else ASK
                    ends = self.connect(client, server, port, family)
                    outside, inside = ends if client is self.there else ends[::-1]
                    before = self.banned()
                    self.ban(THERE[family])
                    outside.sendall(b"lost")
                    until(lambda: self.banned() > before, "a packet in is dropped")
                    before = self.banned("out")
                    inside.sendall(b"lost")
                    until(lambda: self.banned("out") > before, "a packet out is dropped")
                    self.assertSilent(inside)
                    self.assertSilent(outside)
                    self.unban(THERE[family])
                    self.assertEqual((inside.recv(4), outside.recv(4)), (b"lost", b"lost"))
        self.assertConserved()

    def test_addresses_and_prefixes(self):
        for family, name in FAMILIES:
            sender = self.socket(self.there, family=family)
            receiver = self.socket(self.here, port=PORT, family=family)
            asker = self.socket(self.here, family=family)
            asked = self.socket(self.there, port=ASK, family=family)
            for address in (THERE[family], *AROUND[family], ("0.0.0.0/0", "::/0")[family]):
                with self.subTest(name, address=address):
                    self.ban(address)
                    self.assertDropped(sender, receiver)
                    self.assertDropped(asker, asked, "out")
                    self.unban(address)
                    self.reaches(sender, receiver)
                    self.reaches(asker, asked)

    def test_nobody_else(self):
        self.ban(ELSEWHERE, "203.0.113.8", "203.0.113.6", "203.0.113.64/26", HERE[0], "2001:db8:8::/48")
        for family, _ in FAMILIES:
            self.reaches(self.socket(self.there, family=family),
                         self.socket(self.here, port=PORT, family=family))
        self.assertEqual((self.banned(), self.banned("out")), (0, 0))

    def test_audit_lets_it_pass(self):
        self.reload(TALK.replace("name = talk", "name = talk\nmode = audit"))
        self.ban(THERE[0])
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT))
        self.assertEqual(self.banned(), 1)

    def test_outlives_policies(self):
        sender, receiver = self.socket(self.there), self.socket(self.here, port=PORT)
        self.ban(THERE[0], "192.0.2.0/24")
        before = self.bans()
        for change in (lambda: self.reload(OTHER), lambda: self.reload(TALK),
                       lambda: self.succeeds("rollback", self.interface)):
            change()
            self.assertDropped(sender, receiver)
        self.assertEqual(self.bans(), before)
        self.succeeds("detach", self.interface)
        self.attach(TALK)
        self.assertEqual(self.bans(), {})
        self.reaches(sender, receiver)


class Expiry(Banning):
    def setUp(self):
        super().setUp()
        self.sender, self.receiver = self.socket(self.there), self.socket(self.here, port=PORT)

    def arrives(self):
        """Sends a datagram; returns what has arrived, or None."""
        self.send(self.sender, PORT)
        self.receiver.settimeout(0.05)
        try:
            return self.receiver.recv(100)
        except TimeoutError:
            return None

    def test_in_the_kernel(self):
        lasting = self.socket(self.there, family=1), self.socket(self.here, port=PORT, family=1)
        self.ban(THERE[1], AROUND[1][1])
        for address, pin in ((THERE[0], "bans"), (AROUND[0][0], "ban_prefixes")):
            with self.subTest(address):
                self.ban(address, "--for", "1s")
                self.assertDropped(self.sender, self.receiver)
                until(self.arrives, "packets pass again, with no command in between")
                self.assertEqual(len(self.dump(pin)), 2, "it counts no more, but is there")
                self.assertEqual((self.status()["bans"], set(self.bans())), (2, {THERE[1], AROUND[1][1]}))
                self.assertSays(self.fails(1, "unban", self.interface, address), "is not banned")
                self.assertEqual(len(self.dump(pin)), 1, "what changes bans removes it")
                self.assertConsistent()
                self.assertDropped(*lasting)

    def test_of_a_longer_prefix_does_not_hide_a_shorter(self):
        outer, inner = AROUND[0]
        self.ban(outer, "--for", "1h")
        self.ban(inner, "--for", "1s")
        until(lambda: list(self.bans()) == [outer], "it expires")
        self.assertEqual(len(self.dump("ban_prefixes")), 2)
        self.assertDropped(self.sender, self.receiver)
        self.unban(outer)
        self.reaches(self.sender, self.receiver)

    def test_a_shorter_prefix_that_is_banned_later(self):
        outer, inner = AROUND[0]
        self.ban(inner, "--for", "1s")
        self.ban(outer, "--for", "1h")
        until(lambda: list(self.bans()) == [outer], "it expires")
        self.assertEqual(len(self.dump("ban_prefixes")), 2)
        self.assertDropped(self.sender, self.receiver)

    def test_of_what_is_around(self):
        outer, inner = AROUND[0]
        self.ban(inner)
        self.ban(outer, THERE[0], "--for", "1s")
        until(lambda: list(self.bans()) == [inner], "they expire")
        self.assertDropped(self.sender, self.receiver)
        self.unban(inner)
        self.reaches(self.sender, self.receiver)

    def test_banning_again_replaces_it(self):
        for address in (THERE[0], AROUND[0][0]):
            self.ban(address, "--for", "1h")
            first = self.bans()[address]
            self.ban(address, "--for", "2h")
            second = self.bans()[address]
            self.assertEqual(first["since"], second["since"])
            self.assertGreater(second["expires"], first["expires"])
            self.ban(address)
            self.assertIsNone(self.bans()[address]["expires"])
            self.ban(address, "--for", "1s")
            until(self.arrives, "it expires")

    def test_table(self):
        self.assertEqual(self.succeeds("bans", self.interface), f"nobody is banned on {self.interface}\n")
        self.ban(THERE[0], "--for", "90m")
        self.ban("2001:db8::/32", "192.0.2.0/24")
        rows = [line.split() for line in self.succeeds("bans", self.interface).splitlines()]
        self.assertEqual([(row[0], row[-1]) for row in rows],
                         [("ADDRESS", "IN"), ("192.0.2.0/24", "never"), (THERE[0], "90m"),
                          ("2001:db8::/32", "never")])
        self.assertSays(self.succeeds("status", self.interface), "bans      3")
        self.assertSays(self.succeeds("stats", "--prometheus", self.interface),
                        f'edgexdp_bans{{interface="{self.interface}"}} 3\n')


class Many(Banning):
    def test_a_hundred_thousand(self):
        addresses = [f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}" for i in range(100000)]
        path = self.lines(addresses)
        self.ban(f"@{path}", "--for", "1h")
        self.ban(THERE[0], "2001:db8:9::/48")
        self.assertEqual(self.status()["bans"], 100002)
        self.assertEqual(len(self.bans()), 100002)
        for family, _ in FAMILIES:
            self.assertDropped(self.socket(self.there, family=family),
                               self.socket(self.here, port=PORT, family=family))
        done = run("sh", "-c", '"$@" < "$0"', path,
                   *self.here.command(self.program, "unban", self.interface, "-"))
        self.assertEqual(done, "")
        self.assertEqual(set(self.bans()), {THERE[0], "2001:db8:9::/48"})
        self.assertConsistent()
        self.assertDropped(self.socket(self.there), self.socket(self.here, port=PORT))

    def test_nobody_slips_through_meanwhile(self):
        """While others are banned, expire and are unbanned, and while the filter is rebuilt."""
        sender, receiver = self.socket(self.there), self.socket(self.here, port=PORT)
        others = self.lines([f"10.0.{i >> 8}.{i & 255}" for i in range(20000)])
        ending, sent = threading.Event(), 0
        self.ban(THERE[0])

        def send():
            nonlocal sent
            while not ending.is_set():
                self.send(sender, PORT)
                sent += 1
        thread = threading.Thread(target=send)
        thread.start()
        try:
            for _ in range(5):
                self.ban(f"@{others}", "--for", "1h")
                self.unban(f"@{others}")
                self.assertEqual(self.word()["stale"], 0, "the filter is made anew")
        finally:
            ending.set()
            thread.join()
        until(lambda: self.banned() >= sent, "all are judged")
        self.assertSilent(receiver)

    def test_no_room(self):
        self.ban(THERE[0], "192.0.2.0/24")
        for count, form, what in ((ADDRESSES_MAX, "10.{}.{}.{}", "addresses"),
                                  (PREFIXES_MAX, "{}.{}.{}.0/24", "prefixes")):
            some = [form.format(i >> 16, i >> 8 & 255, i & 255) for i in range(count)]
            line = self.fails(1, "ban", self.interface, f"@{self.lines(some)}")
            self.assertSays(line, f"room for {count} banned {what}", "unban some")
            self.assertEqual(set(self.bans()), {THERE[0], "192.0.2.0/24"}, "nothing has changed")
            self.ban(f"@{self.lines(some[1:])}")
            self.assertSays(self.fails(1, "ban", self.interface, some[0]), "room for")
            self.ban(some[1], "--for", "1h")
            self.assertEqual(self.status()["bans"], count + 1)
            self.unban(f"@{self.lines(some[1:])}")
        self.assertConsistent()


class Errors(Banning):
    def test_command_line(self):
        for arguments, *words in (
                ([], "too few arguments"), ([self.interface], "too few arguments"),
                ([self.interface, "example.net"], "is not an IPv4 or IPv6 address"),
                ([self.interface, "203.0.113.7/24"], "host bits", "203.0.113.0/24"),
                ([self.interface, "2001:db8::1/64"], "host bits", "2001:db8::/64"),
                ([self.interface, "203.0.113.1-203.0.113.9"], "ranges cannot be banned"),
                ([self.interface, "203.0.113.0/33"], "33"),
                ([self.interface, ELSEWHERE, "300.1.1.1"], "300")):
            for command in ("ban", "unban"):
                self.assertSays(self.fails(2, command, *arguments), f"edgexdp {command}: ", *words)
        for time in ("soon", "0s", "10", "-1s", "999999d"):
            self.assertSays(self.fails(2, "ban", self.interface, ELSEWHERE, f"--for={time}"), time, "is not a time")
        self.fails(2, "bans")
        self.fails(2, "unban", self.interface, "--all", ELSEWHERE)
        self.assertEqual(self.bans(), {})

    def test_files(self):
        path = self.lines([ELSEWHERE, "", "192.0.2.2 ; a comment", "192.0.2.300", "192.0.2.7/24"])
        done = self.call("ban", self.interface, f"@{path}")
        self.assertEqual(done.returncode, 1)
        self.assertSays(done.stderr, f"{path}:5:9: error: ", f"{path}:6:1: error: ", "192.0.2.0/24")
        self.assertNotIn("2.300", done.stderr, "a list is somebody else's: its lines are not shown")
        self.assertSays(self.fails(1, "ban", self.interface, "@/dev/zero", timeout=PATIENCE), "it is not a regular file")
        self.assertSays(self.fails(1, "ban", self.interface, "@/nowhere"), "cannot read /nowhere")
        self.assertEqual(self.bans(), {}, "nobody, where a line is wrong")
        self.ban(f"@{self.lines([ELSEWHERE, '', '192.0.2.2 ; a comment'])}")
        self.assertEqual(list(self.bans()), [ELSEWHERE, "192.0.2.2"])

    def test_not_guarded(self):
        self.succeeds("detach", self.interface)
        for command in (["ban", ELSEWHERE], ["unban", ELSEWHERE], ["bans"]):
            line = self.fails(1, command[0], self.interface, *command[1:])
            self.assertSays(line, self.interface, "is not guarded")

    def test_unban(self):
        self.ban("203.0.113.0/24", ELSEWHERE)
        for address, *words in ((THERE[0], "203.0.113.7 is not banned itself", "203.0.113.0/24 covers it"),
                                ("203.0.113.0/28", "203.0.113.0/24 covers it"),
                                ("203.0.0.0/16", "203.0.0.0/16 is not banned"), ("::1", "::1 is not banned")):
            self.assertSays(self.fails(1, "unban", self.interface, address), *words)
        self.assertSays(self.fails(1, "unban", self.interface, "192.0.2.7", ELSEWHERE, "192.0.2.8"),
                        "192.0.2.7 and 1 more are not banned")
        self.assertEqual(list(self.bans()), ["203.0.113.0/24"], "the one that was banned is not now")
        self.unban("--all")
        self.assertEqual(self.bans(), {})
        self.unban("--all")


class Lockout(Banning):
    def refused(self, address, *words, **options):
        self.assertSays(self.fails(1, "ban", self.interface, ELSEWHERE, address, **options), "--force", *words)
        self.assertEqual(self.bans(), {})

    def test_own_session(self):
        for family, _ in FAMILIES:
            env = {**os.environ, "SSH_CONNECTION": f"{THERE[family]} 50000 {HERE[family]} 22"}
            for address in (THERE[family], *AROUND[family]):
                self.refused(address, "lock you out", address, THERE[family], env=env)
            self.ban(("203.0.113.6", "2001:db8:9::6")[family], env=env)
            self.ban("--force", AROUND[family][0], env=env)
            self.unban("--all")

    def test_gateway(self):
        gateways = ("198.51.100.1", "fe80::99")
        for family, gateway in enumerate(gateways):
            run("ip", "-n", self.here.name, f"-{(4, 6)[family]}", "route", "add", "default", "via", gateway,
                "dev", self.interface, "onlink")
        for gateway, prefix in zip(gateways, ("198.51.100.0/25", "fe80::/10")):
            for address in (gateway, prefix):
                self.refused(address, "cut off the host", address, gateway)
        self.ban("--force", *gateways)
        self.assertEqual(set(self.bans()), set(gateways))

    def test_gateways_of_several_hops(self):
        run("ip", "-n", self.here.name, "route", "add", "default",
            "nexthop", "via", "198.51.100.1", "dev", self.interface, "onlink",
            "nexthop", "via", "198.51.100.2", "dev", self.interface, "onlink")
        for gateway in ("198.51.100.1", "198.51.100.2"):
            self.refused(gateway, "cut off the host", gateway)


class Killed(Banning):
    def test_what_the_next_command_finds(self):
        nested = ["10.0.0.0/8", "10.1.0.0/16", "10.1.1.0/24", "192.0.2.0/24"]
        for words in (["ban", self.interface, "203.0.113.0/25", ELSEWHERE, "10.0.0.0/15", "--for", "1h"],
                      ["unban", self.interface, "10.1.0.0/16", "192.0.2.9"]):
            for number in range(1, 200):
                self.succeeds("unban", self.interface, "--all")
                self.ban(*nested, "192.0.2.9")
                killed = self.killed_at("bpf", number, *words)
                before = set(nested) | {"192.0.2.9"}
                self.assertEqual(self.status()["bans"], len(self.bans()))
                self.assertConsistent()
                self.assertLessEqual(before - {"10.1.0.0/16", "192.0.2.9"}, set(self.bans()))
                if not killed:
                    break
            else:
                self.fail("it never ends by itself")
            self.assertGreater(number, 10)


class Refused(Banning):
    def test_every_call_once(self):
        """A call that the kernel refuses leaves nothing half done, and unbans nobody else."""
        lasting = {"192.0.2.0/24", "192.0.2.9"}
        sender, receiver = self.socket(self.there, family=1), self.socket(self.here, port=PORT, family=1)
        for words in (["ban", self.interface, "203.0.113.0/25", ELSEWHERE, "192.0.2.9", "--for", "1h"],
                      ["unban", self.interface, "10.1.0.0/16", "192.0.2.8"]):
            failures = 0
            for number in range(1, 200):
                self.succeeds("unban", self.interface, "--all")
                self.ban("10.0.0.0/8", "10.1.0.0/16", "192.0.2.8", THERE[1], *lasting)
                done = self.refused_at(number, *words)
                self.assertConsistent()
                self.assertLessEqual(lasting, set(self.bans()))
                self.assertDropped(sender, receiver)
                if not done.returncode and failures > 10:
                    break
                failures += bool(done.returncode)
                if done.returncode:
                    self.assertRegex(done.stderr, r"^edgexdp: [^\n]+\n$")
            else:
                self.fail("it never succeeds")

    def refused_at(self, number, *words):
        return subprocess.run(
            self.here.command("strace", "-qq", "-o", "/dev/null", "-e", "trace=bpf", "-e",
                              f"inject=bpf:error=ENOMEM:when={number}", self.program, *words),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


if __name__ == "__main__":
    main()
