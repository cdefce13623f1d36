# SPDX-License-Identifier: GPL-2.0-or-later
"""SYNs from forged sources to a port where somebody listens: what they cost where SYN cookies answer them, from the packet
path, from the stack, and from nftables' synproxy."""

import functools
import re

import cases
import strays
from cases import SPOOFED, Traffic
from policies import HERE

SYN = Traffic("computed, syn", f"in tcp 64.0.0.0:1024 > {HERE}:{strays.PORT} syn", (*SPOOFED, "--whole"))
NAME = "forged SYN, to an open port"
LIMIT = 2.5  # times the empty program
POLICY = ("[policy]\nname = floods\n[rules]\n"
          f"web = accept in tcp > self:{strays.PORT}  protect syn-cookies\n")
SYNPROXY = """table ip proxied {
    chain early {
        type filter hook prerouting priority raw;
        iifname "INSIDE" tcp dport PORT tcp flags & (fin|syn|rst|ack) == syn notrack
    }
    chain local {
        type filter hook input priority filter;
        iifname "INSIDE" tcp dport PORT ct state invalid,untracked synproxy mss 1460 wscale 7 timestamp sack-perm
    }
}
"""


def _host(stand):
    """It answers every SYN with a cookie, and knows the way back to all of them."""
    lane = strays.host(stand)
    lane.namespace.run("sysctl", "-qw", "net.ipv4.tcp_syncookies=2")
    lane.namespace.run("ip", "route", "add", "default", "dev", lane.inside)
    lane.namespace.run("sysctl", "-qw", f"net.ipv4.conf.{lane.inside}.rp_filter=0", "net.ipv4.conf.all.rp_filter=0")
    return lane


def _listened(lane, name):
    """What the stack counts as NAME."""
    return int(re.search(rf"{name}\s+(\d+)", lane.namespace.run("nstat", "-asz", name))[1])


def add(stand):
    lane = _host(stand)
    lane.guard(stand.file("floods.ini", POLICY))
    stand.add("edgexdp", NAME, lane, SYN, limit=LIMIT, counted=cases.counted(lane, "syn-cookie"))


def add_stack(stand):
    lane = _host(stand)
    lane.gro()
    stand.add("the stack's cookies", NAME, lane, SYN,
              counted=functools.partial(_listened, lane, "TcpExtSyncookiesSent"))


def _proxied(lane):
    shown = lane.namespace.run("cat", "/proc/net/stat/synproxy").splitlines()[1:]
    return sum(int(line.split()[1], 16) for line in shown)


def add_synproxy(stand):
    lane = _host(stand)
    lane.gro()
    lane.namespace.run("sysctl", "-qw", "net.netfilter.nf_conntrack_tcp_loose=0")
    lane.namespace.run("nft", "-f", stand.file(f"{lane.inside}.nft", SYNPROXY.replace("INSIDE", lane.inside).replace("PORT", str(strays.PORT))))
    stand.add("nftables synproxy", NAME, lane, SYN, counted=functools.partial(_proxied, lane))
