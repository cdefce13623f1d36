# SPDX-License-Identifier: GPL-2.0-or-later
"""What was measured, as tables."""


def _row(result):
    ns, times = result["ns"], result["times_empty"]
    limit = f"{result['limit']:.2f}" if result["limit"] else ""
    return (result["system"], result["name"], f"{ns['median']:.0f}",
            f"{ns['lower']:.0f}-{ns['upper']:.0f}", f"{times['median']:.2f}",
            f"{times['lower']:.2f}-{times['upper']:.2f}", limit)


HEADINGS = ("system", "case", "ns", "half within", "x empty", "half within", "at most")


def columns(headings, rows):
    widths = [max(len(row[i]) for row in (headings, *rows)) for i in range(len(headings))]
    return "\n".join("  ".join(cell.ljust(width) if i < 2 else cell.rjust(width)
                               for i, (cell, width) in enumerate(zip(row, widths)))
                     for row in (headings, *rows))


def table(results):
    return columns(HEADINGS, [_row(result) for result in results["packets"]])
