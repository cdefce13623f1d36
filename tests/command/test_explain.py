#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""explain: why a packet gets its verdict, by a policy file or by the policy in force."""

import json
import os

from guarded import HERE, NOBODY, PATIENCE, THERE, Guarded, main, policy, rule

PORT, OTHER = 4000, 4001
TEXT = policy("talk", f"[sets]\nserver = {HERE[0]}\n",
              rule("blocked", "in", "udp", **{"from": "192.0.2.66"}, action="drop"),
              rule("talk-in", "in", "udp", PORT, to="server"),
              rule("talk-out", "out", "udp", OTHER))


def packet(direction="in", port=PORT, flags="", source=THERE[0], from_port=40000, to=HERE[0],
           protocol="udp"):
    return f"{direction} {protocol} {source}:{from_port} > {to}:{port} {flags}".strip()


class Explain(Guarded):
    def explain(self, subject, text):
        return json.loads(self.succeeds("explain", "--json", subject, text))

    def assertExplained(self, subject, text, **expected):
        said = self.explain(subject, text)
        self.assertEqual({key: said[key] for key in expected}, expected)
        return said

    @staticmethod
    def line(path, name):
        return path.read_text().splitlines().index(f"[rule {name}]") + 1


class Policies(Explain):
    """Without privilege, and with nothing attached."""

    def test_rule(self):
        path = self.file(TEXT)
        said = self.assertExplained(path, packet(), verdict="accept", outcome="rule",
                                    rule="talk-in", reason=None, file=str(path),
                                    line=self.line(path, "talk-in"), audit=False)
        self.assertEqual(said["trace"], [
            {"rule": "blocked", "file": str(path), "line": self.line(path, "blocked"), "field": "from",
             "why": f"source {THERE[0]} is not in 192.0.2.66"}])

    def test_default_and_near_miss(self):
        path = self.file(TEXT)
        said = self.assertExplained(path, packet(port=4007), verdict="drop", outcome="default",
                                    rule=None, reason="default", line=None)
        self.assertEqual([(step["rule"], step["field"]) for step in said["trace"]],
                         [("blocked", "from"), ("talk-in", "port"), ("talk-out", "direction")])
        self.assertEqual([(near["rule"], near["would_match_if"]) for near in said["near_misses"]],
                         [("talk-in", "the port were 4000")])

    def test_reply(self):
        path = self.file(TEXT)
        self.assertExplained(path, packet("out", 40000, source=HERE[0], from_port=PORT, to=THERE[0]),
                             verdict="accept", outcome="reply", rule="talk-in",
                             line=self.line(path, "talk-in"))

    def test_reason(self):
        said = self.assertExplained(self.file(TEXT), packet(source="127.0.0.1"), verdict="drop",
                                    outcome="reason", reason="martian", rule=None, trace=[])
        self.assertIn("martians = accept", said["meaning"])

    def test_text(self):
        path = self.file(TEXT)
        text = self.succeeds("explain", path, *packet(port=4007).split(), prefix=NOBODY)
        self.assertSays(text, packet(port=4007), f"drop by reason default ({path})",
                        "rule talk-in (line", "would match if the port were 4000",
                        "port 4007 is not 4000")
        self.assertLessEqual(max(map(len, text.splitlines()[2:])), 80)

    def test_a_file_without_slash_or_suffix(self):
        path = self.file(TEXT, "policy")
        text = self.succeeds("explain", "policy", packet(), cwd=path.parent)
        self.assertSays(text, "accept by rule talk-in (policy:")

    def test_expectations_do_not_matter(self):
        path = self.file(TEXT + f"[expect no]\npacket = {packet()}\nverdict = drop\n")
        self.assertExplained(path, packet(), verdict="accept")

    def test_audit(self):
        said = self.succeeds("explain", self.file(TEXT.replace("name =", "mode = audit\nname =")),
                             packet(port=4007))
        self.assertSays(said, "In audit mode it is counted like this, but it passes.")


