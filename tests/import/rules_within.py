# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules within a ruleset."""

NFT = """table inet filter {{
	{sets}
	chain input {{
		type filter hook input priority filter; policy {policy};
		{before}
		{rule}
	}}
}}
"""
ESTABLISHED = "ct state established,related accept"
IPTABLES = """*filter
:INPUT {policy} [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:other - [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
{rules}
COMMIT
"""

# What rules name by these words.
NAMED = {
    "@ending2": "set ending2 { type ipv4_addr . inet_service; flags timeout; elements = { 192.0.2.1 . 22 timeout 1h } }",
    "@ending3": "map ending3 { type ipv4_addr : verdict; flags timeout; elements = { 192.0.2.1 timeout 1h : accept } }",
    "@default-timeout": "set default-timeout { type ipv4_addr; flags timeout; timeout 1h; elements = { 192.0.2.1 } }",
    "@counted": 'set counted { type ipv4_addr; counter; elements = { 192.0.2.1 counter packets 5 bytes 6 comment "x" } }',
    "@rated": "set rated { type ipv4_addr; limit rate 1/second; elements = { 192.0.2.1 limit rate 10/second } }",
    "@full": "set full { type ipv4_addr; quota 5 mbytes; elements = { 192.0.2.1 } }",
    "@spans": "set spans { type ipv4_addr . inet_service; flags interval; elements = { 198.51.100.0/24 . 20-30, "
              "198.51.100.7-198.51.100.9 . 80 } }",
    "jump limited": "chain limited { limit rate 10/second accept; }",
    '"some"': "limit some { rate 10/second; }",
    '"some-quota"': "quota some-quota { over 5 mbytes; }",
}


def nft(rule, before="", policy="drop"):
    sets = "set dyn { type ipv4_addr; flags dynamic, timeout; timeout 1h; }" if "@dyn" in rule else ""
    if "@timed" in rule:
        sets += "set timed { type ipv4_addr; flags timeout; elements = { 192.0.2.1 timeout 1h } }"
    sets += "".join(f"{text}; " for name, text in NAMED.items() if name in rule)
    return NFT.format(sets=sets, before=before, rule=rule.replace("; ", "\n\t\t"), policy=policy)


def iptables(rules, policy="DROP"):
    return IPTABLES.format(rules=f"-A INPUT {rules}", policy=policy)
