# SPDX-License-Identifier: GPL-2.0-or-later
"""Random rulesets of what an import claims to carry exactly, and random packets near them."""

import ipaddress
import socket
import struct

TCP, UDP, ICMP, ICMPV6, GRE, OSPF = 6, 17, 1, 58, 47, 89
HERE = {4: "198.51.100.10", 6: "2001:db8::10"}
INSIDE = {4: "198.51.100.130", 6: "2001:db8:5::20"}  # behind this host
BEYOND = {4: "203.0.113.77", 6: "2001:db8:9::77"}  # what this host speaks to
SOURCES = {4: ["192.0.2.1", "192.0.2.77", "192.0.2.128", "203.0.113.7", "203.0.113.200"],
           6: ["2001:db8:1::1", "2001:db8:1:5::7", "2001:db8:9::7", "2001:db8:9:ffff::1"]}
PREFIXES = {4: ["192.0.2.0/24", "192.0.2.128/25", "203.0.113.7", "203.0.113.0/25", "192.0.2.0-192.0.2.100"],
            6: ["2001:db8:1::/48", "2001:db8:1:5::/64", "2001:db8:9::7"]}
PORTS = [22, 25, 53, 80, 443, 1024, 5000, 5060, 40000]
TYPES = {4: {"echo-reply": 0, "destination-unreachable": 3, "echo-request": 8, "time-exceeded": 11,
             "timestamp-request": 13}, 6: {"destination-unreachable": 1, "packet-too-big": 2, "echo-request": 128,
                                           "echo-reply": 129}}
