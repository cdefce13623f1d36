# SPDX-License-Identifier: GPL-2.0-or-later
"""The same rules for every filter: what is dropped, and which packets match."""

import dataclasses
import ipaddress

HERE = "198.51.100.10"
HERE6 = "2001:db8::10"
LAST_SOURCE = "10.255.255.0"
LAST_PORT = 60000
PORTS = 10  # of each rule


@dataclasses.dataclass(frozen=True)
class Rule:
    """Drops UDP from `source` to `port` and the ports above it."""
    name: str
    source: str
    port: int

    @property
    def ports(self):
        return f"{self.port}-{self.port + PORTS - 1}"

    @property
    def port_range(self):
        return range(self.port, self.port + PORTS)

    @property
    def prefix(self):
        """The address as a number, and the length."""
        network = ipaddress.IPv4Network(self.source)
        return int(network.network_address), network.prefixlen


def rules(count):
    """COUNT rules, each with its own prefix and port range. The last is always the same."""
    first = int(ipaddress.IPv4Address("10.0.0.0"))
    made = [Rule(f"rule-{i}", f"{ipaddress.IPv4Address(first + i * 256)}/24", 1024 + i % 5800 * PORTS)
            for i in range(count - 1)]
    return [*made, Rule("last", f"{LAST_SOURCE}/24", LAST_PORT)]


def _policy(name, *sections):
    return "\n".join((f"[policy]\nname = {name}", *sections, ""))


def rule_sections(count, where="", prefix=""):
    """The rules, each with the line WHERE, and names that begin with PREFIX."""
    return "\n".join(f"[rule {prefix}{rule.name}]\ndirection = in\nprotocol = udp\nfrom = {rule.source}\n"
                     f"port = {rule.ports}\naction = drop\n{where}" for rule in rules(count)) + "\n"


def rules_policy(count):
    return _policy(f"rules-{count}", rule_sections(count))


def set_policy(path, name="listed"):
    """Drops everybody in the list at PATH, and lets everybody else in."""
    return _policy(name, f"[sets]\nlist = @{path}",
                   "[rule listed]\ndirection = in\nprotocol = udp\nfrom = list\naction = drop",
                   "[rule others]\ndirection = in\nprotocol = udp\nport = 1-65535\naction = accept")


def edited(base, count):
    """Another policy of the same size, so that a reload has something to do."""
    return base.replace("action = drop", "action = accept", count)
