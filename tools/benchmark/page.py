# SPDX-License-Identifier: GPL-2.0-or-later
"""The figures of docs/performance.md, between two marks. The text around them is written by
people."""

import paper
import report
from sandbox import Failure

BEGIN = "<!-- measured: tools/bench --write writes from here -->"
END = "<!-- to here -->"
OURS, NFT, IPTABLES, XDP_FILTER = "edgexdp", "nftables", "iptables-legacy", "xdp-filter"


def _markdown(headings, rows):
    return "\n".join(f"| {' | '.join(row)} |" for row in
                     (headings, ["---"] * len(headings), *rows))


def _machine(results):
    here = results["machine"]
    kind = "a virtual machine" if here["virtual"] else "a machine"
    return (f"Measured on {here['date']}: {here['cpu']}, {kind} of {here['cores']} cores,\n"
            f"L3 cache {here['l3']}, Linux {here['kernel']}; {results['rounds']} rounds; load average\n"
            f"{here['load_before']} before and {here['load_after']} after.")


def _ours(results):
    wanted = [r for r in results["packets"] if r["system"] in (OURS, "parse and count")]
    rows = []
    for result in wanted:
        _, name, ns, _, times, within, limit = report.packet_row(result)
        if result["system"] != OURS:
            name = f"*parse and count, {name}*"
        rows.append((name, ns, times, within, limit))
    for result in results["flatness"]:
        name, times, within, limit = report.flatness_row(result)
        rows.append((name, "", times, within, limit))
    return _markdown(("case", "ns", "times empty", "half of the rounds", "aim: at most"), rows)


def _times(results, system, name):
    return next((f"{r['times_empty']['median']:.1f}" for r in results["packets"]
                 if r["system"] == system and r["name"] == name), "")


def _rules(results):
    names = [f"{count:,} rules, the last" for count in (10, 100, 1000, 10000)]
    names.append("10,000 rules, random ones")
    rows = [(system, *(_times(results, system.split(",")[0], name + suffix) for name in names))
            for system, suffix in ((OURS, ""), (NFT, ""), (f"{NFT}, as one set", ", as a set"),
                                   (IPTABLES, ""))]
    return _markdown(("times empty", "10 rules", "100", "1,000", "10,000", "10,000, random ones"),
                     rows)


def _sets(results):
    names = [f"{count:,} IPv4 prefixes" for count in (1000, 10000, 100000, 1000000)]
    names += [f"{count:,} IPv6 prefixes" for count in (1000, 10000, 100000)]
    rows = [(system, *(_times(results, system, name) for name in names))
            for system in (OURS, NFT)]
    return _markdown(("times empty", "1,000 IPv4", "10,000", "100,000", "1,000,000", "1,000 IPv6",
                      "10,000", "100,000"), rows)


def _others(results):
    return "\n".join(f"- {r['system']}, {r['name']}: {r['times_empty']['median']:.2f} times empty"
                     for r in results["packets"] if r["system"] == XDP_FILTER)


def _at_most(limit):
    return limit and f"at most {limit}"


def _rest(results):
    rows = []
    for result in results["repeated"]:
        name, ns, times, limit = report.repeated_row(result)
        rows.append((f"{name}, again and again", f"{times} times parse-and-count ({ns} ns)",
                     _at_most(limit)))
    for result in results["cores"]:
        name, times, _, limit = report.cores_row(result)
        rows.append((f"two cores, {name}", f"{times} times one", f"at least {limit}"))
    for result in results.get("shared", []):
        _, times, _, limit = report.shared_row(result)
        rows.append((f"two cores, {result['name']}", f"{times} times {result['of']}", f"at least {limit}"))
    for result in results.get("honest", []):
        system, name, served, aim, within, _ = report.honest_row(result)
        rows.append((f"{system}, {name}", f"{served} served, 99 % of them within {within}", aim and f"at least {aim}"))
    for result in results["commands"]:
        name, value, limit, _, cpu, _ = report.command_row(result)
        rows.append((name, value + (f" ({cpu} s of a core)" if cpu else ""), _at_most(limit)))
    return _markdown(("what", "measured", "aim"), rows)


def _paper(results):
    headings = ["on paper", "ns", *(f"{gbit} Gbit/s, {what}" for gbit in paper.GBITS
                                    for what in ("64 bytes", "mixed"))]
    return _markdown(headings, paper.rows(results))


def _figures(results):
    return "\n\n".join((_machine(results), "### edgexdp", _ours(results), _rest(results),
                        "### Beside other filters", _rules(results), _sets(results),
                        _others(results), "### Cores on paper", _paper(results)))


def write(results, path):
    """Every part must have been measured."""
    absent = [name for name in ("packets", "flatness", "repeated", "commands")
              if not results[name]]
    text = path.read_text()
    if absent or BEGIN not in text or END not in text:
        raise Failure(f"{path} is not written: " +
                      (f"not measured: {', '.join(absent)}" if absent else "a mark is not there"))
    before, rest = text.split(BEGIN, 1)
    path.write_text(f"{before}{BEGIN}\n\n{_figures(results)}\n\n{END}{rest.split(END, 1)[1]}")
