# SPDX-License-Identifier: GPL-2.0-or-later
"""The base of tests with a router: `here` has `wan` towards `there`, and `lan` towards `inside`."""

from guarded import FAMILIES, HERE, THERE, Guarded

ROUTER = ("10.1.0.1", "2001:db8:1::1")  # at its inner interface
INSIDE = ("10.1.0.2", "2001:db8:1::2")
WEB = 8080


def router(wan, lan, *rules):
    """A policy for both interfaces. RULES come first."""
    return "\n".join(["[policy]", "name = router", "[interfaces]", f"wan = {wan}", f"lan = {lan}",
                      "[rules]", *rules,
                      "ssh = accept in on lan tcp > self:22",
                      f"web = accept forward wan to lan tcp > {INSIDE[0]}:{WEB}",
                      "surf = accept forward lan to wan udp, tcp, icmp",
                      "own = accept out on wan udp self > any", ""])


class Gateway(Guarded):
    def setUp(self):
        super().setUp()
        self.wan, self.lan = self.interface, self.name()
        self.inside = self.sandbox.namespace("inside")
        self.sandbox.cable(self.here, self.lan, self.inside, "inner")
        self.here.address(self.lan, *ROUTER)
        self.inside.address("inner", *INSIDE)
        for path in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
            self.here.run("sh", "-c", f"echo 1 >/proc/sys/net/{path}")
        for family, _ in FAMILIES:
            option = ("-4", "-6")[family]
            self.here.run("ip", option, "route", "replace", INSIDE[family], "dev", self.lan)
            self.inside.run("ip", option, "route", "add", ROUTER[family], "dev", "inner")
            self.inside.run("ip", option, "route", "add", "default", "via", ROUTER[family])
            self.there.run("ip", option, "route", "add", INSIDE[family], "via", HERE[family])
        self.path = self.file(router(self.wan, self.lan))

    def attach_both(self):
        for interface in (self.wan, self.lan):
            self.succeeds("attach", interface, self.path)

    def surf(self, source=40000, to=5000):
        """The notation of a packet from inside to the world."""
        return f"forward {self.lan} > {self.wan} udp {INSIDE[0]}:{source} > {THERE[0]}:{to}"