FLAGS = {"fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32}
MARK = ("203.0.113.250", 65001)  # packets that tell that those before them have arrived


def port_range(dice):
    low = dice.choice(PORTS)
    return low, low + dice.choice((1, 10, 100))


class Nft:
    """Writes rules as nftables has them."""

    def __init__(self, dice):
        self.dice = dice

    def ports(self):
        dice = self.dice
        low, high = port_range(dice)
        return dice.choice((f"{low}", f"{low}-{high}", f"!= {low}", f"{{ {dice.choice(PORTS)}, {low}-{high} }}",
                            f"< {low}", f">= {low}", "@ports", "{ 80, 443 }"))

    def address(self, family, end):
        dice = self.dice
        name = f"{'ip' if family == 4 else 'ip6'} {end}"
        if end == "daddr":
            return f"{name} {HERE[family]}"
        one, another = dice.choice(PREFIXES[family]), dice.choice(PREFIXES[family])
        return dice.choice((f"{name} {one}", f"{name} != {one}", f"{name} @trusted{family}",
                            f"{name} {{ {one} }}", f"{name} != {{ {another} }}"))

    def transport(self):
        dice = self.dice
        kind = dice.choice(("tcp", "udp", "th", "icmp", "icmpv6", "l4proto", "flags"))
        if kind in ("tcp", "udp"):
            return f"{kind} {dice.choice(('dport', 'dport', 'sport'))} {self.ports()}"
        if kind == "th":
            return f"meta l4proto {{ tcp, udp }} th dport {self.ports()}"
        if kind in ("icmp", "icmpv6"):
            types = dice.sample(sorted(TYPES[4 if kind == "icmp" else 6]), 2)
            return f"{kind} type {dice.choice((types[0], '!= ' + types[0], '{ ' + ', '.join(types) + ' }'))}"
        if kind == "l4proto":
            return f"meta l4proto {dice.choice(('tcp', 'udp', '{ tcp, udp }', 'gre', '!= tcp', 'ospf'))}"
        mask = dice.sample(sorted(FLAGS), 3)
        return dice.choice((f"tcp flags & ({' | '.join(mask)}) == {mask[0]}", f"tcp flags {mask[0]}",
                            f"tcp flags ! {mask[0]}", f"tcp flags & ({' | '.join(mask)}) != {mask[1]}"))

    def other(self):
        dice = self.dice
        return dice.choice(("ip ttl 64", "ip ttl > 60", "ip6 hoplimit < 64", "ip dscp ef", "ip6 dscp != cs0",
                            "meta length > 60", "meta length 20-60", "ip length < 45", "ip6 length 24",
                            "meta nfproto ipv4", "meta protocol ip6", "iifname \"eth0\"", "iifname != \"eth0\"",
                            "iif \"lo\"", "fib daddr type local", "ip saddr & 255.255.255.0 == 192.0.2.0"))

    def matches(self):
        dice = self.dice
        found = []
        if dice.random() < 0.4:
            found.append(self.address(dice.choice((4, 6)), dice.choice(("saddr", "saddr", "daddr"))))
        if dice.random() < 0.8:
            found.append(self.transport())
        if dice.random() < 0.25:
            found.append(self.other())
        families = {4 for match in found if match.startswith(("ip ", "icmp ", "meta nfproto ipv4"))}
        families |= {6 for match in found if match.startswith(("ip6 ", "icmpv6 ", "meta protocol ip6"))}
        if len(families) == 2:  # nft refuses them together
            found = found[:1]
        if dice.random() < 0.15:
            found.append("ct state new")
        return " ".join(found)

    def verdict(self, chains):
        dice = self.dice
        choices = ["accept"] * 5 + ["drop"] * 3 + ["reject", "reject with icmpx type admin-prohibited"]
        choices += [f"jump {chain}" for chain in chains] + [f"goto {chain}" for chain in chains]
        before = dice.choice(("", "", "", "counter ", "log prefix \"seen \" "))
        return before + dice.choice(choices)

    def rule(self, chains, returns):
        dice = self.dice
        special = dice.random()
        if special < 0.06:
            return f"tcp dport vmap {{ 22 : accept, 80-90 : {dice.choice(('drop', 'accept'))}, 443 : drop }}"
        if special < 0.1:
            return "ip saddr . tcp dport { 192.0.2.1 . 22, 192.0.2.77 . 80, 203.0.113.7 . 22 } accept"
        if special < 0.13:
            return "meta l4proto tcp reject with tcp reset"
        if special < 0.17 and returns:
            return f"{self.matches()} return"
        return f"{self.matches()} {self.verdict(chains)}"

    def way(self, ends):
        """A rule about what goes out or through, with matches of ENDS: each is right in some packets."""
        dice = self.dice
        found = [dice.choice(ends)] if dice.random() < 0.5 else []
        if dice.random() < 0.8:
            found.append(self.transport())
        families = {4 for match in found if match.startswith(("ip ", "icmp "))}
        families |= {6 for match in found if match.startswith(("ip6 ", "icmpv6 "))}
        found = found[:1] if len(families) == 2 else found
        found += ["ct state new"] * (dice.random() < 0.15)
        return f"{' '.join(found)} {dice.choice(('accept', 'accept', 'accept', 'drop', 'drop', 'reject'))}"

    def ways(self):
        """A ruleset of what goes out and what is forwarded."""
        dice = self.dice
        states = "ct state established,related accept"
        sources = [self.address(family, "saddr") for family in (4, 6)]
        through = [*sources, 'iifname "eth0"', 'oifname "eth1"', 'iifname "eth1"', f"ip daddr {INSIDE[4]}", f"ip6 daddr {INSIDE[6]}"]
        out = [f"ip daddr {BEYOND[4]}", f"ip6 daddr != {BEYOND[6]}", "ip daddr 203.0.113.0/25", 'oifname "eth0"', 'oifname != "eth0"']
        chains = []
        for hook, ends, on in (("forward", through, 'iifname "eth0" oifname "eth1"'), ("output", out, 'oifname "eth0"')):
            mark = f"{on} meta nfproto ipv4 udp dport {MARK[1]} accept"
            rules = [self.way(ends) for _ in range(dice.randrange(2, 8))]
            invalid = ["ct state invalid drop"] * (dice.random() < 0.4)
            chains += [f"chain {hook} {{ type filter hook {hook} priority 0; policy {dice.choice(('drop', 'drop', 'accept'))};",
                       mark, states, *invalid, *rules, "}"]
        return "\n".join((
            "table inet filter {",
            f"set trusted4 {{ type ipv4_addr; flags interval; elements = {{ {', '.join(PREFIXES[4][1:4:2])} }}; }}",
            f"set trusted6 {{ type ipv6_addr; flags interval; elements = {{ {PREFIXES[6][1]} }}; }}",
            "set ports { type inet_service; flags interval; elements = { 22, 5000-5100 }; }", *chains,
            "chain input { type filter hook input priority 0; policy drop;", states, "}", "}", ""))

    def ruleset(self):
        dice = self.dice
        first = [f"ip saddr {MARK[0]} udp dport {MARK[1]} accept"]
        if dice.random() < 0.9:
            first.append(dice.choice(("ct state established,related accept", "ct state established,related,untracked accept",
                                      "ct state vmap { established : accept, related : accept, invalid : drop }")))
        if dice.random() < 0.4:
            first.append(dice.choice(("ct state invalid drop", "ct state invalid drop", "ct state invalid,untracked drop",
                                      "ct state != new drop")))
        first += [self.rule(("one", "two"), False) for _ in range(dice.randrange(3, 10))]
        inner = [self.rule(("two",), True) for _ in range(dice.randrange(1, 5))]
        innermost = [self.rule((), True) for _ in range(dice.randrange(1, 4))]
        return "\n".join((
            "table inet filter {",
            f"set trusted4 {{ type ipv4_addr; flags interval; elements = {{ {', '.join(PREFIXES[4][1:4:2])} }}; }}",
            f"set trusted6 {{ type ipv6_addr; flags interval; elements = {{ {PREFIXES[6][1]} }}; }}",
            "set ports { type inet_service; flags interval; elements = { 22, 5000-5100 }; }",
            "chain two {", *innermost, "}", "chain one {", *inner, "}",
            f"chain input {{ type filter hook input priority 0; policy {dice.choice(('drop', 'drop', 'accept'))};",
            *first, "}", "}", ""))


class Iptables:
    """Writes rules as iptables-restore has them, of one family."""

    def __init__(self, dice, family):
        self.dice, self.family = dice, family

    def ports(self, protocol):
        dice = self.dice
        low, high = port_range(dice)
        end = dice.choice(("dport", "dport", "sport"))
        negated = dice.choice(("", "", "! "))
        return dice.choice((f"-m {protocol} {negated}--{end} {low}", f"-m {protocol} {negated}--{end} {low}:{high}",
                            f"-m multiport {negated}--{end}s {low},{dice.choice(PORTS)}",
                            f"-m multiport --ports {low}"))

    def transport(self):
        dice = self.dice
        kind = dice.choice(("tcp", "udp", "icmp", "flags", "gre", "not"))
        if kind in ("tcp", "udp"):
            return f"-p {kind} {self.ports(kind)}"
        if kind == "icmp":
            return (f"-p icmp -m icmp --icmp-type {dice.choice(sorted(TYPES[4].values()))}" if self.family == 4 else
                    f"-p ipv6-icmp -m icmp6 --icmpv6-type {dice.choice(sorted(TYPES[6].values()))}")
        if kind == "flags":
            mask = [flag.upper() for flag in dice.sample(sorted(FLAGS), 3)]
            return dice.choice((f"-p tcp -m tcp --tcp-flags {','.join(mask)} {mask[0]}", "-p tcp -m tcp --syn",
                                f"-p tcp -m tcp ! --tcp-flags {','.join(mask)} {mask[0]}"))
        return {"gre": "-p gre", "not": "! -p tcp"}[kind]

    def other(self):
        ttl = "ttl" if self.family == 4 else "hl"
        return self.dice.choice((f"-m {ttl} --{ttl}-eq 64", f"-m {ttl} --{ttl}-gt 60", "-m dscp --dscp 0x2e",
                                 "-m dscp ! --dscp-class CS0", "-m length --length 20:60", "-i eth0", "! -i eth0",
                                 "-m addrtype --dst-type LOCAL", "-m comment --comment \"a comment\""))

    def matches(self):
        dice = self.dice
        found = []
        if dice.random() < 0.4:
            prefix = dice.choice(PREFIXES[self.family])
            found.append(f"-m iprange --src-range {prefix}" if "-" in prefix else
                         f"{dice.choice(('', '! '))}-s {prefix}")
        if dice.random() < 0.8:
            found.append(self.transport())
        if dice.random() < 0.25:
            found.append(self.other())
        if dice.random() < 0.15:
            found.append("-m conntrack --ctstate NEW")
        return " ".join(found)

    def rule(self, chain, chains, returns):
        dice = self.dice
        targets = ["-j ACCEPT"] * 5 + ["-j DROP"] * 3 + ["-j REJECT", "-j LOG --log-prefix \"seen \""]
        targets += [f"-j {target}" for target in chains] + [f"-g {target}" for target in chains]
        targets += ["-j RETURN"] * returns
        return f"-A {chain} {self.matches()} {dice.choice(targets)}"

    def way(self, chain, ends, targets):
        """A rule about what goes out or through, with matches of ENDS: each is right in some packets."""
        dice = self.dice
        found = [dice.choice(ends)] if dice.random() < 0.5 else []
        if dice.random() < 0.8:
            found.append(self.transport())
        if found and "--tcp-flags" in found[-1] and dice.random() < 0.7:  # most of these cannot be said
            found[-1] = "-p tcp -m tcp --syn"
        if dice.random() < 0.2 and found and found[-1].startswith(("-p tcp", "-p udp")):
            found.append("-m conntrack --ctstate NEW")
        return f"-A {chain} {' '.join(found)} -j {dice.choice(targets)}"

    def ways(self):
        """A ruleset of what goes out and what is forwarded, with a chain that both jump to."""
        dice, family = self.dice, self.family
        inside, beyond, prefix = INSIDE[family], BEYOND[family], dice.choice(PREFIXES[family][:3])
        through = ["-i eth0", "-o eth1", "-i eth1", "! -o eth1", f"-s {prefix}", f"! -s {prefix}", f"-d {inside}"]
        out = [f"-d {beyond}", f"! -d {beyond}", "-o eth0", "! -o eth0", "-o eth1"]
        both = ["-o eth0", "-o eth1", "! -o eth1", "-i eth0", "! -i eth0", f"-d {inside}", f"-d {beyond}"]
        verdicts = ["ACCEPT"] * 3 + ["DROP"] * 2 + ["REJECT"]
        chains = {"FORWARD": through, "OUTPUT": out}
        rules = []
        for chain, ends in chains.items():
            if family == 4:
                on = "-i eth0 -o eth1" if chain == "FORWARD" else "-o eth0"
                rules.append(f"-A {chain} {on} -p udp -m udp --dport {MARK[1]} -j ACCEPT")
            rules.append(f"-A {chain} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT")
            rules += [f"-A {chain} -m conntrack --ctstate INVALID -j DROP"] * (dice.random() < 0.4)
            rules += [self.way(chain, ends, (*verdicts, "both")) for _ in range(dice.randrange(2, 8))]
        rules += [self.way("both", both, (*verdicts, "RETURN")) for _ in range(dice.randrange(1, 4))]
        policies = [dice.choice(("DROP", "DROP", "ACCEPT")) for _ in chains]
        return "\n".join(("*filter", ":INPUT DROP [0:0]", *(f":{chain} {policy} [0:0]" for chain, policy in zip(chains, policies)),
                          ":both - [0:0]", "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", *rules, "COMMIT", ""))

    def ruleset(self):
        dice = self.dice
        rules = []
        if self.family == 4:
            rules.append(f"-A INPUT -s {MARK[0]} -p udp -m udp --dport {MARK[1]} -j ACCEPT")
        rules.append(f"-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED{dice.choice(('', '', ',UNTRACKED'))} -j ACCEPT")
        if dice.random() < 0.4:
            rules.append(f"-A INPUT -m conntrack {dice.choice(('', '', '! '))}--ctstate INVALID -j DROP".replace(
                "! --ctstate INVALID", "! --ctstate NEW"))
        rules += [self.rule("INPUT", ("one", "two"), 0) for _ in range(dice.randrange(3, 10))]
        rules += [self.rule("one", ("two",), 1) for _ in range(dice.randrange(1, 5))]
        rules += [self.rule("two", (), 1) for _ in range(dice.randrange(1, 4))]
        return "\n".join(("*filter", f":INPUT {dice.choice(('DROP', 'DROP', 'ACCEPT'))} [0:0]", ":FORWARD ACCEPT [0:0]",
                          ":OUTPUT ACCEPT [0:0]", ":one - [0:0]", ":two - [0:0]", *rules, "COMMIT", ""))


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Packet:
    """One packet for this host; NUMBER stands at its end."""

    def __init__(self, dice, number):
        self.family = dice.choice((4, 4, 6))
        self.protocol = dice.choice((TCP, TCP, TCP, UDP, UDP, ICMP if self.family == 4 else ICMPV6, GRE, OSPF))
        self.source, self.destination = dice.choice(SOURCES[self.family]), HERE[self.family]
        self.sport = dice.choice((*PORTS, dice.randrange(1024, 65536), dice.randrange(1024, 65536)))
        self.dport = dice.choice(PORTS) + dice.choice((0, 0, 0, 1, 10))
        self.flags = dice.choice((2, 2, 2, 2, 16, 24, 17, 4, 18, 0, 3, 41, dice.randrange(64)))
        self.kind = dice.choice(sorted(TYPES[self.family].values()))
        self.ttl, self.dscp = dice.choice((64, 64, 255, 50)), dice.choice((0, 0, 46, 8))
        self.number, self.fill = number, dice.choice((0, 0, 20, 60))

    def opens(self):
        """Can it open a conversation? A SYN with FIN or RST is sent by no host."""
        return self.protocol != TCP or self.flags & 0x17 == 2

    def is_urgent(self):
        """A SYN with URG, which edgexdp takes for one that no host sends."""
        return self.protocol == TCP and self.flags & 0x37 == 0x22

    def __str__(self):
        what = {TCP: f"tcp :{self.sport} > :{self.dport} flags {self.flags:#x}", UDP: f"udp :{self.sport} > :{self.dport}",
                ICMP: f"icmp {self.kind}", ICMPV6: f"icmpv6 {self.kind}"}.get(self.protocol, str(self.protocol))
        return f"from {self.source} {what} ttl {self.ttl} dscp {self.dscp} length {len(self.frame()) - 14}"

    def notation(self):
        """The packet as edgexdp-policy(5) has it."""
        ends = [f"[{end}]" if ":" in end else end for end in (self.source, self.destination)]
        if self.protocol in (TCP, UDP):
            flags = [name for name in FLAGS if self.protocol == TCP and self.flags & FLAGS[name]]
            return f"{'tcp' if self.protocol == TCP else 'udp'} {ends[0]}:{self.sport} > {ends[1]}:{self.dport} {' '.join(flags)}"
        if self.protocol in (ICMP, ICMPV6):
            return f"{'icmp' if self.protocol == ICMP else 'icmpv6'} {self.source} > {self.destination} {self.kind}"
        return f"{self.protocol} {self.source} > {self.destination}"

    def payload(self):
        data = b"\0" * self.fill + struct.pack("!I", self.number)
        if self.protocol == TCP:
            return struct.pack("!HHIIBBHHH", self.sport, self.dport, 1, 1 if self.flags & 16 else 0, 5 << 4, self.flags,
                               1024, 0, 0) + data, 16
        if self.protocol == UDP:
            return struct.pack("!HHHH", self.sport, self.dport, 8 + len(data), 0) + data, 6
        if self.protocol in (ICMP, ICMPV6):
            return struct.pack("!BBHI", self.kind, 0, 0, self.number & 0xffff) + data, 2
        return b"\0" * 4 + data, None

    def frame(self):
        body, at = self.payload()
        ends = [ipaddress.ip_address(text).packed for text in (self.source, self.destination)]
        if at is not None:
            pseudo = b"".join(ends) + struct.pack("!II", len(body), self.protocol)
            body = body[:at] + struct.pack("!H", checksum((b"" if self.protocol == ICMP else pseudo) + body) or 0xffff) + \
                body[at + 2:]
        if self.family == 4:
            head = struct.pack("!BBHHHBBH4s4s", 0x45, self.dscp << 2, 20 + len(body), self.number & 0xffff, 0, self.ttl,
                               self.protocol, 0, *ends)
            head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
        else:
            head = struct.pack("!IHBB16s16s", 6 << 28 | self.dscp << 22, len(body), self.protocol, self.ttl, *ends)
        return head + body


class Mark(Packet):
    def __init__(self, number):  # pylint: disable=super-init-not-called
        self.family, self.protocol, self.source, self.number, self.fill = 4, UDP, MARK[0], number, 0
        self.destination = HERE[4]
        self.sport, self.dport, self.ttl, self.dscp = 40000, MARK[1], 64, 0


def far_listener(interface):
    """A socket that sees what comes to INTERFACE."""
    one = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    one.bind((interface, 0))
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    one.setblocking(False)
    return one


def speakers():
    """Sockets that send whole packets from here, by family."""
    found = {4: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW),
             6: socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)}
    return found


def listeners():
    """Sockets that hear what a filter lets in."""
    found = [socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol) for protocol in (TCP, UDP, ICMP, GRE, OSPF)]
    found += [socket.socket(socket.AF_INET6, socket.SOCK_RAW, protocol) for protocol in (TCP, UDP, ICMPV6, GRE, OSPF)]
    for one in found:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        one.setblocking(False)
    return found
