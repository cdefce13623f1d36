# SPDX-License-Identifier: GPL-2.0-or-later
"""The base of tests with a router between `here` and `there`, whose links are narrower than either end
knows."""

from guarded import FAMILIES, HERE, THERE, Guarded

NARROW = 1300  # bytes; both ends assume 1500
ROUTER = (("198.51.100.1", "203.0.113.1"), ("2001:db8::1", "2001:db8:9::1"))  # inner, outer


class Routed(Guarded):
    """A router between `here` and `there`."""

    def cable(self, interface):
        self.router = self.sandbox.namespace("router")
        self.sandbox.cable(self.here, interface, self.router, "inner")
        self.sandbox.cable(self.there, "peer", self.router, "outer")
        self.here.address(interface, *HERE)
        self.there.address("peer", *THERE)
        for path in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
            self.router.run("sh", "-c", f"echo 1 >/proc/sys/net/{path}")
        self.router.address("inner", *(pair[0] for pair in ROUTER))
        self.router.address("outer", *(pair[1] for pair in ROUTER))
        for family, _ in FAMILIES:
            option = ("-4", "-6")[family]
            inner, outer = ROUTER[family]
            self.route(self.router, option, HERE[family], "dev", "inner", "mtu", "lock", NARROW)
            self.route(self.router, option, THERE[family], "dev", "outer", "mtu", "lock", NARROW)
            self.route(self.here, option, inner, "dev", interface)
            self.route(self.here, option, THERE[family], "via", inner, "dev", interface,
                       "src", HERE[family])
            self.route(self.there, option, outer, "dev", "peer")
            self.route(self.there, option, HERE[family], "via", outer, "dev", "peer",
                       "src", THERE[family])

    @staticmethod
    def route(namespace, *words):
        namespace.run("ip", words[0], "route", "add", *words[1:])
