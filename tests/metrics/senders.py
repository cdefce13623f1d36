# SPDX-License-Identifier: GPL-2.0-or-later
"""Who sends most: what the exporter tells of samples, and how the page sets the banned apart."""

import json
import socket

import counted
import scrape
import stand as stands
import tap
from sandbox import Failure, until
from stand import HERE, THERE

OTHERS = ["203.0.113.70", "2001:db8:9::70"]


def told(kind="sources"):
    return json.loads(scrape.ask("/sources.json")[2])[0][kind]


def send(stand, source, port, count):
    with stands.entered(stand.there):
        family = socket.AF_INET6 if ":" in source else socket.AF_INET
        sender = socket.socket(family, socket.SOCK_DGRAM)
    with sender:
        sender.bind((source, 0))
        for _ in range(count):
            sender.sendto(b"x" * 100, (HERE[family == socket.AF_INET6], port))


def comes(what, text, wanted):
    """WHAT() will be WANTED."""
    try:
        until(lambda: what() == wanted, text, 20)
        tap.check(True, text)
    except Failure:
        tap.check(False, text, (what(), wanted, scrape.ask("/sources.json")))


def table(browser, kind):
    """Source, direction and last packet of each row on the page."""
    return browser.evaluate(f"[...document.querySelectorAll('.sources .{kind} tbody tr')].map("
                            "r => [0, 3, 4].map(i => r.cells[i].textContent))")


def apart(stand, browser):
    """Three sources of what is dropped, one of which grows, and one of what is accepted."""
    stand.there.address("peer", *OTHERS)
    before = {one["source"]: one["packets"] for one in told()}
    for other, count in ((THERE[0], 300), (OTHERS[0], 90), (OTHERS[1], 40)):
        send(stand, other, 9999, count)
    send(stand, OTHERS[0], counted.TALK, 70)
    send(stand, THERE[0], 4003, 3)  # added to its sum

    def dropped():
        return [(one["source"], one["packets"] - before.get(one["source"], 0)) for one in told()]
    comes(dropped, "each is told with all its packets", [(THERE[0], 303), (OTHERS[0], 90), (OTHERS[1], 40)])
    comes(lambda: table(browser, "dropped"), "the page shows who is dropped most, and by what",
          [[THERE[0], "in", "udp 4003 by never-in"], [OTHERS[0], "in", "udp 9999 by default"],
           [OTHERS[1], "in", "udp 9999 by default"]])
    first = told()[0]
    tap.check((first["rule"], first["reason"], first["protocol"], first["destination_port"], first["direction"]) ==
              ("never-in", None, "udp", 4003, "in") and first["bytes"] >= 303 * 140,
              "with what was sent last, and bytes", first)
    accepted = {one["source"]: one for one in told("accepted_sources")}.get(OTHERS[0], {})
    tap.check((accepted.get("packets"), accepted.get("rule")) == (70, "talk-in"),
              "what is accepted is told apart", told("accepted_sources"))
    shown = [row for row in table(browser, "accepted") if row[0] == OTHERS[0]]
    tap.check(shown == [[OTHERS[0], "in", "udp 4000 by talk-in"]], "and shown apart", shown)
    tap.check(browser.evaluate("document.querySelector('.banned').hidden"), "nobody is banned and sends")


def left(browser):
    """The last column of the banned that send to us. (This host may look for the neighbours among them.)"""
    return browser.evaluate("[...document.querySelectorAll('.sources .banned tbody tr')].map("
                            "r => [0, 3, 6].map(i => r.cells[i].textContent)).filter(row => row[1] === 'in')")


def banned(stand, browser):
    """A flood of the banned stands apart, with the time that is left, and hides nobody else."""
    stand.edgexdp("ban", "--for", "10m", stand.interface, OTHERS[0])
    stand.edgexdp("ban", stand.interface, "2001:db8:9::/120")
    send(stand, OTHERS[0], 9999, 500)
    send(stand, OTHERS[1], 9999, 200)
    comes(lambda: left(browser), "the banned are shown apart, with the time that is left",
          [[OTHERS[0], "in", "10 min"], [OTHERS[1], "in", "no end"]])
    comes(lambda: [row[0] for row in table(browser, "dropped")], "and the others as before", [THERE[0], *OTHERS])
    one, other = [one for one in told("banned_sources") if one["direction"] == "in"]
    tap.check((one["packets"], one["still_banned"], one["reason"]) == (500, True, "banned") and
              other["expires"] is None, "they are told apart", (one, other))
    said = {ban["address"]: ban["expires"] for ban in
            json.loads(stand.edgexdp("bans", "--json", stand.interface))}
    tap.check(one["expires"] == said[OTHERS[0]], "until when is what the command says", (one, said))
    stand.edgexdp("unban", stand.interface, OTHERS[0], "2001:db8:9::/120")
    comes(lambda: left(browser), "a ban that is over is said to be", [[OTHERS[0], "in", "over"], [OTHERS[1], "in", "over"]])
