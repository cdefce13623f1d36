# SPDX-License-Identifier: GPL-2.0-or-later
"""The filters that Debian packages, with the same rules and sets, on the same packets."""

import functools
import ipaddress
import re

import policies
import prefixes
from cases import LAST_RULE, last_of, random_of
from lane import Lane
from sandbox import run

LINEAR = (10, 100, 1000)
CONCATENATED = (10, 100, 1000, 10000)
SETS4 = (1000, 10000, 100000)
SETS6 = (1000, 10000, 100000)
ADDRESSES = 1000  # for xdp-filter, which knows no prefixes


def dropped_before_ip(lane):
    """Packets that came in but never reached the stack."""
    seen = lane.namespace.run("cat", "/proc/net/snmp").splitlines()
    names, values = (line.split() for line in seen if line.startswith("Ip:"))
    six = lane.namespace.run("cat", "/proc/net/snmp6")
    passed = (int(values[names.index("InReceives")]) +
              int(re.search(r"Ip6InReceives\s+(\d+)", six)[1]))
    return lane.received() - passed


def nft_lane(stand, rules, sets=""):
    """A lane guarded by nftables at the interface's hook, which is its earliest."""
    lane = Lane(stand.sandbox)
    lane.gro()
    text = (f"table netdev filter {{\n{sets}\nchain early {{ type filter hook ingress device "
            f"\"{lane.inside}\" priority 0; policy accept;\n{rules}\n}}\n}}\n")
    lane.namespace.run("nft", "-f", stand.file(f"{lane.inside}.nft", text))
    return lane


def _nft_set(kind, elements):
    return f"set s {{ type {kind}; flags interval; elements = {{ {', '.join(elements)} }} }}"


def _add_nft(stand, name, traffic, size, lane):
    stand.add("nftables", name, lane, traffic, size=size,
              counted=functools.partial(dropped_before_ip, lane))


def add_nftables(stand):
    for count in LINEAR:
        lines = [f"ip saddr {rule.source} udp dport {rule.ports} drop"
                 for rule in policies.rules(count)]
        _add_nft(stand, last_of(count), LAST_RULE, count, nft_lane(stand, "\n".join(lines)))
    for count in CONCATENATED:
        elements = [f"{rule.source} . {rule.ports}" for rule in policies.rules(count)]
        lane = nft_lane(stand, "meta l4proto udp ip saddr . udp dport @s drop",
                         _nft_set("ipv4_addr . inet_service", elements))
        _add_nft(stand, f"{last_of(count)}, as a set", LAST_RULE, count, lane)
    _add_nft(stand, f"{random_of(count)}, as a set", stand.random_rules(), count, lane)


def add_nftables_sets(stand):
    for bits, counts, family in ((32, SETS4, "ip"), (128, SETS6, "ip6")):
        for count in counts:
            listed, traffic = stand.members(bits, count)
            lane = nft_lane(stand, f"meta l4proto udp {family} saddr @s drop",
                             _nft_set("ipv4_addr" if bits == 32 else "ipv6_addr",
                                      listed.read_text().split()))
            _add_nft(stand, prefixes.named(bits, count), traffic, count, lane)


def _dropped_by_iptables(lane):
    shown = lane.namespace.run("iptables-legacy", "-t", "raw", "-vnxL", "PREROUTING")
    return int(shown.splitlines()[-1].split()[0])


def add_iptables(stand):
    for count in LINEAR:
        lane = Lane(stand.sandbox)
        lane.gro()
        lines = [f"-A PREROUTING -i {lane.inside} -s {rule.source} -p udp --dport "
                 f"{rule.ports.replace('-', ':')} -j DROP" for rule in policies.rules(count)]
        text = "\n".join(("*raw", *lines, "COMMIT", ""))
        lane.namespace.run("iptables-legacy-restore", stand.file(f"{lane.inside}.iptables", text))
        stand.add("iptables-legacy", last_of(count), lane, LAST_RULE, size=count,
                  counted=functools.partial(_dropped_by_iptables, lane))


def _filter_lane(stand, *features):
    lane = Lane(stand.sandbox)
    lane.namespace.run("xdp-filter", "load", "--mode", "native", "--policy", "allow", *features,
                       lane.inside)
    return lane


def add_xdp_filter(stand):
    """xdp-filter's maps are shared by all interfaces, and hold single ports and addresses."""
    lane = _filter_lane(stand, "--features", "udp")
    for port in range(policies.LAST_PORT, policies.LAST_PORT + policies.PORTS):
        run("xdp-filter", "port", "--mode", "dst", "--proto", "udp", str(port))
    stand.add("xdp-filter", f"{policies.PORTS} ports", lane, LAST_RULE, size=policies.PORTS,
              counted=lane.dropped)
    lane = _filter_lane(stand)
    addresses = prefixes.addresses4(ADDRESSES)
    for address, _ in addresses:
        run("xdp-filter", "ip", "--mode", "src", str(ipaddress.IPv4Address(address)))
    stand.add("xdp-filter", f"{ADDRESSES:,} addresses", lane, stand.traffic(addresses, 32),
              size=ADDRESSES, counted=lane.dropped)


SYSTEMS = {"nft": add_nftables, "nft-sets": add_nftables_sets, "iptables": add_iptables,
           "xdp-filter": add_xdp_filter}
