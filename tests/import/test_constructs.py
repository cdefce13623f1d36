#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What nft(8), iptables(8) and iptables-extensions(8) name for filters: each construct is carried, or refused by its
name with the reason."""

import json
import unittest

import importing

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

# Rules of nftables, and the rules that they become.
NFT_CARRIED = (
    ("tcp dport 22 accept", ["accept in tcp > :22"]),
    ("tcp dport { 22, 80-90 } accept", ["accept in tcp > :22, 80-90"]),
    ("tcp dport != 22 accept", ["accept in tcp > :0-21, 23-65535"]),
    ("udp sport 53 accept", ["accept in udp :53 >"]),
    ("udp dport < 1024 accept", ["accept in udp > :0-1023"]),
    ("sctp dport 5060 accept", ["accept in sctp > :5060"]),
    ("meta l4proto { tcp, udp } th dport 53 accept", ["accept in tcp, udp > :53"]),
    ("@th,16,16 53 meta l4proto udp accept", ["accept in udp > :53"]),
    ("meta l4proto gre accept", ["accept in gre"]),
    ("ip protocol 89 accept", ["accept in ipv4 89"]),
    ("ip6 nexthdr esp accept", ["accept in ipv6 esp"]),
    ("meta nfproto ipv6 accept", ["accept in ipv6"]),
    ("meta protocol ip accept", ["accept in ipv4"]),
    ("ip saddr 192.0.2.1 accept", ["accept in 192.0.2.1 >"]),
    ("ip saddr 192.0.2.0/24 ip daddr 198.51.100.10 accept", ["accept in 192.0.2.0/24 > 198.51.100.10"]),
    ("ip saddr 192.0.2.1-192.0.2.9 accept", ["accept in 192.0.2.1-192.0.2.9 >"]),
    ("ip saddr & 255.255.255.0 == 192.0.2.0 accept", ["accept in 192.0.2.0/24 >"]),
    ("ip saddr != 192.0.2.0/24 accept", ["accept in ipv4 any but 192.0.2.0/24 >"]),
    ("ip saddr != { 192.0.2.1, 192.0.2.7 } drop", ["drop in ipv4 any but 192.0.2.1, 192.0.2.7 >"]),
    ("ip6 saddr 2001:db8::/32 tcp dport 22 accept", ["accept in tcp 2001:db8::/32 > :22"]),
    ("ip saddr . tcp dport { 192.0.2.1 . 22, 192.0.2.2 . 22, 192.0.2.3 . 80 } accept",
     ["accept in tcp 192.0.2.1-192.0.2.2 > :22", "accept in tcp 192.0.2.3 > :80"]),
    ("tcp dport vmap { 22 : accept, 23 : drop, 80 : accept }",
     ["accept in tcp > :22, 80", "drop in tcp > :23"]),
    ("ip saddr . tcp dport vmap { 192.0.2.1 . 22 : accept }", ["accept in tcp 192.0.2.1 > :22"]),
    ("icmp type echo-request accept", ["accept in icmp echo-request"]),
    ("icmp type { echo-request, timestamp-request } accept", ["accept in icmp echo-request, timestamp-request"]),
    ("icmp type destination-unreachable icmp code frag-needed accept", ["accept in icmp destination-unreachable/4"]),
    ("icmp type != echo-request drop",
     ["drop in icmp echo-reply, 1, 2, destination-unreachable"]),
    ("icmpv6 type { nd-neighbor-solicit, echo-request } accept", ["accept in icmpv6 echo-request, nd-neighbor-solicit"]),
    ("meta l4proto { icmp, ipv6-icmp } accept", ["accept in icmp, icmpv6"]),
    ("tcp flags & (fin|syn|rst|ack) == syn tcp dport 25 drop", ["drop in tcp > :25 tcp-flags syn+!ack+!fin+!rst"]),
    ("tcp flags syn drop", ["drop in tcp tcp-flags syn"]),
    ("tcp flags ! syn tcp dport 9 drop", ["drop in tcp > :9 tcp-flags !syn"]),
    ("ip ttl 255 accept", ["accept in ipv4 ttl 255"]),
    ("ip6 hoplimit > 250 accept", ["accept in ipv6 ttl 251-255"]),
    ("ip dscp ef accept", ["accept in ipv4 dscp ef"]),
    ("ip6 dscp { cs1, af11 } accept", ["accept in ipv6 dscp cs1, af11"]),
    ("meta length 1000-1500 accept", ["accept in length 1000-1500"]),
    ("ip length > 1400 accept", ["accept in ipv4 length 1401-65535"]),
    ("ip6 length 60 accept", ["accept in ipv6 length 100"]),
    ("fib daddr type broadcast drop", ["drop in > broadcast"]),
    ("fib daddr type { broadcast, multicast } drop", ["drop in > broadcast, multicast"]),
    ("fib daddr type local tcp dport 22 accept", ["accept in tcp > any but broadcast, multicast:22"]),
    ("fib saddr type local drop", ["drop in self, fe80::/10 >"]),
    ("tcp dport 22 reject", ["reject with port-unreachable in tcp > :22"]),
    ("tcp dport 22 reject with tcp reset", ["reject with tcp-reset in tcp > :22"]),
    ("reject with icmpx type admin-prohibited", ["reject with admin-prohibited in"]),
    ("tcp dport 22 counter log prefix \"ssh \" accept", ["accept in tcp > :22 log"]),
    ("tcp dport 22 limit rate 10/minute burst 7 packets accept", ["accept in tcp > :22 limit 10/minute burst 7"]),
    ("udp dport 53 limit rate over 100/second drop; udp dport 53 accept",
     ["accept in udp > :53 limit 100/second burst 5"]),
    ("meta nfproto ipv4 udp dport 53 meter dns { ip saddr limit rate 20/second burst 20 packets } accept",
     ["accept in ipv4 udp > :53 limit 20/second per source"]),
    ("ip saddr & 255.255.255.0 == 10.1.1.0 udp dport 9 meter m { ip saddr and 255.255.255.0 limit rate 20/second } accept",
     ["accept in udp 10.1.1.0/24 > :9 limit 20/second per source/24 burst 5"]),
    ("udp dport 9 limit rate 100 kbytes/second accept", ["accept in udp > :9 limit 102400 bytes/second"]),
    ("limit rate 3/minute log prefix \"lost \"; drop", ["drop in log"]),
    ("iifname lo accept", []),
    ("iif lo accept; iif != lo ip daddr 127.0.0.0/8 drop", ["drop in > 127.0.0.0/8"]),
    ("ip option lsrr exists drop", []),
    ("rt seg-left > 0 drop", []),
    ("ip saddr > 192.0.2.1 accept", ["accept in 192.0.2.2-255.255.255.255 >"]),
    ("meta length > 100 meta length < 200 accept", ["accept in length 101-199"]),
    ("tcp flags == syn tcp dport 9 drop", ["drop in tcp > :9 tcp-flags syn+!ack+!fin+!rst+!psh+!urg+!ece+!cwr"]),
    ('oifname "eth0" accept', []), ('oifname != "eth0" tcp dport 22 accept', ["accept in tcp > :22"]),
    ("icmp type . icmp code { echo-request . 0 } accept", ["accept in icmp echo-request/0"]),
    ("tcp dport vmap { 22 : jump limited, 2222 : jump limited }", ["accept in tcp > :22, 2222 limit 10/second burst 5"]),
    ('ip saddr @counted tcp dport 22 accept', ["accept in tcp counted > :22"]),
    ("ip daddr . tcp dport @spans accept", ["accept in tcp > 198.51.100.0/24:20-30", "accept in tcp > 198.51.100.7-198.51.100.9:80"]),
    ("ip protocol 0 accept", ["accept in ipv4 0"]),
    ("meta mark set 1", []), ("ct mark set 5", []), ("ct zone set 5", []), ("ct label set 5", []), ("ct event set new", []),
    ("ip ttl set 5", []), ("ip dscp set cs1", []), ("tcp option maxseg size set 1400", []), ("reset tcp option sack-perm", []),
    ("log flags all", []), ("log group 3 snaplen 5 queue-threshold 3", []), ("log level audit", []), ("meta nftrace set 1", []),
    ("continue", []), ("return", []), ("counter", []),
)

# The same behind a rule that accepts established connections.
NFT_AFTER_ESTABLISHED = (
    ("tcp dport 22 ct state new accept", ["accept in tcp > :22"]),
    ("tcp dport 22 ct state new limit rate 10/minute accept", ["accept in tcp > :22 limit 10 new/minute"]),
    ("tcp dport 22 tcp flags syn / fin,syn,rst,ack accept", ["accept in tcp > :22"]),
    ("ct state invalid drop; tcp dport 22 accept", ["accept in tcp > :22"]),
    # SYN with URG opens a connection, to connection tracking.
    ("tcp dport 9 ct state new drop; accept",
     ["drop in tcp > :9 tcp-flags syn+!fin+!rst, rst+!syn+!fin, ack+!syn+!rst", "accept in"]),
    ("ct state untracked accept; tcp dport 22 accept", ["accept in tcp > :22"]),
    ("ct state established,related,untracked accept; tcp dport 22 accept", ["accept in tcp > :22"]),
    ("icmpv6 type 133-137 accept; ct state invalid,untracked drop; tcp dport 22 accept",
     ["accept in icmpv6 nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert, nd-redirect",
      "accept in tcp > :22"]),
    ("icmpv6 type 137 drop; ct state untracked accept; tcp dport 22 accept",
     ["drop in icmpv6 nd-redirect",
      "accept in icmpv6 mld-listener-query, mld-listener-report, mld-listener-done, nd-router-solicit, nd-router-advert, "
      "nd-neighbor-solicit, nd-neighbor-advert, nd-redirect, mld2-listener-report",
      "accept in tcp > :22"]),
    ("tcp flags & (fin|syn|rst|ack) != syn ct state new drop; tcp dport 22 accept", ["accept in tcp > :22"]),
    ("ct state vmap { established : accept, related : accept, invalid : drop }; tcp dport 22 accept",
     ["accept in tcp > :22"]),
    ("meta nfproto ipv4 tcp dport 22 ct state new meter m { ip saddr limit rate over 10/minute burst 10 packets } drop;"
     " tcp dport 22 accept", ["accept in ipv4 tcp > :22 limit 10 new/minute per source burst 10", "accept in tcp > :22"]),
)

# Rules that cannot be said, and what the message says.
NFT_REFUSED = (
    ("meta mark 1 accept", "meta mark"),
    ("meta priority 1:1 accept", "meta priority"),
    ("meta pkttype broadcast drop", "meta pkttype"),
    ("meta skuid 1000 accept", "meta skuid"),
    ("meta skgid 1000 accept", "meta skgid"),
    ("meta rtclassid 1 accept", "meta rtclassid"),
    ("meta cpu 1 accept", "meta cpu"),
    ("meta iifgroup 1 accept", "meta iifgroup"),
    ("meta iiftype ether accept", "meta iiftype"),
    ("meta day Monday accept", "meta day"),
    ("meta hour 08:00-17:00 accept", "meta hour"),
    ("meta time > 1700000000 accept", "meta time"),
    ("meta cgroup 1 accept", "meta cgroup"),
    ("meta ipsec exists accept", "meta ipsec"),
    ("ct mark 1 accept", "ct mark"),
    ("ct status dnat accept", "ct status"),
    ("ct direction original accept", "ct direction"),
    ("ct helper \"ftp\" accept", "ct helper"),
    ("ct expiration > 10 accept", "ct expiration"),
    ("ct original ip saddr 192.0.2.1 accept", "ct direction"),
    ("ct bytes > 100000 drop", "ct bytes"),
    ("ct count over 10 drop", "ct count"),
    ("ether saddr 00:11:22:33:44:55 accept", "ether saddr"),
    ("vlan id 5 accept", "vlan id"),
    ("ip id 5 accept", "ip id"),
    ("ip version 4 accept", "ip version"),
    ("ip hdrlength 5 accept", "ip hdrlength"),
    ("ip ecn ce accept", "ip ecn"),
    ("ip6 flowlabel 5 accept", "ip6 flowlabel"),
    ("tcp sequence 0 drop", "tcp sequence"),
    ("tcp window 0 drop", "tcp window"),
    ("tcp option maxseg size 1-500 drop", "tcp option"),
    ("udp length 9 drop", "udp length"),
    ("udplite dport 9 accept", "udplite dport"),
    ("dccp dport 9 accept", "dccp dport"),
    ("icmp id 5 accept", "icmp id"),
    ("icmpv6 mtu 1280 accept", "icmpv6 mtu"),
    ("esp spi 5 accept", "esp spi"),
    ("ah spi 5 accept", "ah spi"),
    ("th dport 53 accept", "th:"),
    ("@nh,8,8 7 accept", "@nh,8,8"),
    ("ip option ra exists drop", "ip option"),
    ("exthdr hbh exists drop", "exthdr hbh"),
    ("rt type 0 drop", "exthdr rt type"),
    ("fib saddr . iif oif missing drop", "fib oif"),
    ("socket transparent 1 accept", "socket transparent"),
    ("numgen random mod 10 < 3 drop", "numgen"),
    ("jhash ip saddr mod 2 0 drop", "jhash"),
    ("quota over 100 mbytes drop", "quota"),
    ("update @dyn { ip saddr } drop", "update @dyn"),
    ("ip saddr @dyn drop; add @dyn { ip saddr }", "@dyn: the ruleset itself fills this set"),
    ("ip saddr . tcp dport != { 192.0.2.1 . 22 } drop", "a concatenation that is not in a set"),
    ("tcp dport 22 limit rate over 10/second accept", "beyond a rate"),
    ("tcp dport 22 limit rate 10/second drop", "only up to a rate"),
    ("udp dport 53 limit rate 10/second accept; udp dport 53 accept", "packets beyond the rate"),
    ("udp dport 53 limit rate 10/day accept", "rates by second"),
    ("ip saddr @timed accept", "timeout"),
    ("notrack", "notrack"),
    ("ct state != new accept", "ct state invalid: edgexdp accepts segments by"),
    ("ct state != new drop; icmpv6 type 135 accept", "ct state untracked: this drops neighbour discovery"),
    ("ct state untracked,invalid accept", "ct state invalid: edgexdp accepts segments by"),
    ("ip saddr . tcp dport @ending2 accept", "some elements of set ending2 have a timeout"),
    ("ip saddr vmap @ending3", "some elements of set ending3 have a timeout"),
    ("ip saddr @default-timeout accept", "some elements of set default-timeout have a timeout"),
    ("ip saddr @rated accept", "@rated: its elements have a limit each"),
    ("ip saddr @full accept", "@full: its elements have a quota each"),
    ("ip saddr . tcp dport { 192.0.2.1 . 22, 198.51.100.7 . 80, 203.0.113.5 . 443 } limit rate 10/second accept",
     "its rate counts together what several rules of edgexdp would accept"),
    ('limit name ip saddr map { 192.0.2.1 : "some" } accept', "limit name of a map"),
    ('quota name "some-quota" accept', "quota"),
    ("ip6 nexthdr hopopt accept", "ip6 nexthdr of an extension header"),
    ("ip6 nexthdr { tcp, 44 } accept", "ip6 nexthdr of an extension header"),
    ("meta protocol vlan accept", "8021q: edgexdp has no such value here"),
    ("ct state != established,related drop", "edgexdp has no such value here"),
    ("limit rate 5/second limit rate 10/minute tcp dport 22 accept", "there is more than one"),
    ("limit rate 5/second tcp dport 22 accept", "a match behind a limit"),
    ("quota 5 mbytes accept", "quota"), ("synproxy mss 1460", "synproxy"), ("delete @dyn { ip saddr } accept", "delete @dyn"),
    ("ip saddr & 0.0.0.255 == 0.0.0.1 accept", "bits of this field"),
)

# The rest of what nft(8) can match, by the name under which it is refused.
NFT_FIELDS = (
    ("ip checksum 5", "ip checksum"), ("ip frag-off 0", "where a fragment begins"),
    ("icmp sequence 5", "icmp sequence"), ("icmp checksum 5", "icmp checksum"), ("icmp mtu 576", "icmp mtu"),
    ("icmp gateway 5", "icmp gateway"), ("igmp type membership-query", "igmp type"), ("igmp mrt 5", "igmp mrt"),
    ("igmp checksum 5", "igmp checksum"), ("ip6 version 6", "ip6 version"), ("ip6 ecn ce", "ip6 ecn"),
    ("icmpv6 id 5", "icmpv6 id"), ("icmpv6 sequence 5", "icmpv6 sequence"),
    ("icmpv6 max-delay 5", "icmpv6 max-delay"), ("icmpv6 checksum 5", "icmpv6 checksum"),
    ("tcp ackseq 5", "tcp ackseq"), ("tcp doff 5", "tcp doff"), ("tcp checksum 5", "tcp checksum"),
    ("tcp urgptr 5", "tcp urgptr"), ("udp checksum 5", "udp checksum"), ("udplite checksum 5", "udplite checksum"),
    ("udplite csumcov 5", "udplite csumcov"), ("sctp vtag 5", "sctp vtag"), ("sctp checksum 5", "sctp checksum"),
    ("sctp chunk data exists", "sctp chunk"), ("dccp sport 5", "dccp sport"), ("dccp type request", "dccp type"),
    ("ah nexthdr 5", "ah nexthdr"), ("ah hdrlength 5", "ah hdrlength"), ("ah reserved 5", "ah reserved"),
    ("ah sequence 5", "ah sequence"), ("esp sequence 5", "esp sequence"), ("comp nexthdr 5", "comp nexthdr"),
    ("comp flags 5", "comp flags"), ("comp cpi 5", "comp cpi"), ("hbh nexthdr 5", "exthdr hbh nexthdr"),
    ("hbh hdrlength 5", "exthdr hbh hdrlength"), ("frag nexthdr 5", "frag nexthdr"),
    ("frag reserved 5", "frag reserved"), ("frag more-fragments 1", "frag more-fragments"), ("frag id 5", "frag id"),
    ("frag frag-off 5", "where a fragment begins"), ("rt nexthdr 5", "exthdr rt nexthdr"),
    ("rt hdrlength 5", "exthdr rt hdrlength"), ("rt seg-left 5", "exthdr rt seg-left"),
    ("dst nexthdr 5", "exthdr dst nexthdr"), ("dst hdrlength 5", "exthdr dst hdrlength"),
    ("mh nexthdr 5", "exthdr mh nexthdr"), ("mh type 5", "exthdr mh type"), ("mh checksum 5", "exthdr mh checksum"),
    ("srh flags 5", "exthdr srh flags"), ("srh tag 5", "exthdr srh tag"), ("srh sid[1] ::1", "exthdr srh sid[1]"),
    ("tcp option eol exists", "tcp option"), ("tcp option nop exists", "tcp option"),
    ("tcp option maxseg exists", "tcp option"), ("tcp option window count 5", "tcp option"),
    ("tcp option sack-perm exists", "tcp option"), ("tcp option sack left 5", "tcp option"),
    ("tcp option timestamp tsval 5", "tcp option"), ("tcp option fastopen exists", "tcp option"),
    ("tcp option md5sig exists", "tcp option"), ("tcp option mptcp subtype 1", "tcp option"),
    ("ip option rr exists", "ip option"), ("meta random 1", "meta random"), ("meta secpath exists", "meta ipsec"),
    ('meta sdifname "eth0"', 'meta sdifname'), ('meta iifkind "vrf"', 'meta iifkind'),
    ('meta oifkind "vrf"', 'meta oifkind'), ("meta oifgroup 1", "meta oifgroup"),
    ("meta oiftype ether", "meta oiftype"), ("socket mark 1", "socket mark"),
    ("socket wildcard 1", "socket wildcard"), ('osf name "Linux"', 'osf'), ("rt classid 1", "rt classid"),
    ("rt ip nexthop 192.0.2.1", "rt nexthop"), ("rt ip6 nexthop ::1", "rt nexthop"), ("rt ipsec exists", "rt ipsec"),
    ("ipsec in reqid 1", "ipsec"), ("ipsec in ip saddr 192.0.2.1", "ipsec"), ("ipsec in spi 5", "ipsec"),
    ("fib daddr type anycast", "anycast"), ("fib daddr type blackhole", "blackhole"),
    ("fib daddr type unreachable", "unreachable"), ("fib daddr type prohibit", "prohibit"),
    ('fib daddr oifname "eth0"', 'fib oifname'), ("fib daddr . mark type local", "fib type"),
    ("fib daddr . iif type local", "fib type"), ("symhash mod 2 0", "symhash"), ("numgen inc mod 2 0", "numgen"),
    ("ct label 5", "ct label"), ("ct id 5", "ct id"), ("ct zone 5", "ct zone"), ("ct l3proto ipv4", "ct l3proto"),
    ("ct protocol tcp", "ct protocol"), ("ct avgpkt > 5", "ct avgpkt"), ("ct reply packets > 5", "ct direction"),
    ("@ll,0,8 5", "@ll,0,8"), ("@ih,0,8 5", "@ih,0,8"), ("@th,16,16 22", "th:"),
    ("ether daddr 00:11:22:33:44:55", "ether daddr"), ("ether type arp", "arp"), ("vlan type ip", "8021q"),
    ("vlan pcp 5", "vlan pcp"), ("vlan dei 1", "vlan dei"), ("ip dscp & 1 == 1", ">>"),
)

# Rules that cannot be said, as nft itself lists them.
WORDS = (
    'iifname { "eth0", "eth1" } tcp flags syn / syn,ack meta mark 1 accept',
    'iifname "eth*" tcp flags != syn / fin,syn meta mark 1 accept',
    "ip saddr @dyn tcp dport 22 update @dyn { ip saddr limit rate over 5/minute burst 3 packets } drop",
    'tcp dport 3 log prefix "hi there" meta mark 1 reject with tcp reset',
    "meta mark 1 reject with icmpx admin-prohibited",
    "fib saddr . iif oif missing drop",
    "meta mark 1 fib daddr . iif type != { local, broadcast } drop",
    "meta mark 1 ip saddr vmap { 10.0.0.0/8 : accept, 192.0.2.1 : drop }",
    "tcp dport 4 ct count over 10 drop",
    "quota over 25 mbytes drop",
    "ct original ip saddr 192.0.2.1 accept",
    "exthdr hbh exists drop",
    "tcp option maxseg size 1-500 drop",
    "numgen random mod 10 < 3 drop",
    "jhash ip saddr mod 2 0 drop",
    'meta day "Monday" meta hour "08:00"-"17:00" accept',
    "ipsec in reqid 1 accept",
    "meta mark 1 ip saddr . tcp dport { 192.0.2.1 . 22 } accept",
    "meta mark 1 limit rate 10 mbytes/second burst 9000 bytes accept",
    "ct status snat,dnat accept",
    "meta mark 1 ip dscp set cs1",
)

# Rules of iptables, behind one that accepts established connections, and what they become.
IPTABLES_CARRIED = (
    ("-p tcp -m tcp --dport 22 -j ACCEPT", ["accept in ipv4 tcp > :22"]),
    ("-p tcp -m tcp ! --dport 22 -j ACCEPT", ["accept in ipv4 tcp > :0-21, 23-65535"]),
    ("-p tcp -m tcp --sport 1024: --dport :99 -j ACCEPT", ["accept in ipv4 tcp :1024-65535 > :0-99"]),
    ("-p udp -m multiport --dports 53,123,5000:5010 -j ACCEPT", ["accept in ipv4 udp > :53, 123, 5000-5010"]),
    ("-p udp -m multiport --ports 53 -j ACCEPT", ["accept in ipv4 udp :53 >", "accept in ipv4 udp > :53"]),
    ("! -p tcp -j DROP", None),
    ("-s 192.0.2.0/24 -d 198.51.100.10/32 -j ACCEPT", ["accept in 192.0.2.0/24 > 198.51.100.10"]),
    ("! -s 192.0.2.0/255.255.255.0 -j DROP", ["drop in ipv4 any but 192.0.2.0/24 >"]),
    ("-m iprange --src-range 192.0.2.1-192.0.2.9 -j ACCEPT", ["accept in 192.0.2.1-192.0.2.9 >"]),
    ("-p icmp -m icmp --icmp-type 8 -j ACCEPT", ["accept in icmp echo-request"]),
    ("-p icmp -m icmp --icmp-type 3/4 -j ACCEPT", ["accept in icmp destination-unreachable/4"]),
    ("-p icmp -m icmp --icmp-type any -j ACCEPT", ["accept in icmp"]),
    ("-p 47 -j ACCEPT", ["accept in ipv4 gre"]),
    ("-p tcp -m tcp --tcp-flags FIN,SYN FIN,SYN -j DROP", ["drop in ipv4 tcp tcp-flags syn+fin"]),
    ("-p tcp -m tcp --dport 22 --syn -j ACCEPT", ["accept in ipv4 tcp > :22"]),
    ("-p tcp -m state --state NEW -m tcp --dport 22 -j ACCEPT", ["accept in ipv4 tcp > :22"]),
    ("-p tcp -m conntrack --ctstate NEW,ESTABLISHED -m tcp --dport 22 -j ACCEPT", ["accept in ipv4 tcp > :22"]),
    ("-m length --length 1000:1500 -j ACCEPT", ["accept in ipv4 length 1000-1500"]),
    ("-m ttl --ttl-eq 255 -j ACCEPT", ["accept in ipv4 ttl 255"]),
    ("-m ttl --ttl-lt 5 -j DROP", ["drop in ipv4 ttl 0-4"]),
    ("-m dscp --dscp 0x2e -j ACCEPT", ["accept in ipv4 dscp ef"]),
    ("-m dscp --dscp-class AF11 -j ACCEPT", ["accept in ipv4 dscp af11"]),
    ("-m addrtype --dst-type BROADCAST -j DROP", ["drop in ipv4 > broadcast"]),
    ("-m addrtype --dst-type LOCAL -p udp -m udp --dport 9 -j ACCEPT",
     ["accept in ipv4 udp > any but broadcast, multicast:9"]),
    ("-p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -m limit --limit 10/min --limit-burst 7 -j ACCEPT",
     ["accept in ipv4 tcp > :22 limit 10 new/minute burst 7"]),
    ("-p tcp -m tcp --dport 22 -m hashlimit --hashlimit-upto 3/min --hashlimit-burst 5 --hashlimit-mode srcip "
     "--hashlimit-name ssh -j ACCEPT", ["accept in ipv4 tcp > :22 limit 3 new/minute per source"]),
    ("-p tcp -m tcp --dport 22 -m hashlimit --hashlimit-above 3/min --hashlimit-mode srcip --hashlimit-srcmask 24 "
     "--hashlimit-name ssh -j DROP\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT",
     ["accept in ipv4 tcp > :22 limit 3 new/minute per source/24"]),
    ("-p tcp -m tcp --dport 25 -j REJECT", ["reject with port-unreachable in ipv4 tcp > :25"]),
    ("-p tcp -m tcp --dport 25 -j REJECT --reject-with tcp-reset", ["reject with tcp-reset in ipv4 tcp > :25"]),
    ("-j LOG --log-prefix \"lost: \"\n-A INPUT -j DROP", ["drop in ipv4 log"]),
    ("-p tcp -j other\n-A other -m tcp --dport 80 -j ACCEPT\n-A other -j RETURN", ["accept in ipv4 tcp > :80"]),
    ("-p tcp -g other\n-A other -m tcp --dport 80 -j ACCEPT\n-A INPUT -j ACCEPT",
     ["accept in ipv4 tcp > :80", "drop in ipv4 tcp", "accept in ipv4"]),
    ("-s 192.0.2.0/24 -j other\n-A other -s 192.0.2.7/32 -j RETURN\n-A other -j DROP\n-A INPUT -p udp -j ACCEPT",
     ["drop in 192.0.2.0-192.0.2.6, 192.0.2.8-192.0.2.255 >", "accept in ipv4 udp"]),
    ("-p tcp -m tcp --dport 22 -m comment --comment \"from \\\"anywhere\\\"\" -j ACCEPT", ["accept in ipv4 tcp > :22"]),
    ("-p tcp -m conntrack --ctproto 6 -j ACCEPT", ["accept in ipv4 tcp"]),
    ("-p icmp -m icmp --icmp-type 255 -j ACCEPT", ["accept in icmp"]),
    ("-p icmp -m icmp ! --icmp-type any -j ACCEPT", []),
    ("-4 -p tcp -m tcp --dport 22 -j ACCEPT\n-A INPUT -6 -p udp -j ACCEPT", ["accept in ipv4 tcp > :22"]),
    ("-j other\n-A other -o eth0 -p tcp -j ACCEPT\n-A other ! -o eth0 -p udp -j ACCEPT", ["accept in ipv4 udp"]),
    ("-p sctp -m sctp --dport 5 -j ACCEPT", ["accept in ipv4 sctp > :5"]),
    ("-m length ! --length 5 -j ACCEPT", ["accept in ipv4 length 0-4, 6-65535"]),
    ("-m conntrack --ctstate RELATED,ESTABLISHED,UNTRACKED -j ACCEPT\n-A INPUT -p udp -m udp --dport 9 -j ACCEPT",
     ["accept in ipv4 udp > :9"]),
    ("-m conntrack --ctstate UNTRACKED -j ACCEPT\n-A INPUT -p udp -m udp --dport 9 -j ACCEPT", ["accept in ipv4 udp > :9"]),
) + tuple((f"-j {target}", []) for target in (
    "CONNMARK --set-xmark 0x1/0xffffffff", "CLASSIFY --set-class 1:1", "DSCP --set-dscp 0x10", "ECN --ecn-tcp-remove", "CT --zone 5",
    "CT --helper ftp", "TRACE", "AUDIT --type accept", "IDLETIMER --timeout 5 --label x", "LED --led-trigger-id x",
    "TCPMSS --clamp-mss-to-pmtu", "TCPOPTSTRIP --strip-options 5", "SECMARK --selctx x", "CONNSECMARK --save", "HMARK --hmark-offset 5",
    "RATEEST --rateest-name x", "CHECKSUM --checksum-fill", "TOS --set-tos 5", "TTL --ttl-set 5", "HL --hl-set 5",
    "NFLOG --nflog-group 5")) + (
    ("-p tcp -m tcp --dport 22 -j MARK --set-mark 1", []),
)

IPTABLES_REFUSED = tuple((f"-m {name} -j ACCEPT", f"-m {name}") for name in """
    ah bpf cgroup cluster connbytes connlabel connlimit connmark cpu dccp devgroup ecn esp helper ipvs mac mark nfacct
    osf owner geoip unheard ipcomp l2tp srh physdev pkttype policy quota rateest realm recent rpfilter set socket statistic string tcpmss time tos u32
    udplite dst eui64 frag hbh ipv6header mh rt""".split()) + (
        ("-p tcp -m tcp --dport 22 -j ACCEPT --tcp-option 5", "--tcp-option of -m tcp"),
        ("-p tcp -m limit --limit 5/sec -m tcp --dport 22 -j ACCEPT", "a match behind a limit"),
        ("-p tcp -m tcp --dport 22 -m limit --limit 5/sec -m hashlimit --hashlimit-upto 3/min --hashlimit-mode srcip "
         "--hashlimit-name s -j ACCEPT", "there is more than one"),
        ("-m limit -j ACCEPT", "a rate of packets that open conversations"),
        ("-p tcp -m multiport --ports 53 -m limit --limit 5/sec -j ACCEPT", "its rate counts together"),
        ("-p tcp -m tcp --tcp-option 5 -j DROP", "--tcp-option"),
        ("-p tcp -m unheard --of 5 -j DROP", "-m unheard: edgexdp has nothing for this match"),
        ("-p tcp -m conntrack --ctstate DNAT -j ACCEPT", "state DNAT"),
        ("-m addrtype --dst-type ANYCAST -j DROP", "addrtype ANYCAST"),
        ("-p tcp -m hashlimit --hashlimit-upto 3/min --hashlimit-mode srcip,dstport --hashlimit-name s -j ACCEPT",
         "--hashlimit-mode srcip,dstport"),
        ("-p tcp -m hashlimit --hashlimit-upto 512kb/s --hashlimit-name s -j ACCEPT", "512kb/s"),
        ("-j NFQUEUE --queue-num 0", "-j NFQUEUE"),
        ("-j SET --add-set bad src", "-j SET"),
        ("-j SYNPROXY", "-j SYNPROXY"),
        ("-j TARPIT", "-j TARPIT"),
        ("-j TEE --gateway 192.0.2.1", "-j TEE"),
        ("-j CT --notrack", "CT"),
        ("-j UNHEARD", "-j UNHEARD"),
        ("-j QUEUE", "-j QUEUE"), ("-j NOTRACK", "NOTRACK"), ("-j CLUSTERIP --new", "-j CLUSTERIP"),
        ("-m addrtype --dst-type LOCAL --limit-iface-in -j ACCEPT", "--limit-iface-in of -m addrtype"),
        ("-p sctp -m sctp --chunk-types any DATA -j ACCEPT", "--chunk-types of -m sctp"),
        ("-m conntrack ! --ctstate NEW -j ACCEPT", "ct state invalid"),
        ("-p tcp -m hashlimit --hashlimit-upto 3/min --hashlimit-rate-match --hashlimit-name s -j ACCEPT",
         "--hashlimit-rate-match of -m hashlimit"),
) + tuple((f"-m conntrack {option} -j ACCEPT", f"{option.split()[0]} of -m conntrack") for option in (
    "--ctorigsrc 192.0.2.1", "--ctorigdst 192.0.2.1", "--ctreplsrc 192.0.2.1", "--ctrepldst 192.0.2.1", "--ctorigsrcport 22",
    "--ctorigdstport 22", "--ctreplsrcport 22", "--ctrepldstport 22", "--ctstatus ASSURED", "--ctexpire 5", "--ctdir ORIGINAL"))


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


class Constructs(unittest.TestCase):
    def carried(self, done, lines, families=("ipv4", "ipv6")):
        """The lines of what comes in."""
        found = [line for line in importing.rules(done.stdout) if " in" in line.split(" > ")[0]]
        if families == ("ipv4",) and "accept in ipv6" in found:
            self.assertEqual(found.pop(), "accept in ipv6")
        if lines is not None and lines and lines[0].startswith("drop in icmp echo-reply, 1"):
            found = [line[:len(lines[0])] for line in found]
        if lines is not None:
            self.assertEqual(found, lines, done.stderr)
        checked = importing.check(done.stdout)
        self.assertEqual(checked.returncode, 0, checked.stderr)

    def test_nftables_carries(self):
        for rule, lines in NFT_CARRIED:
            with self.subTest(rule):
                done = importing.take("nftables", nft(rule, policy="accept" if "drop" in rule or "reject" in rule else "drop"))
                errors = [line for line in done.stderr.splitlines() if "error:" in line and "replies" not in line]
                self.assertEqual(errors, [])
                self.carried(done, lines)

    def test_nftables_carries_after_established(self):
        for rule, lines in NFT_AFTER_ESTABLISHED:
            with self.subTest(rule):
                done = importing.take("nftables", nft(rule, ESTABLISHED))
                self.assertEqual(done.returncode, 0, done.stderr)
                self.carried(done, lines)

    def test_nftables_refuses(self):
        for rule, words in NFT_REFUSED:
            with self.subTest(rule):
                done = importing.take("nftables", nft(rule, ESTABLISHED))
                self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                self.assertIn(words, done.stderr)
                self.assertIn(":6:1: error: ", done.stderr)
                if "have a timeout" not in words and "@timed" not in rule:
                    self.assertIn("# not imported, line 6: ", done.stdout)
                self.assertEqual(importing.check(done.stdout).returncode, 0)

    def test_nftables_refuses_each_field(self):
        for rule, words in NFT_FIELDS:
            with self.subTest(rule):
                done = importing.take("nftables", nft(f"{rule} accept", ESTABLISHED))
                self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                self.assertRegex(done.stderr, rf"accept\" is not imported: {importing.re.escape(words)}")
                self.assertIn("# not imported, line 6: ", done.stdout)

    def test_other_rejections_are_told(self):
        for kind, text in (("nftables", nft("reject with icmpx type host-unreachable", ESTABLISHED, "accept")),
                           ("nftables", nft("reject with icmpv6 type no-route", ESTABLISHED, "accept")),
                           ("iptables", iptables("-j REJECT --reject-with icmp-net-unreachable", "ACCEPT"))):
            done = importing.take(kind, text)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, "reject.with [a-z-]+: edgexdp has tcp-reset, port-unreachable and admin-prohibited")
            self.assertIn("reject with admin-prohibited in", done.stdout)

    def test_strict_writes_nothing(self):
        done = importing.take("nftables", nft("meta mark 1 accept", ESTABLISHED), options=["--strict"])
        self.assertEqual((done.returncode, done.stdout), (1, ""))

    def test_iptables_carries(self):
        for rules, lines in IPTABLES_CARRIED:
            with self.subTest(rules):
                policy = "ACCEPT" if "ACCEPT" not in rules else "DROP"
                done = importing.take("iptables", iptables(rules, policy))
                self.assertEqual(done.returncode, 0, done.stderr)
                self.carried(done, lines, ("ipv4",))

    def test_iptables_refuses(self):
        for rules, words in IPTABLES_REFUSED:
            with self.subTest(rules):
                done = importing.take("iptables", iptables(rules))
                self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                self.assertIn(words, done.stderr)
                self.assertIn(":8:1: error: ", done.stderr)
                self.assertIn("# not imported, line 8: ", done.stdout)
                self.assertEqual(importing.check(done.stdout).returncode, 0)


class Wholes(unittest.TestCase):
    """What rulesets say as a whole."""

    def settings(self, text, section):
        done = importing.take("nftables", text)
        self.assertEqual(done.returncode, 0, done.stderr)
        return importing.settings(done.stdout, section)

    def test_states(self):
        plain = self.settings(nft("tcp dport 22 accept", ESTABLISHED), "baseline")
        self.assertEqual((plain.get("tcp-flags"), plain.get("tcp-state")), ("accept", None))
        strict = self.settings(nft("ct state invalid drop; tcp dport 22 accept", ESTABLISHED), "baseline")
        self.assertEqual((strict.get("tcp-flags"), strict.get("tcp-state")), (None, "socket"))

    def test_errors(self):
        text = nft("tcp dport 22 accept", "ct state established accept")
        self.assertEqual(self.settings(text, "baseline").get("icmp-errors"), "drop")
        self.assertNotIn("icmp-errors", self.settings(nft("tcp dport 22 accept", ESTABLISHED), "baseline"))

    def test_neighbours(self):
        known = nft("icmpv6 type { 130, 131, 132, 133, 134, 135, 136, 137, 143 } accept", ESTABLISHED)
        self.assertNotIn("neighbour-discovery", self.settings(known, "baseline"))
        self.assertEqual(self.settings(nft("udp dport 9 accept", ESTABLISHED), "baseline")["neighbour-discovery"], "drop")

    def test_replies_that_are_not_accepted(self):
        done = importing.take("nftables", nft("tcp dport 22 accept"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("no rule accepts established connections", done.stderr)

    def test_a_drop_before_established(self):
        done = importing.take("nftables", nft(ESTABLISHED, "ip saddr 192.0.2.1 drop"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("\"ip saddr 192.0.2.1 drop\" drops replies too", done.stderr)
        done = importing.take("nftables", nft(ESTABLISHED, "ip saddr 192.0.2.1 tcp dport 22 drop"))
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_named_sets(self):
        text = nft("ip saddr @trusted tcp dport @services accept", ESTABLISHED).replace(
            "chain input", "set trusted { type ipv4_addr; flags interval; elements = { 192.0.2.0/24, 198.51.100.7 } }\n"
            "set services { type inet_service; elements = { 22, 80 } }\nchain input")
        done = importing.take("nftables", text)
        self.assertEqual(importing.settings(done.stdout, "sets"), {"trusted": "192.0.2.0/24, 198.51.100.7"})
        self.assertEqual(importing.settings(done.stdout, "ports"), {"services": "22, 80"})
        self.assertIn("accept in tcp trusted > :services", importing.rules(done.stdout))

    def test_comments_are_notes(self):
        done = importing.take("nftables", nft('tcp dport 22 accept comment "from anywhere, for now"', ESTABLISHED))
        self.assertIn('from-anywhere-for-now = accept in tcp > :22 note "from anywhere, for now"', done.stdout)

    def test_zones(self):
        text = nft("iifname eth0 tcp dport 22 accept; iifname \"ppp*\" udp dport 53 accept", ESTABLISHED)
        done = importing.take("nftables", text)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(importing.settings(done.stdout, "interfaces"), {"eth0": "eth0", "ppp": "ppp*"})
        self.assertIn("accept in on eth0 tcp > :22", importing.rules(done.stdout))
        self.assertIn("accept in on ppp udp > :53", importing.rules(done.stdout))
        done = importing.take("nftables", text, options=["--interface", "ppp0"])
        self.assertEqual(importing.settings(done.stdout, "interfaces"), {})
        self.assertNotIn(":22", done.stdout)
        self.assertIn("accept in udp > :53", importing.rules(done.stdout))

    def test_both_families(self):
        v4 = iptables("-p tcp -m tcp --dport 22 -j ACCEPT")
        v6 = "# Generated by ip6tables-save\n" + v4.replace("22", "80")
        done = importing.take("iptables", v4, v6)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([line for line in importing.rules(done.stdout) if "tcp" in line],
                         ["accept in ipv4 tcp > :22", "accept in ipv6 tcp > :80"])
        self.assertIn("both files are of iptables", importing.take("iptables", v4, v4).stderr)

    def test_others(self):
        """What other programs put there is told apart."""
        text = iptables("-j f2b-sshd\n-A f2b-sshd -s 203.0.113.7/32 -j DROP").replace(":other", ":f2b-sshd - [0:0]\n:other")
        done = importing.take("iptables", text)
        self.assertIn("--without 'f2b-*' leaves them out", done.stderr)
        self.assertIn("203.0.113.7", done.stdout)
        done = importing.take("iptables", text, options=["--without", "f2b-*"])
        self.assertNotIn("f2b", done.stderr)
        self.assertNotIn("203.0.113.7", done.stdout)

    def translated(self, done, ruleset, lines, before, after):
        """Each rule of NAT is a complaint at its place: before all rules, or after."""
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(done.stderr.count("error: "), len(before) + len(after), done.stderr)
        for rule in (*before, *after):
            line = 1 + ruleset[:ruleset.index(rule)].count("\n")
            self.assertIn(f':{line}:1: error: "{rule}" is not imported: NAT is never imported', done.stderr)
        named = [f"# not imported, line {1 + ruleset[:ruleset.index(rule)].count(chr(10))}: {rule}\n"
                 "#   NAT is never imported: leave it to the filter that does it\n" for rule in (*before, *after)]
        inside = "".join(f".*= {line}\n" for line in lines)
        rest = "".join(named[:len(before)]) + "RULES" + "".join(named[len(before):])
        self.assertRegex(done.stdout, r"\[rules\]\n" + importing.re.escape(rest).replace("RULES", f"(.*forward.*\n)*{inside}(.*ipv6\n)?"))
        self.assertEqual(importing.check(done.stdout).returncode, 0)

    def test_translations_of_nftables(self):
        before = ('iifname "eth0" tcp dport { 80, 443 } dnat to 192.168.1.5', "tcp dport 2222 redirect to :22",
                  "meta mark 7 dnat to 192.168.1.6:80-90 random,persistent")
        after = ('oifname "eth0" masquerade', "ip saddr 192.168.1.0/24 snat to 198.51.100.10")
        nat = ("table ip nat {{\n\tchain pre {{\n\t\ttype nat hook prerouting priority dstnat; policy accept;\n\t\t{}\n\t}}\n"
               "\tchain post {{\n\t\ttype nat hook postrouting priority srcnat; policy accept;\n\t\t{}\n\t}}\n}}\n").format(
                   "\n\t\t".join(before).replace("mark 7 ", "mark 7 tcp dport 9 "), "\n\t\t".join(after))
        before = (*before[:2], before[2].replace("mark 7 ", "mark 7 tcp dport 9 "))
        ruleset = nft("tcp dport 22 accept", ESTABLISHED) + nat
        done = importing.take("nftables", ruleset)
        self.translated(done, ruleset, ["accept in tcp > :22"], before, after)
        self.assertEqual(importing.take("nftables", ruleset, options=["--without", "ip nat"]).returncode, 0)
        dropped = importing.take("nftables", ruleset.replace(after[0], "ip saddr 192.0.2.1 drop"))
        self.assertIn('"ip saddr 192.0.2.1 drop" is not imported: in a chain of NAT', dropped.stderr)

    def test_translations_of_iptables(self):
        before = tuple(f"-p tcp -m tcp --dport {80 + number} -j {target}" for number, target in enumerate((
            "DNAT --to-destination 192.168.1.5:80", "REDIRECT --to-ports 22", "DNAT --to-destination 192.168.1.6 --random")))
        after = ("-o eth0 -j MASQUERADE", "-s 192.168.1.0/24 -j SNAT --to-source 198.51.100.10",
                 "-s 192.168.1.0/24 -j NETMAP --to 198.51.100.0/24")
        ruleset = iptables("-p tcp -m tcp --dport 22 -j ACCEPT") + "*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n" + \
            "".join(f"-A PREROUTING {rule}\n" for rule in before) + "".join(f"-A POSTROUTING {rule}\n" for rule in after) + "COMMIT\n"
        self.translated(importing.take("iptables", ruleset), ruleset, ["accept in ipv4 tcp > :22"], before, after)

    def test_words(self):
        """A rule is told as nft itself would list it."""
        for rule in WORDS:
            with self.subTest(rule):
                done = importing.take("nftables", nft(rule, ESTABLISHED))
                self.assertIn(f'"{rule}" is not imported', done.stderr)

    def test_interfaces_that_are_not_known(self):
        """Where packets leave is not known where they come in, and those of this host came in nowhere."""
        text = nft("tcp dport 22 jump other", ESTABLISHED).replace("chain input", """chain other {
            oifname "eth1" accept
            iifname != "eth1" udp dport 9 accept
        }
        chain output {
            type filter hook output priority 0; policy drop;
            iifname "eth1" tcp dport 1 accept
            iifname != "eth1" tcp dport 2 accept
            ct state established accept
        }
        chain input""").replace("tcp dport 22 jump", "jump")
        done = importing.take("nftables", text)
        found = [line for line in importing.rules(done.stdout) if "forward" not in line]
        self.assertEqual(found, ["accept out tcp > :2"], done.stderr)

    def test_states_before_tracking(self):
        """Where connections are not tracked yet, every packet is invalid."""
        chain = """chain raw {{
            type filter hook prerouting priority {};
            ct state new udp dport 1 drop
            ct state invalid udp dport 2 drop
        }}
        chain input"""
        for priority, dropped in (("raw", ":2"), ("mangle", ":1")):
            done = importing.take("nftables", nft("udp dport 1-2 accept", ESTABLISHED).replace("chain input", chain.format(priority)))
            found = [line for line in importing.rules(done.stdout) if "drop in udp" in line]
            self.assertEqual(found, [f"drop in udp > {dropped}"], done.stderr)

    def test_dormant(self):
        text = nft("tcp dport 22 accept", ESTABLISHED)
        asleep = text.replace("table inet filter {", "table inet other {\n\tflags dormant;").replace("22 accept", "23 accept")
        done = importing.take("nftables", text + asleep)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("23", done.stdout)
        self.assertIn("table inet other is dormant: it judges nothing", done.stderr)
        self.assertIn("there is no chain in it that judges", importing.take("nftables", asleep).stderr)

    def test_devices(self):
        """nft 1.0.6 does not say at which interface a chain is."""
        text = nft("tcp dport 22 accept", ESTABLISHED) + \
            "table netdev t { chain c { type filter hook ingress device lo priority 0; policy drop; }; }\n"
        done = importing.take("nftables", text)
        if "does not say at which interface" not in done.stderr:
            self.assertEqual(done.returncode, 0, done.stderr)  # a newer one
        chain = {"family": "netdev", "table": "t", "name": "c", "type": "filter", "hook": "ingress", "prio": 0, "policy": "accept",
                 "dev": ["eth0", "eth1"]}
        rule = {"family": "netdev", "table": "t", "chain": "c", "expr": [
            {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 22}}, {"drop": None}]}
        other = dict(rule, expr=[{"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right": "eth2"}}, {"drop": None}])
        objects = {"nftables": [{"chain": chain}, {"rule": rule}, {"rule": other}]}
        done = importing.take("nftables", json.dumps(objects))
        self.assertIn("drop in on eth0, eth1 tcp > :22", importing.rules(done.stdout), done.stderr)
        del chain["dev"]
        self.assertIn("chain c of table netdev t is not imported", importing.take("nftables", json.dumps(objects)).stderr)

    def test_arp(self):
        text = nft("tcp dport 22 accept", ESTABLISHED) + "table arp t {\n chain c {\n  type filter hook input priority 0; policy drop;\n }\n}\n"
        done = importing.take("nftables", text)
        self.assertEqual(done.returncode, 1)
        self.assertIn("chain c of table arp t is not imported: edgexdp judges ARP as a whole", done.stderr)
        self.assertEqual(importing.take("nftables", text, options=["--without", "t"]).returncode, 0)

    def test_definitions(self):
        text = "define PORTS = { 22, 80 }\nflush ruleset\n" + nft("tcp dport $PORTS accept\n\t\tmeta mark 1 accept", ESTABLISHED)
        done = importing.take("nftables", text)
        self.assertIn("accept in tcp > :22, 80", importing.rules(done.stdout))
        self.assertIn(":9:1: error: \"meta mark 1 accept\"", done.stderr)

    def test_what_is_not_in_the_file(self):
        """Parts of a ruleset that the program which printed it could not print."""
        text = iptables("-p tcp -j ACCEPT")
        done = importing.take("iptables", "# Warning: iptables-legacy tables present, use iptables-legacy-save to see them\n" + text +
                              "# Table `mangle' is incompatible, use 'nft' tool.\n")
        self.assertIn(":1:1: error: other tables are in force besides", done.stderr)
        self.assertIn(":11:1: error: this table is not in the file", done.stderr)
        done = importing.take("nftables", nft("tcp dport 22 # xt_recent counter packets 0 bytes 0 drop", ESTABLISHED))
        self.assertIn(":6:1: error: this is a rule of iptables, of which nft writes a part as a comment", done.stderr)

    def test_shared_rates(self):
        """Rules of iptables that name the same table of rates count together."""
        rate = "-m hashlimit --hashlimit-upto 3/min --hashlimit-mode srcip --hashlimit-name s -j ACCEPT"
        done = importing.take("iptables", iptables(f"-p tcp -m tcp --dport 22 {rate}\n-A INPUT -p tcp -m tcp --dport 23 {rate}"))
        self.assertIn("--hashlimit-name s: several rules share it", done.stderr)
        chain = "-m limit --limit 5/sec -j ACCEPT"
        done = importing.take("iptables", iptables(f"-p tcp -m tcp --dport 22 -s 192.0.2.1/32 -j other\n-A other {chain}\n"
                                                   "-A INPUT -p tcp -m tcp --dport 80 -s 192.0.2.2/32 -j other"))
        self.assertEqual(done.stderr.count("its rate counts together"), 1, done.stderr)
        self.assertNotIn("limit", "".join(importing.rules(done.stdout)))

    def mangled(self, done, line, words, matters):
        self.assertEqual(done.returncode, int(matters), done.stderr)
        self.assertRegex(done.stderr, rf":{line}:1: {'error' if matters else 'note'}: \"{words}\": mangling is never imported")
        self.assertRegex(done.stdout, rf"# not imported, line {line}: {words}\n#   mangling is never imported")

    def test_mangling(self):
        """Each rule that changes packets is told; it is a complaint where other rules may see what it changed."""
        table = ("*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -s 192.0.2.1/32 -j {}\nCOMMIT\n")
        for target, rule, matters in (("DSCP --set-dscp 0x2e", "-m dscp --dscp 0x2e -j ACCEPT", True),
                                      ("DSCP --set-dscp 0x2e", "-p tcp -j ACCEPT", False),
                                      ("TTL --ttl-set 64", "-m ttl --ttl-eq 64 -j ACCEPT", True),
                                      ("MARK --set-xmark 0x1/0xffffffff", "-m ttl --ttl-eq 64 -j ACCEPT", False),
                                      ("TCPMSS --clamp-mss-to-pmtu", "-p tcp -j ACCEPT", False)):
            with self.subTest(target):
                self.mangled(importing.take("iptables", table.format(target) + iptables(rule)), 3,
                             importing.re.escape(f"-s 192.0.2.1/32 -j {target}"), matters)
        for statement, rule, matters in (("ip dscp set cs1", "ip dscp cs1 accept", True), ("ip ttl set 5", "tcp dport 1 accept", False),
                                         ("ip daddr set 192.0.2.1", "tcp dport 1 accept", True),
                                         ("tcp dport set 80", "tcp dport 1 accept", True), ("meta mark set 0x1", "tcp dport 1 accept", False)):
            with self.subTest(statement):
                done = importing.take("nftables", nft(rule, ESTABLISHED + f"\n\t\t{statement}"))
                self.assertIn("mangling is never imported", done.stdout)
                self.assertIn(f":6:1: {'error' if matters else 'note'}: ", done.stderr)
                self.assertEqual(done.returncode, int(matters), done.stderr)

    def test_json(self):
        rule = {"family": "ip", "table": "t", "chain": "c", "expr": [
            {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 22}},
            {"accept": None}]}
        chain = {"family": "ip", "table": "t", "name": "c", "type": "filter", "hook": "input", "prio": 0, "policy": "drop"}
        done = importing.take("nftables", json.dumps({"nftables": [{"chain": chain}, {"rule": rule}]}))
        self.assertIn("accept in ipv4 tcp > :22", importing.rules(done.stdout), done.stderr)
        for name, value in (("queue", {"num": 1}), ("synproxy", None), ("xt", None), ("unheard", 5)):
            odd = dict(rule, expr=[{name: value}])
            done = importing.take("nftables", json.dumps({"nftables": [{"chain": chain}, {"rule": odd}]}))
            self.assertIn(f"is not imported: {name}: ", done.stderr)
        rule["expr"][0]["match"]["left"] = {"payload": {"tunnel": "vxlan", "protocol": "tcp", "field": "dport"}}
        done = importing.take("nftables", json.dumps({"nftables": [{"chain": chain}, {"rule": rule}]}))
        self.assertIn('"vxlan tcp dport 22 accept" is not imported: vxlan tcp dport: ', done.stderr)
        rule["expr"][0]["match"]["left"] = {"meta": {"key": "mark"}}
        done = importing.take("nftables", json.dumps({"nftables": [{"chain": chain}, {"rule": rule}]}))
        self.assertIn("chain c of table ip t, rule 1: \"meta mark 22 accept\" is not imported", done.stderr)

    def test_lines_of_many_chains(self):
        text = "table ip a {\n chain x {\n  accept\n }\n}\n" + nft("tcp dport 22 accept\n\t\tmeta mark 1 accept", ESTABLISHED)
        self.assertIn(":12:1: error: ", importing.take("nftables", text).stderr)

    def test_nothing_to_import(self):
        for kind, text, words in (("nftables", "{}", "there is no list"), ("nftables", "{", "this is no JSON"),
                                  ("nftables", "table inet x { chain", "Error: syntax error"),
                                  ("nftables", '{"nftables": [{"metainfo": {}}]}', "there is no chain"),
                                  ("iptables", "", "there is no chain"), ("iptables", "-A INPUT -j DROP", "*filter"),
                                  ("iptables", "*filter\n-A INPUT -j DROP", "declares")):
            with self.subTest(text):
                done = importing.take(kind, text)
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertIn(words, done.stderr)

    def test_hostile(self):
        """Loops, depths and sheer numbers end in errors."""
        loop = iptables("-j other\n-A other -j other")
        self.assertIn("leads back to a chain", importing.take("iptables", loop).stderr)
        depth = iptables("-j c0").replace(":other", "".join(f":c{i} - [0:0]\n" for i in range(101)) + ":other")
        depth = depth.replace("COMMIT", "".join(f"-A c{i} -j c{i + 1}\n" for i in range(100)) + "COMMIT")
        self.assertIn("more than 64 deep", importing.take("iptables", depth).stderr)
        wide = iptables("-j c0").replace(":other", "".join(f":c{i} - [0:0]\n" for i in range(41)) + ":other")
        wide = wide.replace("COMMIT", "".join(f"-A c{i} -p tcp --dport {j} -j c{i + 1}\n" for i in range(40)
                                              for j in ("0:9", "5:20")) + "-A c40 -j ACCEPT\nCOMMIT")
        done = importing.take("iptables", wide)
        self.assertEqual((done.returncode, done.stdout), (1, ""))


if __name__ == "__main__":
    importing.need_nft()
    unittest.main(verbosity=2)
