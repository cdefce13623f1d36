#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The service follows the addresses of the host: the policy in force is compiled anew for them, and everything
else stays as it is."""

import json
import signal
import subprocess
import time

from serving import OTHER, PORT, Serving, Traffic

from guarded import HERE, PATIENCE, THERE, main, policy
from sandbox import run, until

TALK = f"[rules]\ntalk = accept in udp > self:{PORT}\nask = accept out udp self > {THERE[0]}:{OTHER}\n"
OURS = policy("ours", TALK)
OTHERS = policy("others", TALK + "more = accept in tcp > self:22\n")
NEW = "192.0.2.9"
PACKET = f"in udp 203.0.113.7:1 > {NEW}:{PORT}"


class Addresses(Serving):
    def change(self, *words):
        run("ip", "-n", self.here.name, "address", *words, "dev", self.interface)

    def verdict(self, packet=PACKET):
        return json.loads(self.succeeds("explain", "--json", self.interface, packet))["verdict"]

    def becomes(self, verdict, packet=PACKET):
        until(lambda: self.verdict(packet) == verdict, f"{packet}: {verdict}", PATIENCE)

    def lines(self, *words):
        return [line for line in self.said.read_text().splitlines() if all(word in line for word in words)]

    def test_at_once(self):
        """Told by the kernel: by itself the service would not ask again."""
        self.serve(self.file(OURS))
        for _ in range(3):
            self.becomes("drop")
            self.change("add", f"{NEW}/24")
            self.becomes("accept")
            self.change("del", f"{NEW}/24")
        self.becomes("drop")
        self.says("addresses have changed", f"follows: self (new: {NEW})")
        self.says("follows: self", f"(gone: {NEW})")
        self.assertEqual(self.lines("a command changed"), [])
        self.assertIs(self.look()["addresses_changed"], False)

    def test_asks_only_when_there_is_news(self):
        """While nothing changes, it looks at its interface every five seconds, and asks for no addresses."""
        self.serve(self.file(OURS))
        log = self.sandbox.directory / "asked"
        tracer = subprocess.Popen(self.here.command(
            "strace", "-qq", "-ttt", "-o", log, "-e", "trace=sendto", "-p", self.service.pid))
        self.addCleanup(tracer.wait)
        self.addCleanup(tracer.terminate)

        def last(kind):
            return max((float(line.split()[0]) for line in log.read_text().splitlines() if kind in line), default=0)
        until(log.exists, "it is traced", PATIENCE)
        self.change("add", f"{NEW}/24")
        self.becomes("accept")
        until(lambda: last("RTM_GETADDR"), "it has asked", PATIENCE)
        until(lambda: last("RTM_GETLINK") - last("RTM_GETADDR") > 9, "it does no more than look", PATIENCE)

    def test_another_prefix(self):
        """What IPv6 calls renumbering: the old address goes on until it is gone."""
        old, new = "2001:db8:aa::1", "2001:db8:bb::1"
        packets = [f"in udp [{THERE[1]}]:1 > [{address}]:{PORT}" for address in (old, new)]
        self.change("add", f"{old}/64")
        self.serve(self.file(OURS))
        self.change("add", f"{new}/64")
        self.change("change", f"{old}/64", "preferred_lft", "0", "valid_lft", "1000")
        self.becomes("accept", packets[1])
        self.assertEqual(self.verdict(packets[0]), "accept")
        self.change("del", f"{old}/64")
        self.becomes("drop", packets[0])
        self.assertEqual(self.verdict(packets[1]), "accept")

    def test_no_packet_is_unjudged(self):
        self.serve(self.file(OURS))
        permitted, forbidden = (self.socket(self.here, port=port) for port in (PORT, OTHER))
        with Traffic(self, self.socket(self.there), permitted, forbidden) as traffic:
            for verb, verdict in (("add", "accept"), ("del", "drop")) * 3:
                self.change(verb, f"{NEW}/24")
                self.becomes(verdict)
        self.assertEqual(traffic.got, [traffic.sent[0], 0])
        self.assertConserved()

    def test_flows_of_an_address_that_is_gone(self):
        """They count for as long as they live, whatever `self` is: their rule is still there."""
        self.serve(self.file(OURS))
        with self.socket(self.here) as asking:
            port = asking.getsockname()[1]
            self.send(asking, OTHER)
        answer = f"in udp {THERE[0]}:{OTHER} > {HERE[0]}:{port}"
        self.assertEqual(self.verdict(answer), "accept")
        self.change("del", f"{HERE[0]}/32")
        self.becomes("drop", f"in udp {THERE[0]}:1 > {HERE[0]}:{PORT}")
        self.assertEqual(self.verdict(answer), "accept")
        self.assertEqual(self.verdict(answer.replace(str(OTHER), "9")), "drop")

    def test_a_pending_confirmation(self):
        self.serve(self.file(OURS))
        self.succeeds("reload", "--confirm", "10m", self.interface, self.file(OTHERS))
        before = self.look()
        self.change("add", f"{NEW}/24")
        self.becomes("accept")
        after = self.look()
        for key in ("policy", "confirm_by", "expired_at"):
            self.assertEqual(after[key], before[key], key)
        self.assertEqual(after["policy"], "others")
        self.succeeds("rollback", self.interface)
        self.assertEqual(self.look()["policy"], "ours")
        self.becomes("accept")
        self.assertPinsWhole()

    def test_a_confirmation_that_comes(self):
        self.serve(self.file(OURS))
        self.succeeds("reload", "--confirm", "10m", self.interface, self.file(OTHERS))
        self.change("add", f"{NEW}/24")
        self.becomes("accept")
        self.succeeds("confirm", self.interface)
        self.assertEqual(self.look()["policy"], "others")
        self.succeeds("rollback", self.interface)
        self.assertEqual(self.look()["policy"], "ours")

    def test_rollback_is_to_the_policy_before(self):
        """Not to the same policy with the addresses before."""
        path = self.file(OURS)
        self.serve(path)
        self.file(OTHERS, path.name)
        self.kill(signal.SIGHUP)
        self.says("reloaded: policy others")
        for verb, verdict in (("add", "accept"), ("del", "drop"), ("add", "accept")):
            self.change(verb, f"{NEW}/24")
            self.becomes(verdict)
            self.assertPinsWhole()
        self.succeeds("rollback", self.interface)
        self.assertEqual(self.look()["policy"], "ours")
        self.becomes("accept")

    def test_an_edited_file_waits_for_a_reload(self):
        path = self.file(OURS)
        self.serve(path)
        for text in (OTHERS, "broken"):
            self.file(text, path.name)
            self.change("add", f"{NEW}/24")
            self.becomes("accept")
            self.assertEqual(self.look()["policy"], "ours")
            self.change("del", f"{NEW}/24")
            self.becomes("drop")
        self.file(OURS, path.name)
        self.assertIs(self.look()["file_changed"], False)

    def test_audit_mode_stays(self):
        self.serve(self.file(OURS), "--audit")
        self.change("add", f"{NEW}/24")
        self.becomes("accept")
        self.assertEqual(self.look()["mode"], "audit")

    def test_counters_go_on(self):
        self.serve(self.file(OURS))
        receiver, sender = self.socket(self.here, port=PORT), self.socket(self.there)
        self.reaches(sender, receiver, OTHER)
        self.change("add", f"{NEW}/24")
        self.becomes("accept")
        self.reaches(sender, receiver, OTHER)
        self.assertEqual(self.stats().packets("talk", "in"), 2)
        self.assertConserved()

    def test_no_address_at_the_start(self):
        run("ip", "-n", self.here.name, "address", "flush", "dev", self.interface)
        self.serve(self.file(OURS))
        self.says("warning: self matches nothing")
        self.change("add", f"{NEW}/24")
        self.becomes("accept")

    def test_an_address_that_flaps(self):
        """However often it changes, the policy is compiled at most twice a second, and in the end it is right."""
        self.serve(self.file(OURS))
        start = time.monotonic()
        while time.monotonic() - start < 4:
            self.change("add", f"{NEW}/24")
            self.change("del", f"{NEW}/24")
        self.change("add", f"{NEW}/24")
        self.becomes("accept")
        taken = time.monotonic() - start
        self.assertLessEqual(len(self.lines("follows: self")), taken * 2 + 1)

    def test_others_do_not_matter(self):
        self.serve(self.file(policy("fixed", f"[rules]\ntalk = accept in udp > {HERE[0]}:{PORT}\n")))
        since = self.look()["loaded_at"]
        self.change("add", f"{NEW}/24")
        self.notices.during(1)
        self.assertEqual(self.look()["loaded_at"], since)
        self.assertEqual(self.lines("follows"), [])


if __name__ == "__main__":
    main()
