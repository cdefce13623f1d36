# SPDX-License-Identifier: GPL-2.0-or-later
"""The exporter under strain: changing policies, many rules, and attacks."""

import os
import threading
import time

import attack
import scrape
import tap
from sandbox import until
from counted import COMMON, TALK
from stand import alive, policy, rule, status_of

MANY = 10000
EXPORTER_WAITS = 2  # seconds, for a lock held by others


def consistent(stand):
    """Scrapes while policies change as fast as possible, between small ones and ones that need
    larger tables: each scrape shows one complete policy, and no counter decreases."""
    few = policy("few", *COMMON, rule("only-few", "in", "tcp", 1))
    more = policy("more", rule("only-more", "in", "tcp", 1), *COMMON,
                  *[rule(f"more-{i}", "in", "tcp", 10000 + i) for i in range(600)])
    paths = [stand.file(few), stand.file(more)]
    names = {name: set(n[len("[rule "):-1] for n in text.splitlines() if n.startswith("[rule "))
             for name, text in (("few", few), ("more", more))}
    stop, trouble, done = threading.Event(), [], []
    stand.edgexdp("reload", stand.interface, paths[1])

    def reload():
        for number in range(40):
            failed = stand.call("reload", stand.interface, paths[number % 2]).returncode
            trouble.extend([f"reload {number}"] if failed else [])
            done.append(number)
            stand.send(stand.there, TALK, 10)
        stop.set()

    thread = threading.Thread(target=reload)
    last, scrapes, shown, refused = None, 0, set(), []
    thread.start()
    while not stop.is_set():
        asked = time.monotonic()
        try:
            now = scrape.scrape()
        except ConnectionError as error:
            refused.append(time.monotonic() - asked)
            tap.comment(error)
            continue
        trouble += mixed(now, names) + (last.falls(now) if last else [])
        shown |= {labels[1] for labels in now.of("edgexdp_policy_info")}
        last, scrapes = now, scrapes + 1
    thread.join()
    tap.comment(f"{scrapes} scrapes during {len(done)} reloads, {len(refused)} refused")
    tap.check(not trouble, "no scrape mixes two policies, no counter falls", trouble[:5])
    tap.check(shown == set(names) and scrapes > 10, "scrapes are answered", (shown, scrapes, refused))
    # On a busy machine a command may hold the lock for longer than the exporter waits.
    tap.check(all(seconds > EXPORTER_WAITS * 0.99 for seconds in refused), "or refused for want of the lock only",
              refused)


def mixed(metrics, names):
    """What is wrong with the rules of a scrape."""
    policies = {labels[1] for labels in metrics.of("edgexdp_policy_info")}
    rules = {(labels[1], labels[2]) for labels in metrics.of("edgexdp_rule_packets_total")}
    wanted = {(one, name) for one in policies for name in names[one]}
    return [(policies, len(rules), len(wanted))] if rules != wanted or len(policies) != 1 else []


def many(stand):
    text = policy("many", *COMMON, *[rule(f"rule-{i}", "in", "tcp", 10000 + i, **{
        "from": f"10.{i >> 8}.{i & 255}.0/24"}) for i in range(MANY - len(COMMON))])
    stand.edgexdp("reload", stand.interface, stand.file(text))

    def taken(work):
        start = time.perf_counter()
        work()
        return (time.perf_counter() - start) * 1000

    # Alternately, taking the least of each: other load on the machine slows now one and now the
    # other.
    command = scraped = float("inf")
    for turn in range(60):
        command = min(command, taken(lambda: stand.edgexdp("stats", "--prometheus")))
        scraped = min(scraped, taken(lambda: scrape.ask("/metrics")))
        if turn >= 5 and scraped < 2 * command:
            break
    size = len(scrape.ask("/metrics")[2])
    tap.comment(f"{MANY} rules, {size} bytes: scraped in {scraped:.1f} ms, by command in "
                f"{command:.1f} ms")
    tap.check(scraped < 2 * command, "by HTTP in less than twice the command's time",
              (scraped, command))
    tap.check(len(scrape.scrape().of("edgexdp_rule_packets_total")) == MANY + 1, "all of them")


def attacks(stand, exporter):
    """Each attack, and a scrape while it lasts."""
    before = stand.status(), stand.stats()[0]["rules"]
    seed = attack.seed()
    tap.comment(f"EDGEXDP_SEED={seed}")

    def answered(name):
        start = time.monotonic()
        try:
            good = len(scrape.scrape(timeout=60).of("edgexdp_rule_packets_total")) > MANY
        except OSError as error:
            good = tap.comment(error)
        tap.check(good, f"a scrape is answered during: {name}")
        tap.comment(f"in {time.monotonic() - start:.2f} s, "
                    f"memory {status_of(exporter.http)['VmRSS']}")

    with attack.slowloris(200):
        time.sleep(2)
        answered("slowloris")
    with attack.idlers(1000):
        answered("1,000 connections that say nothing")
    with attack.slow_readers(200):
        answered("200 clients that read nothing")
    answers = [answer.split(b"\r\n")[0].decode() for answer in attack.oversized()]
    tap.check(not any(" 200 " in answer for answer in answers), "oversized requests are refused",
              answers)
    tap.comment(f"answers to oversized requests: {answers}")
    attack.garbage(400, seed)
    answered("after garbage")
    with attack.idlers(1):
        started = time.monotonic()
        client = attack.connect()
        client.settimeout(20)
        attack.received(client)
        client.close()
        tap.check(2 < time.monotonic() - started < 15, "who says nothing is cut off in time",
                  time.monotonic() - started)
    tap.check(alive(exporter.http) and alive(exporter.keeper), "the processes still live")
    until(lambda: len(os.listdir(f"/proc/{exporter.http}/fd")) < 12, "connections to end", 40)
    tap.check(True, "nothing stays open")
    peak = int(status_of(exporter.http)["VmHWM"].split()[0]) // 1024
    tap.comment(f"most memory ever: {peak} MB")
    after = stand.status(), stand.stats()[0]["rules"]
    tap.check(before == after, "the filter has not noticed", (before, after))
