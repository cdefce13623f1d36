# SPDX-License-Identifier: GPL-2.0-or-later
"""The measurements as text tables."""


def columns(headings, rows, left=1):
    """A plain-text table; the first LEFT columns are words, the others numbers."""
    widths = [max(len(row[i]) for row in (headings, *rows)) for i in range(len(headings))]
    return "\n".join("  ".join(cell.ljust(width) if i < left else cell.rjust(width)
                               for i, (cell, width) in enumerate(zip(row, widths))).rstrip()
                     for row in (headings, *rows))


def limited(value, limit, digits=2):
    """The limit, marked if it is missed."""
    if limit is None:
        return ""
    return f"{limit:.{digits}f}" + ("" if value <= limit else " MISSED")


def within(spread, digits):
    return f"{spread['lower']:.{digits}f}-{spread['upper']:.{digits}f}"


def packet_row(result):
    ns, times = result["ns"], result["times_empty"]
    limit = limited(times["median"], result["limit"])
    if "more" in result:
        limit = f"{result['more']['median']:+.2f} of +" + limited(result["more"]["median"],
                                                                  result["limit"])
    return (result["system"], result["name"], f"{ns['median']:.0f}", within(ns, 0),
            f"{times['median']:.2f}", within(times, 2), limit)


def flatness_row(result):
    times = result["times"]
    return (result["name"], f"{times['median']:.2f}", within(times, 2),
            limited(times["median"], result["limit"]))


def repeated_row(result):
    times = result["times_parse_and_count"]
    return result["name"], str(result["ns"]), f"{times:.2f}", limited(times, result["limit"])


def cores_row(result):
    times = result["times_one_core"]
    return (result["name"], f"{times['median']:.2f}", within(times, 2),
            f"{result['limit']:.2f}" + ("" if times["median"] >= result["limit"] else " MISSED"))


def shared_row(result):
    times = result["times"]
    return (f"{result['name']}, times {result['of']}", f"{times['median']:.2f}", within(times, 2),
            f"{result['limit']:.2f}" + ("" if times["median"] >= result["limit"] else " MISSED"))


def honest_row(result):
    served, limit = result["served"], result["limit"]
    aim = "" if limit is None else f"{100 * limit:.1f} %" + ("" if served >= limit else " MISSED")
    return (result["system"], result["name"], f"{100 * served:.1f} %", aim, f"{result['p99_ms']:.2f} ms",
            f"{result['reached']:,.0f}")


def command_row(result):
    value, unit = result["value"], result["unit"]
    rest = [f"{result[key]:.2f}" if key in result else "" for key in ("least", "cpu", "peak_mib")]
    return (result["name"], f"{value:.2f} {unit}" if value >= 0.01 else f"{value:.6f} {unit}",
            limited(value, result["limit"]), *rest)


TABLES = (
    ("packets", packet_row, 2,
     ("system", "many different packets", "ns", "half within", "x empty", "half within",
      "at most")),
    ("flatness", flatness_row, 1, ("flatness", "times", "half within", "at most")),
    ("repeated", repeated_row, 1,
     ("one packet again and again", "ns", "x parse-and-count", "at most")),
    ("cores", cores_row, 1, ("two cores", "x one core", "half within", "at least")),
    ("shared", shared_row, 1, ("flows on two cores", "times", "half within", "at least")),
    ("honest", honest_row, 2,
     ("system", "in a flood", "served", "at least", "99 % within", "came in a second")),
    ("commands", command_row, 1,
     ("whole commands", "median", "at most", "least s", "CPU s", "peak MiB")),
)


def text(results):
    return "\n\n".join(columns(headings, [row(result) for result in results[name]], left)
                       for name, row, left, headings in TABLES if results.get(name))
