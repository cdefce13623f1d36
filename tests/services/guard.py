# SPDX-License-Identifier: GPL-2.0-or-later
"""edgexdp on one interface, its counters, and copies of its policy with rules removed."""

import json
import re
import time

import tap
from sandbox import Failure


class Counters:
    """One reading of `edgexdp stats --json --all`."""

    def __init__(self, interface):
        self.rules = {r["name"]: r["packets"] + r["reply_packets"] for r in interface["rules"]}
        self.replies = {r["name"]: r["reply_packets"] for r in interface["rules"]}
        reasons = interface["reasons"]
        self.dropped = {d: sum(r["packets"] for r in reasons if r["direction"] == d and
                               r["name"] == "default" and r["verdict"] == "drop")
                        for d in ("in", "out")}
        self.judged = sum(self.rules.values()) + sum(r["packets"] for r in reasons)
        self.seen = interface["packets"]["in"] + interface["packets"]["out"]

    def key(self):
        return self.rules, self.dropped, self.judged, self.seen


class Moved:
    """What happened between two readings."""

    def __init__(self, before, after):
        self.rules = {name for name, packets in after.rules.items()
                      if packets != before.rules.get(name, 0)}
        self.replies = {name for name, packets in after.replies.items()
                        if packets != before.replies.get(name, 0)}
        self.dropped = {d: after.dropped[d] - before.dropped[d] for d in ("in", "out")}
        self.seen = after.seen - before.seen
        self.judged = after.judged - before.judged

    def __str__(self):
        return (f"rules that counted: {', '.join(sorted(self.rules)) or 'none'}; with replies: "
                f"{', '.join(sorted(self.replies)) or 'none'}; dropped by default: {self.dropped}; "
                f"{self.seen} packets seen, {self.judged} counted")


class Guard:
    def __init__(self, edgexdp, namespace, interface, policy, directory):
        self.edgexdp = edgexdp
        self.namespace = namespace
        self.interface = interface
        self.policy = policy
        self.directory = directory

    def command(self, name, *arguments):
        return self.namespace.run(self.edgexdp, name, self.interface, *arguments)

    def attach(self):
        return self.command("attach", self.policy)

    def reload(self, policy=None):
        return self.command("reload", policy or self.policy)

    def detach(self):
        return self.command("detach")

    def counters(self):
        """The counters once they stand still, so that no late FIN is mistaken for something new."""
        end = time.monotonic() + 10
        first = last = self._read()
        while time.monotonic() < end:
            time.sleep(0.1)
            now = self._read()
            if now.key() == last.key():
                return now
            last = now
        moved = Moved(first, last)
        if moved.rules:
            raise Failure(f"the rules of {self.interface} do not stop counting:\n{moved}")
        tap.comment(f"{self.interface}: what is dropped does not end: {moved}")
        return last

    def _read(self):
        return Counters(json.loads(self.command("stats", "--json", "--all"))[0])

    def policy_without(self, *rules):
        """A copy of the policy without these rules and without the expectations that name them."""
        text = self.namespace.run(self.edgexdp, "check", "--format", "long", self.policy)
        sections = re.split(r"(?m)^(?=\[)", text)
        gone = {f"[rule {name}]" for name in rules}
        if not gone <= {section.split("\n", 1)[0] for section in sections}:
            raise Failure(f"{self.policy} does not have all of the rules {', '.join(rules)}")
        names = "|".join(map(re.escape, rules))
        named = re.compile(rf"(?m)^rule\s*=\s*({names})\s*$")
        kept = [section for section in sections
                if section.split("\n", 1)[0] not in gone and not named.search(section)]
        path = self.directory / f"without-{'-'.join(rules)}.ini"
        path.write_text("".join(kept))
        return path
