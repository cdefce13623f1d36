#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The service asks again for the names in the policy in force, and the policy follows; what was known goes on when
nobody answers."""

import json
import os
import pathlib
import signal
import time

from serving import OTHER, PORT, Serving

from guarded import PATIENCE, THERE, main, policy
from nameserver import NXDOMAIN, SERVFAIL, SILENT, Resolving
from sandbox import until

HOST, SECOND = "www.example.org", "mail.example.org"
OLD, NEW, SIX = "192.0.2.80", "192.0.2.81", "2001:db8:80::80"


def asks(name, *hosts):
    return policy(name, f"[rules]\ntalk = accept in udp {', '.join('name:' + h for h in hosts)} > :{PORT}\n"
                        f"ask = accept out udp > name:{hosts[0]}, {THERE[0]}:{OTHER}\n")


class Hostnames(Resolving, Serving):
    def setUp(self):
        super().setUp()
        self.server = self.name_server(self.here)
        self.server.set(HOST, OLD)
        self.names_file = self.kept / f"{self.interface}.names"

    def verdict(self, address):
        packet = f"in udp [{address}]:1 > [2001:db8::10]:{PORT}" if ":" in address else \
            f"in udp {address}:1 > 198.51.100.10:{PORT}"
        return json.loads(self.succeeds("explain", "--json", self.interface, packet))["verdict"]

    def becomes(self, address, verdict):
        until(lambda: self.verdict(address) == verdict, f"{address}: {verdict}: {self.said.read_text()}", PATIENCE)

    def names(self):
        looked = self.call("status", "--json", self.interface, 
                           env={**os.environ, "STATE_DIRECTORY": str(self.kept)})
        return {name["name"]: name for name in json.loads(looked.stdout)[0]["names"]}

    def lines(self, *words):
        return [line for line in self.said.read_text().splitlines() if all(word in line for word in words)]


class Changes(Hostnames):
    def test_when_the_time_to_live_is_over(self):
        self.serve(self.file(asks("ours", HOST)))
        self.assertEqual(self.verdict(OLD), "accept")
        self.server.set(HOST, NEW, SIX)
        self.becomes(NEW, "accept")
        self.becomes(SIX, "accept")
        self.becomes(OLD, "drop")
        self.says("names have other addresses", f"new: {NEW}, {SIX}; gone: {OLD}")
        self.says("the policy in force follows", f"name:{HOST}")
        self.assertEqual(self.lines("a command changed"), [])
        self.server.set(HOST, OLD)
        self.becomes(OLD, "accept")
        self.becomes(NEW, "drop")

    def test_not_before(self):
        self.server.set(HOST, OLD, ttl=3600)
        self.server.set(SECOND, NEW, ttl=1)
        self.serve(self.file(asks("ours", HOST, SECOND)))
        until(lambda: self.server.count(SECOND) >= 8, "the other name is asked for", PATIENCE)
        self.assertEqual(self.server.count(HOST), 2)  # one question for each family

    def test_of_hosts_file(self):
        self.resolve_by(hosts=f"{OLD} {HOST}\n")
        self.serve(self.file(asks("ours", HOST)))
        self.assertEqual(self.verdict(OLD), "accept")
        self.resolve_by(hosts=f"{NEW} {HOST}\n")
        self.becomes(NEW, "accept")

    def test_flows_keep_addresses_that_are_gone(self):
        """The rule that answers are for is asked of the address that the flow is with."""
        self.server.set(HOST, THERE[0])
        path = self.file(policy("ours", f"[rules]\nask = accept out udp > [name:{HOST}]:{OTHER}\n"))
        self.serve(path)
        with self.socket(self.here) as asking:
            port = asking.getsockname()[1]
            self.send(asking, OTHER)
        sent = f"out udp 198.51.100.10:{port} > {THERE[0]}:{OTHER}"

        def verdict():
            return json.loads(self.succeeds("explain", "--json", self.interface, sent))["verdict"]
        self.assertEqual(verdict(), "accept")
        self.server.set(HOST, NEW)
        self.says("names have other addresses", f"new: {NEW}; gone: {THERE[0]}")
        until(lambda: "follows" in self.said.read_text(), "it is in force", PATIENCE)
        self.server.wait_asked(HOST, 4)
        self.assertEqual(verdict(), "accept")
        self.assertIn(THERE[0], self.names()[HOST]["addresses"])
        self.assertIn(f"{HOST} had {THERE[0]} ", self.names_file.read_text())

    def test_another_policy_by_a_command(self):
        self.serve(self.file(asks("ours", HOST)))
        self.server.set(SECOND, NEW)
        self.succeeds("reload", self.interface, self.file(asks("others", SECOND)))
        self.assertEqual(self.verdict(NEW), "accept")
        self.server.set(SECOND, OLD)
        self.becomes(OLD, "accept")
        self.becomes(NEW, "drop")
        self.succeeds("rollback", self.interface)
        self.assertEqual(self.look()["policy"], "ours")
        self.server.set(HOST, SIX)
        self.becomes(SIX, "accept")

    def test_a_command_knows_it_first(self):
        """What a command has just asked for is newer than what the service knows."""
        self.server.set(HOST, OLD, ttl=3600)
        path = self.file(asks("ours", HOST))
        self.serve(path)
        self.server.set(HOST, NEW, ttl=3600)
        self.succeeds("reload", self.interface)
        self.assertEqual(self.verdict(NEW), "accept")
        self.kill(signal.SIGHUP)
        self.says("unchanged: policy ours")
        self.assertEqual(self.verdict(NEW), "accept")

    def test_a_reload_asks(self):
        self.server.set(HOST, OLD, ttl=3600)
        self.serve(self.file(asks("ours", HOST)))
        self.server.set(HOST, NEW, ttl=3600)
        self.kill(signal.SIGHUP)
        self.says("reloaded: policy ours")
        self.assertEqual(self.verdict(NEW), "accept")


class Failures(Hostnames):
    def goes_on(self, word):
        self.says(f"name:{HOST}", word, "the addresses known before go on")
        self.server.wait_asked(HOST, 2)
        self.assertEqual(self.verdict(OLD), "accept")
        self.assertIn(word, until(lambda: self.names()[HOST].get("trouble"), "status tells", PATIENCE))

    def test_what_was_known_goes_on(self):
        self.serve(self.file(asks("ours", HOST)))
        for how, word in ((NXDOMAIN, "there is no host of this name"), (SERVFAIL, "no name server"),
                          (SILENT, "in time")):
            self.server.fail(HOST, how)
            self.goes_on(word)
            self.server.set(HOST, OLD)
            self.says("is answered again")
            self.said.write_text("")

    def test_a_name_that_is_not_known_yet(self):
        self.server.fail(HOST, SERVFAIL)
        self.serve(self.file(asks("ours", HOST)))
        self.says(f"warning: name:{HOST}: it cannot be looked up")
        self.assertEqual(self.verdict(OLD), "drop")
        self.assertIsNone(self.names()[HOST]["answered_at"])
        self.server.set(HOST, OLD)
        self.becomes(OLD, "accept")

    def test_restarts(self):
        """Of the service, and of the machine: nothing is pinned then."""
        path = self.file(asks("ours", HOST))
        self.serve(path)
        until(self.names_file.exists, "it is written down", PATIENCE)
        self.assertEqual(self.names_file.stat().st_mode & 0o777, 0o600)
        self.stop()
        self.server.close()
        self.serve(path)
        self.assertEqual(self.verdict(OLD), "accept")
        self.stop()
        self.succeeds("detach", self.interface)
        self.serve(path)
        self.assertEqual(self.verdict(OLD), "accept")
        self.says(f"name:{HOST}: it cannot be looked up", "go on")

    def test_a_reload_without_an_answer(self):
        path = self.file(asks("ours", HOST))
        self.serve(path)
        self.server.close()
        self.file(asks("others", HOST, SECOND), path.name)
        self.kill(signal.SIGHUP)
        self.says("reloaded: policy others")
        self.assertEqual(self.verdict(OLD), "accept")
        self.says(f"warning: name:{SECOND}: it cannot be looked up")
        self.says(f"warning: name:{HOST}: it cannot be looked up", "go on")

    def test_a_file_that_makes_no_sense(self):
        self.kept.mkdir()
        self.names_file.write_text(f"nonsense\n{HOST} answered 1\n{HOST} has {NEW}\n{HOST} has nobody\n")
        self.server.fail(HOST, SERVFAIL)
        self.serve(self.file(asks("ours", HOST)))
        self.says("some lines make no sense")
        self.assertEqual(self.verdict(NEW), "accept")


class Several(Hostnames):
    """One service asks once for all its interfaces."""

    BOTH = ("wan0", "lan0")

    def setUp(self):
        super().setUp()
        for interface in self.BOTH:
            self.sandbox.cable(self.here, interface, self.there, f"p{interface}")
        self.path = self.file(policy("ours", "[interfaces]\nwan = wan0\nlan = lan0, late0\n",
                                     f"[rules]\ntalk = accept in udp name:{HOST} > :{PORT}\n"))

    def verdict_on(self, interface, address):
        said = self.succeeds("explain", "--json", interface, f"in udp {address}:1 > 198.51.100.10:{PORT}")
        return json.loads(said)["verdict"]

    def assertVerdicts(self, address, verdict, interfaces=BOTH):
        for interface in interfaces:
            until(lambda on=interface: self.verdict_on(on, address) == verdict,
                  f"{interface} {address}: {self.said.read_text()}", PATIENCE)

    def answered(self):
        """When, by interface, as `status` says."""
        looked = self.call("status", "--json", "all", env={**os.environ, "STATE_DIRECTORY": str(self.kept)})
        return {one["interface"]: one["names"][0]["answered_at"] for one in json.loads(looked.stdout)}

    def test_once(self):
        """At the start, at a reload, and for an interface that comes later."""
        self.server.set(HOST, OLD, ttl=3600)
        self.serve(self.path, interface="all")
        self.assertVerdicts(OLD, "accept")
        self.assertEqual(self.server.count(HOST), 2)  # one question for each family
        self.server.set(HOST, NEW, ttl=3600)
        self.kill(signal.SIGHUP)
        self.assertVerdicts(NEW, "accept")
        self.assertEqual(self.server.count(HOST), 4)
        self.sandbox.cable(self.here, "late0", self.there, "plate0")
        self.says("late0", "attached: policy ours")
        self.assertVerdicts(NEW, "accept", ("late0",))
        self.assertEqual(self.server.count(HOST), 4)
        answered = until(lambda: len(self.answered()) == 3 and self.answered(), "all are known", PATIENCE)
        self.assertEqual(len(set(answered.values())), 1, answered)

    def test_when_the_time_to_live_is_over(self):
        """Both follow, and together ask no more often than one would."""
        self.server.set(HOST, OLD, ttl=1)
        self.serve(self.path, interface="all")
        self.assertVerdicts(OLD, "accept")
        self.server.set(HOST, NEW, ttl=1)
        self.assertVerdicts(NEW, "accept")
        for interface in self.BOTH:
            self.says(interface, "names have other addresses", f"new: {NEW}; gone: {OLD}")
        before, begun = self.server.count(HOST), time.monotonic()
        until(lambda: self.server.count(HOST) >= before + 12, "it is asked for", PATIENCE)
        self.assertGreater(time.monotonic() - begun, 4, "six times, a second apart")

    def test_nobody_answers(self):
        """Then everybody knows, and the trouble ends for all."""
        self.server.set(HOST, OLD, ttl=1)
        self.serve(self.path, interface="all")
        self.server.fail(HOST, SERVFAIL)
        for interface in self.BOTH:
            self.says(interface, f"name:{HOST}", "no name server", "the addresses known before go on")
        self.assertVerdicts(OLD, "accept")
        self.server.set(HOST, NEW, ttl=1)
        for interface in self.BOTH:
            self.says(interface, "is answered again")
        self.assertVerdicts(NEW, "accept")


class Privilege(Hostnames):
    def test_who_asks_has_none(self):
        """While a name server says nothing, the process that waits for it can be looked at."""
        self.server.set(HOST, OLD)
        self.serve(self.file(asks("ours", HOST)))
        self.server.fail(HOST, SILENT)
        self.server.wait_asked(HOST)
        child = until(self.child, "somebody asks", PATIENCE)
        status = dict(line.split(":\t", 1) for line in child.splitlines() if ":\t" in line)
        for key in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            self.assertEqual(int(status[key], 16), 0, key)
        self.assertEqual(status["NoNewPrivs"], "1")
        self.assertEqual(status["Seccomp"], "2")

    def child(self):
        for task in pathlib.Path(f"/proc/{self.service.pid}/task").iterdir():
            for number in (task / "children").read_text().split():
                try:
                    status = pathlib.Path(f"/proc/{number}/status").read_text()
                except OSError:
                    continue
                if "Name:\tedgexdp-names" in status and "Seccomp:\t2" in status:
                    return status
        return ""


if __name__ == "__main__":
    main()