class Wrong(Explain):
    def test_packet(self):
        path = self.file(TEXT)
        for text, place, words in (
                ("in tpc 203.0.113.7:1 > 198.51.100.10:2", "PACKET:1:4:", "tcp"),
                ("in udp 203.0.113.700:1 > 198.51.100.10:2", "PACKET:1:18:", "700"),
                ("sideways udp 1.2.3.4:1 > 1.2.3.5:2", "PACKET:1:1:", "direction")):
            done = self.call("explain", path, text)
            self.assertEqual((done.returncode, done.stdout), (2, ""), done)
            self.assertSays(done.stderr, f"{place} error: ", words, text, "^")
        self.assertSays(self.fails(2, "explain", path, "in udp\n"), "one line")

    def test_command_line(self):
        for arguments in ([], [self.file(TEXT)]):
            self.assertSays(self.fails(2, "explain", *arguments), "packet", "help explain")

    def test_no_policy(self):
        for path in (self.sandbox.directory / "missing.ini", self.sandbox.directory / "missing"):
            self.assertSays(self.fails(1, "explain", path, packet()), str(path))

    def test_broken_policy(self):
        path = self.file(TEXT.replace("4000", "70000"))
        done = self.call("explain", path, packet())
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertSays(done.stderr, f"{path}:", "error: ", "70000")

    def test_interface(self):
        self.assertSays(self.fails(1, "explain", self.interface, packet()), self.interface,
                        f"edgexdp attach {self.interface}")
        self.assertSays(self.fails(1, "explain", "nowhere", packet()), "nowhere")
        self.attach(TEXT)
        self.assertSays(self.fails(1, "explain", self.interface, packet(), prefix=NOBODY), "root")


class Interfaces(Explain):
    def setUp(self):
        super().setUp()
        self.path = self.attach(TEXT)

    def test_asks_what_is_in_force(self):
        self.assertExplained(self.interface, packet(), verdict="accept", outcome="rule",
                             rule="talk-in", line=self.line(self.path, "talk-in"),
                             file=str(self.path), interface=self.interface)
        said = self.assertExplained(self.interface, packet(port=4007), verdict="drop",
                                    outcome="default")
        self.assertEqual([near["rule"] for near in said["near_misses"]], ["talk-in"])

    def state(self):
        """What a question could change; hosts speak by themselves, but not to be judged by rules."""
        stats = self.stats()
        defaults = [reason for key, reason in stats.reasons.items() if key[0] in ("default", "reply")]
        return [stats.rules, defaults, *map(self.dump, ("flows", "fragments", "remotes", "replies"))]

    def test_a_long_packet(self):
        """Longer than a page: the kernel is asked about all of it."""
        for length in (1500, 4097, 40000, 65535):
            with self.subTest(length):
                said = self.assertExplained(self.interface, packet() + f" length {length}", verdict="accept", rule="talk-in")
                self.assertIn(f"length {length}", said["packet"])

    def test_a_ban(self):
        self.assertExplained(self.interface, packet(), verdict="accept")
        self.succeeds("ban", self.interface, THERE[0])
        self.assertExplained(self.interface, packet(), verdict="drop", outcome="reason",
                             reason="banned", rule=None, trace=[])
        self.succeeds("unban", self.interface, THERE[0])
        self.assertExplained(self.interface, packet(), verdict="accept")

    def test_counts_nothing_and_makes_no_flow(self):
        out = packet("out", OTHER, source=HERE[0], to=THERE[0])
        answer = packet(port=40000, from_port=OTHER)
        before = self.state()
        self.assertExplained(self.interface, out, verdict="accept", rule="talk-out")
        self.assertExplained(self.interface, answer, verdict="drop")
        self.assertEqual(self.state(), before)

    def test_a_live_flow_counts(self):
        client, server = self.socket(self.here), self.socket(self.there, port=OTHER)
        answer = packet(port=client.getsockname()[1], from_port=OTHER)
        self.assertExplained(self.interface, answer, verdict="drop", outcome="default", rule=None)
        text = " ".join(self.succeeds("explain", self.interface, answer).split())
        self.assertSays(text, "rule talk-out accepts that. No such flow is alive.")
        self.send(client, OTHER)
        server.recv(100)
        flows = self.dump("flows")
        self.assertExplained(self.interface, answer, verdict="accept", outcome="reply",
                             rule="talk-out", line=self.line(self.path, "talk-out"), trace=[])
        self.assertEqual(self.dump("flows"), flows)
        self.assertExplained(self.path, answer, verdict="drop", outcome="default")
        error = (f"in icmp {THERE[0]} > {HERE[0]} destination-unreachable/port-unreachable quoting "
                 f"(out udp {HERE[0]}:{client.getsockname()[1]} > {THERE[0]}:{OTHER})")
        self.assertExplained(self.interface, error, verdict="accept", outcome="reply",
                             rule="talk-out")
        self.assertExplained(self.path, error, verdict="drop", outcome="default")
        other = packet(port=client.getsockname()[1] ^ 1, from_port=OTHER)
        self.assertExplained(self.interface, other, verdict="drop")

    def test_a_removed_rule_cuts_its_flow(self):
        client, server = self.socket(self.here), self.socket(self.there, port=OTHER)
        answer = packet(port=client.getsockname()[1], from_port=OTHER)
        self.send(client, OTHER)
        server.recv(100)
        self.assertExplained(self.interface, answer, verdict="accept")
        self.reload(policy("less", rule("talk-in", "in", "udp", PORT)))
        self.assertExplained(self.interface, answer, verdict="drop")

    def test_files_that_have_changed(self):
        """What is in force is explained as it was read, whatever has happened to the files since."""
        self.file(f"{THERE[0]}\n", "list.txt")
        path = self.reload(policy("lists", "[sets]\nlist = @list.txt\n",
                                  rule("talk-in", "in", "udp", PORT, **{"from": "list"})))
        before = self.explain(self.interface, packet())
        line = self.line(path, "talk-in")
        self.file("192.0.2.1\n", "list.txt")
        self.assertEqual(self.explain(self.interface, packet()), before)
        path.write_text("; another comment\n" + TEXT)
        self.assertEqual(self.explain(self.interface, packet()), before)
        path.unlink()
        os.mkfifo(path)  # must not be waited for
        self.assertExplained(self.interface, packet(), verdict="accept", rule="talk-in", line=line,
                             trace=[], note=None)

    def test_a_policy_that_came_through_a_pipe(self):
        self.succeeds("detach", self.interface)
        come, go = os.pipe()
        os.write(go, TEXT.encode())
        os.close(go)
        self.succeeds("attach", self.interface, f"/dev/fd/{come}", pass_fds=(come,))
        os.close(come)
        told = self.succeeds("explain", self.interface, "in tcp 192.0.2.1:1 > 192.0.2.2:2",
                             timeout=PATIENCE)
        self.assertSays(told, "first field of each that did not match")

    def test_audit(self):
        self.succeeds("detach", self.interface)
        self.attach(TEXT, "--audit")
        self.assertExplained(self.interface, packet(port=4007), verdict="drop", audit=True)
        sender, receiver = self.socket(self.there), self.socket(self.here, port=4007)
        self.reaches(sender, receiver)


