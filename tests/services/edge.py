# SPDX-License-Identifier: GPL-2.0-or-later
"""The Edge and its neighbours: who has which address, what runs where, and, for each row of the
port tables, the connection that the row is for. The addresses are those of the shipped policies."""

import dataclasses
import os
import typing

import clients
import services
from sandbox import until

EDGE = ("198.51.100.10", "2001:db8::10")
EDGE_INTERNAL = ("198.51.100.130", "2001:db8:2::130")
PARTNER = ("203.0.113.7", "2001:db8:9::7")
PUBLIC_IM = ("192.0.2.20", "2001:db8:1::20")
FRONT_END = ("198.51.100.200", "2001:db8:2::200")
FAMILIES = ((0, "IPv4"), (1, "IPv6"))


@dataclasses.dataclass
class Row:
    """A row of the port tables: its rule, and a client that opens the connection. The client takes
    the family (0: IPv4, 1: IPv6) and the number of seconds to wait."""

    id: str
    rule: str
    direction: str
    what: str
    connect: typing.Callable
    wider: str = None  # the rule that accepts the same connection when this one is removed


@dataclasses.dataclass
class Unlisted:
    """A connection that no row names."""

    direction: str
    what: str
    connect: typing.Callable  # takes the seconds


class Edge:
    """Three namespaces: the Edge server, and what is on either side of it."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.external, self.internal = f"ext{os.getpid()}", f"int{os.getpid()}"
        self.edge, self.partner, self.inside = (
            sandbox.namespace(name) for name in ("edge", "partner", "inside")
        )
        sandbox.cable(self.edge, self.external, self.partner, "edge")
        sandbox.cable(self.edge, self.internal, self.inside, "edge")
        self.edge.address(self.external, *EDGE)
        self.edge.address(self.internal, *EDGE_INTERNAL)
        self.partner.address("edge", *PARTNER, *PUBLIC_IM)
        self.inside.address("edge", *FRONT_END)
        self.edge.route(self.external, EDGE, *PARTNER, *PUBLIC_IM)
        self.edge.route(self.internal, EDGE_INTERNAL, *FRONT_END)
        self.partner.route("edge", PARTNER, *EDGE)
        self.inside.route("edge", FRONT_END, *EDGE_INTERNAL)
        self.certificates = services.Certificates(sandbox.directory)
        self.federation = clients.Federation(
            {"edge.example": self.edge, "partner.example": self.partner}, sandbox.directory
        )

    def start_services(self):
        zones = {"edge.example": EDGE, "partner.example": PARTNER}
        for namespace, domain, addresses in (
            (self.edge, "edge.example", EDGE),
            (self.partner, "partner.example", PARTNER),
        ):
            services.start_names(self.sandbox, namespace, zones)
            services.start_prosody(self.sandbox, namespace, domain, addresses, self.certificates)
            services.start_coturn(self.sandbox, namespace, addresses)
        for namespace, name, addresses, ports in (
            (self.edge, "sip.edge.example", EDGE, (5061, 443)),
            (self.partner, "sip.partner.example", PARTNER + PUBLIC_IM, (5061,)),
        ):
            services.start_kamailio(
                self.sandbox, namespace, name, addresses, ports, self.certificates
            )
        for namespace, name in ((self.edge, "edge.example"), (self.inside, "front-end.example")):
            services.start_tls(self.sandbox, namespace, name, 23456, self.certificates)
        services.start_sockets(
            self.sandbox, self.edge, (*EDGE, *EDGE_INTERNAL), "tcp:22", "tcp:5060", "tcp:5062",
            "tcp:23457", "tcp:50000", "udp:443", "udp:5061", "udp:23456")
        services.start_sockets(
            self.sandbox, self.partner, PARTNER, "tcp:80", "tcp:443", "tcp:49999", "tcp:50000",
            "tcp:59999", "tcp:60000", "udp:53", "udp:50000")
        services.start_sockets(self.sandbox, self.inside, FRONT_END, "tcp:5061", "udp:53")

    def wait_until_ready(self):
        for domain in ("edge.example", "partner.example"):
            until(lambda domain=domain: self.federation.ready(domain), f"Prosody of {domain}")
        for row in self.external_rows() + self.internal_rows():
            if row.id not in ("X1", "X2"):  # a domain serves one message: see clients.Federation
                for family, name in FAMILIES:
                    until(
                        lambda row=row, family=family: row.connect(family, 1),
                        f"{row.what} over {name}",
                    )
        for unlisted in self.external_unlisted() + self.internal_unlisted():
            until(lambda unlisted=unlisted: unlisted.connect(1), unlisted.what)

    def _sip(self, source, address, port):
        namespace = self.edge if source is EDGE else self.partner
        name = "sip.edge.example" if source is EDGE else "sip.partner.example"
        return lambda v, seconds: clients.sip(
            namespace, source[v], address[v], port, seconds, self.certificates, name
        )

    def _xmpp(self, sender, receiver):
        return lambda v, seconds: self.federation.message(
            sender, receiver, ("v4", "v6")[v], seconds
        )

    def _gateway(self, namespace, source, address, name):
        return lambda v, seconds: clients.tls(
            namespace, source[v], address[v], 23456, seconds, self.certificates, name
        )

    def external_rows(self):
        edge, partner = self.edge, self.partner
        return [
            Row("F0", "F0-sip-federation-in", "in", "sip over mtls 5061: partner -> edge",
                self._sip(PARTNER, EDGE, 5061)),
            Row("F1", "F1-sip-federation-out", "out", "sip over mtls 5061: edge -> partner",
                self._sip(EDGE, PARTNER, 5061)),
            Row("P1", "P1-public-im-in", "in", "sip over mtls 5061: public im -> edge",
                self._sip(PUBLIC_IM, EDGE, 5061), wider="F0-sip-federation-in"),
            Row("P2", "P2-public-im-out", "out", "sip over mtls 5061: edge -> public im",
                self._sip(EDGE, PUBLIC_IM, 5061), wider="F1-sip-federation-out"),
            Row("P3", "P3-client-sip-in", "in", "sip over tls 443: client -> edge",
                self._sip(PARTNER, EDGE, 443)),
            Row("P4", "P4-rtp-out", "out", "tcp 50000-59999: edge -> messenger client",
                lambda v, seconds: clients.echo(
                    edge, "tcp", EDGE[v], PARTNER[v], (50000, 59999)[v], seconds)),
            Row("P5", "P5-stun-out", "out", "stun 3478: edge -> messenger client",
                lambda v, seconds: clients.stun(edge, EDGE[v], PARTNER[v], seconds)),
            Row("P6", "P6-stun-in", "in", "stun 3478: messenger client -> edge",
                lambda v, seconds: clients.stun(partner, PARTNER[v], EDGE[v], seconds)),
            Row("X1", "X1-xmpp-in", "in", "xmpp 5269: message partner -> edge",
                self._xmpp("partner.example", "edge.example")),
            Row("X2", "X2-xmpp-out", "out", "xmpp 5269: message edge -> partner",
                self._xmpp("edge.example", "partner.example")),
        ]

    def internal_rows(self):
        return [
            Row("X3", "X3-xmpp-gateway-in", "in", "xmpp over mtls 23456: gateway -> edge",
                self._gateway(self.inside, FRONT_END, EDGE_INTERNAL, "front-end.example")),
        ]

    @staticmethod
    def _echoes(namespace, direction, arrow, own, other, *servers):
        """SERVERS: transport, port and family of plain servers that no row names."""
        return [
            Unlisted(direction, f"{transport} {port}: {arrow} over {FAMILIES[v][1]}",
                     lambda seconds, t=transport, p=port, v=v: clients.echo(
                         namespace, t, own[v], other[v], p, seconds))
            for transport, port, v in servers
        ]

    def external_unlisted(self):
        gateway = self._gateway(self.partner, PARTNER, EDGE, "sip.partner.example")
        return [
            *self._echoes(self.partner, "in", "partner -> edge", PARTNER, EDGE,
                          ("tcp", 22, 0), ("tcp", 5060, 0), ("tcp", 5062, 1), ("tcp", 50000, 0),
                          ("udp", 443, 0), ("udp", 5061, 1)),
            Unlisted("in", "tls 23456: partner -> edge over IPv4",
                     lambda seconds: gateway(0, seconds)),
            *self._echoes(self.edge, "out", "edge -> partner", EDGE, PARTNER,
                          ("tcp", 80, 0), ("tcp", 443, 1), ("tcp", 49999, 0), ("tcp", 60000, 1),
                          ("udp", 53, 0), ("udp", 50000, 1)),
        ]

    def internal_unlisted(self):
        gateway = self._gateway(self.edge, EDGE_INTERNAL, FRONT_END, "edge.example")
        return [
            *self._echoes(self.inside, "in", "inside -> edge", FRONT_END, EDGE_INTERNAL,
                          ("tcp", 22, 0), ("tcp", 23457, 1), ("udp", 23456, 0)),
            Unlisted("out", "tls 23456: edge -> inside over IPv6",
                     lambda seconds: gateway(1, seconds)),
            *self._echoes(self.edge, "out", "edge -> inside", EDGE_INTERNAL, FRONT_END,
                          ("tcp", 5061, 0), ("udp", 53, 1)),
        ]
