# SPDX-License-Identifier: GPL-2.0-or-later
"""The figures as a picture: cost by number of rules and of prefixes, one line per system."""

import re
import subprocess

from sandbox import Failure

INK, GROUND, FAINT = "#010203", "#fdfcfb", "#7f7e7d"  # stand-ins: the reader's theme decides
STYLE = """<style>
svg { color: #24292f; background: #ffffff; }
.ground { fill: #ffffff; }
@media (prefers-color-scheme: dark) {
  svg { color: #d0d7de; background: #0d1117; }
  .ground { fill: #0d1117; }
}
</style>
"""
APART = 1.3  # distance of labels, as a ratio of values on the axis
COLOURS = {"edgexdp": "#1a9a4b", "nftables": "#e5534b", "nftables, one set": "#a371f7",
           "iptables-legacy": "#cf8a00", "xdp-filter": "#4493f8", "parse and count": FAINT}


def _points(results, system, pattern):
    """(size, times empty) of SYSTEM's cases whose names match."""
    return sorted((r["size"], r["times_empty"]["median"]) for r in results["packets"]
                  if r["system"] == system and re.fullmatch(pattern, r["name"]))


def _level(results, kind):
    return next(r["times_empty"]["median"] for r in results["packets"]
                if r["system"] == "parse and count" and r["name"] == kind)


def _panels(results):
    """Per chart: heading, axis, from, to, and lines: a label, a colour and points."""
    rules = [("edgexdp", "edgexdp", _points(results, "edgexdp", r"[\d,]+ rules, the last")),
             ("nftables, rules", "nftables", _points(results, "nftables", r"[\d,]+ rules, the last")),
             ("nftables, one set", "nftables, one set",
              _points(results, "nftables", r".* the last, as a set")),
             ("iptables-legacy", "iptables-legacy",
              _points(results, "iptables-legacy", ".*the last")),
             ("parse and count", "parse and count",
              [(10, _level(results, "computed")), (10000, _level(results, "computed"))])]
    sets = [(f"{system} {family}", colour, _points(results, system, rf"[\d,]+ {family} prefixes"))
            for system, colour in (("edgexdp", "edgexdp"), ("nftables", "nftables"))
            for family in ("IPv4", "IPv6")]
    sets += [("xdp-filter, addresses", "xdp-filter",
              _points(results, "xdp-filter", ".*addresses")),
             ("parse and count", "parse and count",
              [(1000, _level(results, "pool of IPv4")), (1e6, _level(results, "pool of IPv4"))])]
    return (("The last of so many rules matches", "rules", 10, 10000, rules),
            ("A member of a set of so many prefixes", "prefixes", 1000, 1000000, sets))


def _labels(lines, last):
    """Where the labels go: behind the last point, not on top of each other; higher where other
    lines may continue, and where there is only one point."""
    placed = []
    for label, colour, points in sorted(lines, key=lambda line: line[2][-1][1]):
        x, y = points[-1]
        if x < last:
            y *= 1.15
        if len(points) == 1:
            y *= 1.15
        for _, other_x, other_y, _ in placed:
            if other_x == x and y < other_y * APART:
                y = other_y * APART
        placed.append((label, x, y, colour))
    return placed


def _panel(number, heading, axis, first, last, lines):
    lines = [line for line in lines if line[2]]
    script, plots = [], []
    for index, (label, colour, points) in enumerate(lines):
        data = "\n".join(f"{x} {y}" for x, y in points)
        script.append(f"$data{number}_{index} << END\n{data}\nEND")
        dash = "dt 2 lw 1.5" if colour == "parse and count" else "lw 2.5 pt 7 ps 0.5"
        kind = "lines" if colour == "parse and count" else "linespoints"
        dash += " dt 3" if "IPv6" in label else ""
        plots.append(f"$data{number}_{index} with {kind} lc rgb '{COLOURS[colour]}' {dash} notitle")
    script.append("unset label")
    script += [f"set label {index + 1} '{label}' at {x},{y} offset 0.8,0 left "
               f"tc rgb '{COLOURS[colour]}'"
               for index, (label, x, y, colour) in enumerate(_labels(lines, last))]
    script += [f"set title '{heading}' tc rgb '{INK}'", f"set xlabel '{axis}' tc rgb '{INK}'",
               f"set xrange [{first * 0.98}:{last * 1.02}]", "plot " + ", \\\n ".join(plots)]
    return script


def _script(results):
    script = ["set terminal svg size 1040,460 font 'sans-serif,13' background '" + GROUND + "'",
              "set multiplot layout 1,2 margins 0.065,0.865,0.13,0.91 spacing 0.19,0",
              f"set border 3 lc rgb '{INK}'", "set tics nomirror", "set logscale xy",
              "set yrange [0.8:700]",
              "set ytics ('1' 1, '2' 2, '5' 5, '10' 10, '20' 20, '50' 50, '100' 100, '200' 200, "
              "'500' 500)",
              "set xtics ('10' 10, '100' 100, '1,000' 1000, '10,000' 10000, '100,000' 100000, "
              "'1,000,000' 1000000)",
              f"set tics textcolor rgb '{INK}'",
              f"set grid ytics lc rgb '{FAINT}' lw 0.4 dt 3",
              f"set ylabel 'times an empty XDP program' tc rgb '{INK}'"]
    for number, panel in enumerate(_panels(results)):
        script += _panel(number, *panel)
    return "\n".join(script) + "\n"


def _themed(svg):
    """Replace the stand-ins by what the reader's theme says."""
    for stand_in, theme in ((INK, "currentColor"), (GROUND, "ground")):
        red, green, blue = (int(stand_in[i:i + 2], 16) for i in (1, 3, 5))
        forms = rf"(?:{stand_in}|rgb\(\s*{red},\s*{green},\s*{blue}\s*\))"
        if theme == "ground":
            svg = re.sub(rf'fill="{forms}"', 'class="ground"', svg, flags=re.IGNORECASE)
        else:
            svg = re.sub(forms, theme, svg, flags=re.IGNORECASE)
    svg = svg.replace(' color="black"', "")  # would override the theme for everything inside
    svg = re.sub(r"[ \t]*\n\s*", "\n", svg)
    return re.sub(r"(<svg[^>]*>)", r"\1\n" + STYLE, svg, count=1)


def draw(results, path):
    done = subprocess.run(["gnuplot"], input=_script(results), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode or not done.stdout:
        raise Failure(f"gnuplot: {done.stderr}")
    title = "<title>What a packet costs by the number of rules and of prefixes</title>"
    path.write_text(re.sub("<title>.*</title>", title, _themed(done.stdout), count=1))
