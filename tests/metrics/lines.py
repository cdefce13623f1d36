# SPDX-License-Identifier: GPL-2.0-or-later
"""The hour that the exporter remembers: what it tells, and how the page draws it."""

import datetime
import json
import time

import scrape
import tap
from sandbox import Failure, until

STEP = 10
CHART = "document.querySelectorAll('.tile')[1]"  # in, dropped
TOLD = f"{CHART}.querySelector('.told').textContent"
# Far from UTC, and not by whole hours.
ELSEWHERE = "Asia/Kathmandu"


def past():
    status, headers, text = scrape.ask("/history.json")
    if (status, headers["Content-Type"]) != (200, "application/json"):
        raise Failure(f"{status}, {headers}")
    return json.loads(text)


def kept(stand, browser, url, packets=70):
    """Each packet that is dropped is in a step; a page that is opened later has them too."""
    before = until(lambda: past()[0]["in"]["dropped"], "a first step to end")
    stand.send(stand.there, 9999, packets)

    def found():
        return round(STEP * sum(past()[0]["in"]["dropped"][len(before):]))
    try:
        until(lambda: abs(found() - packets) <= 2, "what was dropped to be remembered", 40)
        tap.check(True, "what was dropped is remembered")
    except Failure:
        tap.check(False, "what was dropped is remembered", (before, past()))
    one = past()[0]
    ways = [one[way][what] for way in ("in", "out") for what in ("accepted", "dropped")]
    since = datetime.datetime.fromisoformat(one["since"]).timestamp()
    end = since + STEP * len(ways[0])
    tap.check(one["interface"] == stand.interface and one["step_seconds"] == STEP and since % STEP == 0 and
              len({len(way) for way in ways}) == 1 and abs(end - time.time()) < 3 * STEP,
              "its steps begin at round times, and end now", one)
    most = max(one["in"]["dropped"])
    worst = datetime.datetime.fromtimestamp(since + STEP * one["in"]["dropped"].index(most), datetime.timezone.utc)
    browser.open(url)
    told = browser.until(f"{CHART} && {TOLD}", "the line of what was dropped")
    tap.check(told == f"at most {most:.{most < 9.95:d}f}/s at {worst:%H:%M:%S} UTC", "a page that is opened anew shows it all", told)
    known = browser.evaluate("document.querySelector('.known').textContent")
    tap.check(one["since"][11:19] in known, "it says since when the exporter has been there", known)


def invented(interface, now):
    """An hour that ends now: in the middle nothing is known, and then comes a flood. Also when it was worst."""
    begin = now // STEP * STEP - 3600
    rates = [0] * 100 + [None] * 50 + [12.3] * 50 + [1000, 1234, 1000] + [0] * 157
    worst = datetime.datetime.fromtimestamp(begin + 201 * STEP, datetime.timezone.utc)
    ways = {"accepted": [0] * 360, "dropped": rates}
    since = datetime.datetime.fromtimestamp(begin, datetime.timezone.utc)
    return json.dumps([{"interface": interface, "since": f"{since:%Y-%m-%dT%H:%M:%SZ}", "step_seconds": STEP,
                        "in": ways, "out": ways}]), f"{worst:%H:%M:%S}"


def drawn(stand, browser, url):
    """Lines have scales with round numbers, times in UTC, gaps, and say what is pointed at."""
    text, worst = invented(stand.interface, int(time.time()))
    browser.call("Emulation.setTimezoneOverride", timezoneId=ELSEWHERE)
    browser.pretend({"/history.json": text})
    browser.open(url)
    browser.until(f"{CHART} && {TOLD} === 'at most 1,234/s at {worst} UTC'", "the worst to be told")
    tap.check(True, "it says how much it was at most, and when, in UTC")
    marks = browser.evaluate(f"[...{CHART}.querySelectorAll('.scale span')].map(s => s.textContent)")
    tap.check(marks == ["2k", "1k", "0"], "the scale has round numbers", marks)
    times = browser.evaluate(f"[...{CHART}.querySelectorAll('.times span')].map("
                             "s => [s.textContent, parseFloat(s.style.left)])")
    now = time.time() % 86400
    off = [abs(3600 * (1 - left / 100) - (now - 60 * (60 * int(text[:2]) + int(text[3:]))) % 86400)
           for text, left in times]
    tap.check(len(times) >= 3 and all(text[3:] in ("00", "15", "30", "45") for text, _ in times) and
              max(off) < 60, "quarters of an hour are marked, in UTC", (times, off))
    path = browser.evaluate(f"{CHART}.querySelector('.stroke').getAttribute('d')")
    tap.check(path.count("M") == 2, "where nothing is known, the line has a gap", path[:300])
    accepted = browser.evaluate("document.querySelector('.tile .told').textContent")
    tap.check(accepted == "none in the last hour", "a still hour is said to be one", accepted)
    pointed(browser)
    state = browser.evaluate("document.getElementById('state').textContent")
    clock = datetime.datetime.now(datetime.timezone.utc)
    tap.check(any(f"as of {clock - datetime.timedelta(seconds=ago):%H:%M:%S} UTC" == state for ago in range(30)),
              "the page's own clock is in UTC too", state)
    browser.pretend({})
    browser.call("Emulation.setTimezoneOverride", timezoneId="")


def pointed(browser):
    left, top, width, height = browser.evaluate(
        f"(({CHART}).scrollIntoView(), (b => [b.left, b.top, b.width, b.height])"
        f"({CHART}.querySelector('.plot svg').getBoundingClientRect()))")

    def at(share):
        browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=left + share * width, y=top + height / 2)
        return browser.evaluate(TOLD)
    tap.check(at(0.48).startswith("12/s at ") and at(0.48).endswith(" UTC"), "it tells the step that is pointed at",
              at(0.48))
    tap.check(at(0.35).startswith("not known at "), "also one that is not known", at(0.35))
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=1, y=1)
    tap.check(browser.evaluate(TOLD).startswith("at most "), "and then the worst again", browser.evaluate(TOLD))
