#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The status page, as a browser shows it. EDGEXDP_SCREENSHOTS names a folder for pictures.

usage: page.py EDGEXDP SERVE"""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys

sys.dont_write_bytecode = True  # leave the source tree as it is

import stand as stands  # first: it sets the path to the others
import tap
from browser import PROGRAM, Browser
from sandbox import Failure, run, until
from stand import HERE, THERE, Exporter, policy, rule

import access
import counted
import lines
import narrow
import senders
import scrape

URL = f"http://127.0.0.1:{scrape.PORT}/"
IDLE = [rule(f"idle-{number}", "in", "tcp", 7000 + number) for number in range(5)]
# Possible names of a file and an interface; neither may have any effect.
EVIL_FILE, EVIL_NAME = "<img src=x onerror=alert(1)>.ini", "a\"<b>&'c"


def cell(name, column):
    """A script that returns the content of a cell in a row of the rules."""
    return (f"[...document.querySelectorAll('.rules tbody tr')].filter(r => r.cells[0].textContent "
            f"=== '{name}').map(r => r.cells[{column}].textContent)[0]")


def served():
    status, headers, text = scrape.ask("/")
    csp = headers.get("Content-Security-Policy", "")
    tap.check((status, headers["Content-Type"]) == (200, "text/html; charset=utf-8"), "/ is a page",
              headers)
    tap.check("default-src 'none'" in csp and "unsafe" not in csp and csp.count("'sha256-") == 2,
              "its policy names style and script by their hashes and allows nothing else", csp)
    tap.check(text.startswith("<!doctype html>") and text.endswith("</html>\n"), "it is whole", text)
    name = socket.gethostname()
    tap.check(f"<title>{name} · edgexdp</title>" in text, "its title names the host", text[:400])
    tap.check(scrape.ask("/", "HEAD")[::2] == (200, ""), "HEAD has no body")
    tap.check(scrape.ask("/", "POST")[0] == 405, "it cannot be posted to")


def moving(stand, browser):
    before = browser.until(cell("talk-in", 7), "the rules")
    stand.send(stand.there, counted.TALK, 25)
    browser.until(f"{cell('talk-in', 7)} === '{int(before) + 25}'", "the counter to move")
    tap.check(True, "a rule's counter is seen moving")
    first = browser.until(f"{cell('talk-in', 3)} !== '0' && "
                          "document.querySelector('.rules tbody tr').cells[0].textContent",
                          "a rate above 0")
    tap.check(first == "talk-in", "who moves is the first", first)
    drawn = browser.evaluate("document.querySelector('.rules tbody .stroke').getAttribute('d')")
    tap.check(drawn.count("L") > 1, "its line is drawn", drawn)
    idle = browser.evaluate("document.querySelector('.idle summary').textContent")
    tap.check(idle == f"{len(IDLE)} rules have matched nothing", "the others are folded", idle)
    drops = browser.evaluate("document.querySelector('.drops tbody').textContent")
    tap.check("default" in drops, "reasons to drop are there", drops)


def agreeing(stand, browser):
    """The page shows what the commands say."""
    stand.settle()
    wanted = {(r["name"], r["direction"]): f"{r['packets']:,}" for r in stand.stats()[0]["rules"]
              if r["packets"] + r["reply_packets"]}
    script = ("Object.fromEntries([...document.querySelectorAll('.rules tbody tr')].map(r => "
              "[r.cells[0].textContent + ' ' + r.cells[2].textContent, r.cells[7].textContent]))")
    keys = {f"{name} {way}": text for (name, way), text in wanted.items()}
    try:
        until(lambda: browser.evaluate(script) == keys, "the page to agree with stats")
    except Failure:
        tap.check(False, "every counter is that of stats", (browser.evaluate(script), keys))
        return
    tap.check(True, "every counter is that of stats")


def heard(stand):
    """Does anybody listen to packets?"""
    shown = json.loads(run("bpftool", "-j", "map", "dump", "pinned",
                           f"/sys/fs/bpf/edgexdp/{stand.interface}/listening"))
    return shown[0]["formatted"]["value"][".data.listening"][0]["listening"]["hears"]


def banned(stand, browser):
    """Bans are folded, and asked for only when unfolded."""
    def asked(path="/bans.json"):
        browser.evaluate("0")  # so that requests made meanwhile arrive, too
        return sum(url.endswith(path) for url in browser.requests())

    def unasked():
        """Does it ask only for the rest from now on? When asked for, bans come after the rest, but
        seldom."""
        bans, others = asked(), asked("/stats.json")
        until(lambda: asked("/stats.json") > others + 3, "it to go on")
        return asked() == bans

    fold = "document.querySelector('.bans')"
    tap.check(browser.evaluate(f"{fold}.hidden"), "without bans there is no list")
    stand.edgexdp("ban", stand.interface, "198.51.100.66")
    stand.edgexdp("ban", "--for", "10m", stand.interface, "2001:db8:bad::/48")
    browser.until(f"{fold}.innerText === '2 bans'", "the number of bans")
    tap.check(unasked() and not asked(), "while they are folded, it asks for none", browser.requests())
    browser.evaluate(f"{fold}.firstElementChild.click()")
    script = f"[...{fold}.querySelectorAll('tbody tr')].map(r => [...r.cells].map(c => c.textContent))"
    rows = browser.until(f"(rows => rows.length && rows)({script})", "the list")
    tap.check([(row[0], row[3]) for row in rows] ==
              [("2001:db8:bad::/48", "10 min"), ("198.51.100.66", "no end")] and
              all(row[1].startswith("20") for row in rows) and rows[0][2].startswith("20"),
              "unfolded, they are listed", rows)
    stand.edgexdp("unban", stand.interface, "198.51.100.66")
    browser.until(f"{script}.length === 1 && {fold}.innerText.startsWith('1 ban\\n')", "one to go")
    tap.check(asked() > 1, "it asks again while they are unfolded", asked())
    browser.evaluate(f"{fold}.firstElementChild.click()")
    tap.check(unasked(), "folded again, it asks for none", asked())
    stand.edgexdp("unban", stand.interface, "2001:db8:bad::/48")
    browser.until(f"{fold}.hidden", "no list without bans")
    tap.check(True, "the list goes with the last of them")


def deaf(stand, browser):
    """The kernel reports packets only while somebody looks at the page."""
    tap.check(heard(stand) != 0, "while the page is open, the kernel tells of packets")
    browser.open("data:text/html,nothing")
    for path in ("/", "/stats.json", "/status.json", "/metrics", "/healthz"):
        scrape.ask(path)
    until(lambda: heard(stand) == 0, "nobody to listen any more")
    tap.check(True, "and not much longer")


def busy(stand):
    """All places for listeners are taken; then one is free again."""
    def trouble():
        return json.loads(scrape.ask("/sources.json")[2])[0]["trouble"]

    command = [stand.program, "monitor", stand.interface]
    monitors = [subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL) for _ in range(8)]
    try:
        until(lambda: bin(heard(stand)).count("1") == 16, "eight monitors to listen")
        tap.check("8 processes listen" in str(trouble()), "where nobody more may listen, it says so",
                  trouble())
    finally:
        for monitor in monitors:
            monitor.terminate()
            monitor.wait()
    until(lambda: trouble() is None, "it to listen")
    tap.check(True, "and listens when somebody has ended")


def deadline(stand, browser, path):
    shown = "!document.querySelector('.deadline').hidden"
    left = ("document.querySelector('.deadline [role=timer]').textContent.split(':')"
            ".reduce((sum, part) => 60 * sum + Number(part), 0)")
    tap.check(not browser.evaluate(shown), "no deadline is shown where there is none")
    stand.edgexdp("reload", "--confirm", "5m", stand.interface, path)
    browser.until(shown, "the deadline")
    first = browser.evaluate(left)
    tap.check(200 < first <= 300, "the time that is left is shown", first)
    browser.until(f"{left} < {first - 2}", "it to count down")
    tap.check(True, "it counts down")
    text = browser.evaluate("document.querySelector('.deadline').innerText")
    tap.check(f"edgexdp confirm {stand.interface}" in text, "it says what to do", text)
    said = browser.evaluate("document.getElementById('news').textContent")
    tap.check("waits to be confirmed" in said, "who cannot see it is told", said)
    pictures(browser)
    stand.edgexdp("confirm", stand.interface)
    browser.until(f"!({shown})", "the deadline to go")
    tap.check(True, "confirmed, it is gone")


def pictures(browser):
    folder = os.environ.get("EDGEXDP_SCREENSHOTS") or browser.directory
    backgrounds = []
    for name, width, scheme in (("light", 1280, "light"), ("dark", 1280, "dark"),
                                ("phone", 390, "light")):
        browser.look(width, 844, scheme)
        path = pathlib.Path(folder, f"status-{name}.png")
        browser.screenshot(path)
        tap.check(path.stat().st_size > 10000, f"a picture: {name}", path.stat())
        backgrounds.append(browser.evaluate("getComputedStyle(document.body).backgroundColor"))
    tap.check(backgrounds[0] == backgrounds[2] != backgrounds[1], "light and dark differ", backgrounds)
    browser.look(1280, 900, "light")


def missing(stand, browser):
    pin = pathlib.Path("/sys/fs/bpf/edgexdp", stand.interface, "link_out")
    pin.rename(pin.with_name("away"))
    browser.until("document.querySelector('.notes').textContent.includes('way out is missing')",
                  "a missing program to be told")
    pin.with_name("away").rename(pin)
    browser.until("document.querySelector('.notes').textContent === ''", "the note to go")
    tap.check(True, "a program that is missing is told of")


def hostile(stand, browser):
    """A second interface, with names that are markup."""
    stand.cable(stand.here, EVIL_NAME, stand.there, "other")
    path = stand.directory / EVIL_FILE
    path.write_text(policy("odd", counted.COMMON[0], mode="audit"))
    stand.edgexdp("attach", EVIL_NAME, path)
    browser.until("document.querySelectorAll('.interface').length === 2", "two interfaces")
    # The page asks for the counters as soon as it knows the interface.
    browser.until("document.querySelectorAll('.interface .tile.drop').length === 4", "its counters")
    tap.check(browser.evaluate("document.querySelectorAll('#jump a').length") == 2,
              "there are links to both")
    text = browser.evaluate("document.getElementById('interfaces').innerText")
    tap.check(EVIL_NAME in text and EVIL_FILE in text, "names are shown as they are", text)
    tap.check(browser.evaluate("document.querySelectorAll('main img, main b').length") == 0,
              "and are no markup")
    tap.check("Audit: everything is judged" in text, "audit mode is told of", text)
    tap.check("would be dropped" in text, "and what is counted as dropped is not", text)


def leaving(stand, browser):
    stand.edgexdp("detach", EVIL_NAME)
    browser.until("document.querySelectorAll('.interface').length === 1", "the other to go")
    tap.check(browser.evaluate("document.getElementById('jump').hidden"),
              "an interface that is not guarded any more is gone from the page")


def absence(stand, browser):
    """If nobody answers, the page says so, and it goes on when somebody answers again."""
    state = "document.getElementById('state').textContent"
    browser.until(f"{state}.startsWith('no answer since')", "it to say that there is no answer")
    tap.check("cannot be reached" in browser.evaluate(state), "without the server it says so",
              browser.evaluate(state))
    tap.check(browser.evaluate("document.querySelectorAll('.rules tbody tr').length") > 2,
              "what was known stays")
    tap.check("No answer" in browser.evaluate("document.getElementById('news').textContent"),
              "who cannot see it is told")
    with Exporter(stand):
        browser.until(f"{state}.startsWith('as of')", "answers")
        tap.check(True, "and it goes on by itself")


def locked(browser):
    """What the page is not allowed to do, whoever asks it to."""
    browser.evaluate("(() => { const s = document.createElement('script'); s.textContent = "
                     "'window.smuggled = 1'; document.body.append(s); })()")
    tap.check(browser.evaluate("window.smuggled === undefined"), "a script from elsewhere does not run")
    refused = browser.evaluate("fetch('http://127.0.0.1:1/').then(() => '', error => error.name)")
    blocked = [one for one in browser.complaints() if "Content Security Policy" in str(one)]
    tap.check(refused == "TypeError" and len(blocked) >= 2, "it can ask no other server",
              browser.complaints())


def tests(stand, browser):
    path = stand.file(policy("sip-edge", *counted.COMMON, *IDLE))
    stand.edgexdp("attach", stand.interface, path)
    counted.traffic(stand)
    with Exporter(stand):
        served()
        tap.check(heard(stand) == 0, "nobody listens to packets unasked")
        browser.look(1280, 900, "light")
        browser.open(URL)
        moving(stand, browser)
        agreeing(stand, browser)
        senders.apart(stand, browser)
        senders.banned(stand, browser)
        banned(stand, browser)
        lines.kept(stand, browser, URL)
        deadline(stand, browser, path)
        missing(stand, browser)
        hostile(stand, browser)
        narrow.phone(browser)
        access.tables(browser)
        access.contrast(browser)
        access.keyboard(browser)
        leaving(stand, browser)
        tap.check(not browser.complaints(), "the console has nothing to complain of",
                  browser.complaints())
        tap.check(all(url.startswith((URL, "data:")) for url in browser.requests()),
                  "nobody else is asked for anything", set(browser.requests()))
    tap.check(heard(stand) == 0, "an exporter that is ended has told the kernel so")
    absence(stand, browser)
    locked(browser)
    with Exporter(stand):
        lines.drawn(stand, browser, URL)
        until(lambda: heard(stand), "the page to ask")
        deaf(stand, browser)
        busy(stand)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    if os.geteuid():
        tap.skip("not root")
    for name, program in (("chromium", PROGRAM), ("unshare", shutil.which("unshare"))):
        if not program:
            tap.skip(f"there is no {name}")
    try:
        stands.alone()
        with stands.Stand(*sys.argv[1:]) as stand, Browser(stand.directory) as browser:
            tests(stand, browser)
    except (Failure, OSError) as error:
        tap.check(False, "the test comes to its end", error)
        raise
    return tap.finish()


sys.exit(main())
