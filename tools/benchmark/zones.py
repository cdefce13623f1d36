# SPDX-License-Identifier: GPL-2.0-or-later
"""What zones cost: rules of a zone, and of what is forwarded, beside the same rules of an interface."""

import cases
import policies
from lane import Lane
from policies import HERE

PAIRED = 1.02  # times the same rules of an interface
COUNT = 1000
OTHER = "elsewhere0"  # an interface of the other zone, which is not there

FORWARDED = cases.Traffic("accepted", f"in tcp 64.0.0.0:1024 > {HERE}:5061 syn", cases.SPOOFED, accepted=True)


def _lanes(stand, name, own, zoned):
    """A lane for each of both policies; ZONED gets the zones' interfaces."""
    found = []
    for kind, text in (("own", own), ("zoned", zoned)):
        lane = Lane(stand.sandbox)
        zones = f"[interfaces]\nwan = {lane.inside}\nlan = {OTHER}\n" if kind == "zoned" else ""
        lane.guard(stand.file(f"{kind}-{name}.ini", f"[policy]\nname = {kind}\n{zones}{text}"))
        found.append(lane)
    return found


def _add_rules(stand):
    """As many rules again are of the other zone."""
    others = policies.rule_sections(COUNT, "on = lan", "other-")
    own, zoned = _lanes(stand, "rules", policies.rule_sections(COUNT),
                        policies.rule_sections(COUNT, "on = wan") + others)
    name = f"{COUNT:,} rules of an interface"
    stand.add("edgexdp", name, own, cases.LAST_RULE, size=COUNT, counted=cases.counted(own, "last"))
    stand.add("edgexdp", f"{COUNT:,} rules of a zone", zoned, cases.LAST_RULE, size=COUNT,
              counted=cases.counted(zoned, "last"), paired=name, limit=PAIRED)


def _add_forwarded(stand):
    own, zoned = _lanes(stand, "forwarded", f"[rules]\nsip = accept in tcp > {HERE}:5061\n",
                        f"[rules]\nsip = accept forward wan to lan tcp > {HERE}:5061\n")
    name = "accepted by a rule in"
    stand.add("edgexdp", name, cases.asked_guard(stand, own), FORWARDED, counted=cases.counted(own, "sip"))
    stand.add("edgexdp", "accepted by a rule forward", cases.asked_guard(stand, zoned), FORWARDED,
              counted=cases.counted(zoned, "sip"), paired=name, limit=PAIRED)


def add(stand):
    _add_rules(stand)
    _add_forwarded(stand)