class Included(Explain):
    """Whoever says where a rule stands names the file that it stands in, from wherever he asks."""

    def setUp(self):
        super().setUp()
        self.main = self.file(policy("outer", "[rules]\na = drop in tcp > :1\n[include part.ini]\n"
                                     f"[rules]\nc = accept in udp > :{PORT}\n"), "outer.ini")
        self.part = self.file(f"\n\n[rules]\nb = accept in udp > :{OTHER}\n", "part.ini")
        self.succeeds("attach", self.interface, self.main.name, cwd=self.main.parent)

    def test_counters(self):
        rules = self.stats().rules.values()
        self.assertEqual([(one["name"], one["file"], one["line"]) for one in rules],
                         [("a", str(self.main), 5), ("b", str(self.part), 4), ("c", str(self.main), 8)])

    def test_explained(self):
        self.assertExplained(self.interface, packet(port=OTHER), rule="b", file=str(self.part), line=4)
        said = self.assertExplained(self.interface, packet(port=PORT), rule="c", file=str(self.main), line=8)
        self.assertEqual([(one["rule"], one["file"], one["line"]) for one in said["trace"]],
                         [("a", str(self.main), 5), ("b", str(self.part), 4)])

    def test_compared(self):
        self.part.write_text(f"\n\n[rules]\nb = drop in udp > :{OTHER}\n")
        tuples = json.loads(self.call("diff", "--json", self.interface, self.main).stdout)["tuples"]
        self.assertTrue(tuples)
        for told in tuples:
            self.assertEqual([(told[side]["file"], told[side]["line"]) for side in ("old", "new")],
                             2 * [(str(self.part), 4)])


main()
