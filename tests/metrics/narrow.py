# SPDX-License-Identifier: GPL-2.0-or-later
"""The page on a phone: everything that is there on a wide screen, without scrolling sideways."""

import tap
from sandbox import until

WIDTH = 390
OTHERS = 1180, 1024, 900, 700  # widths of other windows

# Each visible text, and where it is not wholly within the window or within what it could be scrolled in.
TEXTS = """(() => {
  const found = [], lost = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode, parent = node.parentElement;
    if (!node.data.trim() || !parent.checkVisibility() ||
        parent.closest('.unseen, .skip, script, style, template, thead, .times, .told, .scale'))
      continue;
    found.push(node.data.trim());
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects())
      if (box.left < -0.5 || box.right > innerWidth + 0.5)
        lost.push(node.data);
  }
  for (const node of document.querySelectorAll('body *'))
    if (!node.closest('.unseen, thead') && node.scrollWidth > node.clientWidth + 1 &&
        getComputedStyle(node).overflowX !== 'visible' && node.clientWidth)
      lost.push(node.outerHTML.slice(0, 99));
  return [found, lost];
})()"""

# Each cell whose label is not the head of its column.
UNLABELLED = """[...document.querySelectorAll('tbody td')].filter((cell) => {
  const head = cell.closest('table').tHead.rows[0].cells[cell.cellIndex].textContent;
  return getComputedStyle(cell, '::before').content !== `"${head}"`;
}).map((cell) => cell.outerHTML.slice(0, 99))"""


def phone(browser):
    """Paused, so that little changes between the two looks: only what was asked for before."""
    pause = "document.getElementById('pause').click()"
    browser.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    browser.until("document.querySelectorAll('.idle tbody tr').length > 2", "rules to unfold")
    browser.evaluate(pause)

    def seen(width):
        browser.look(width, 900, "light")
        return browser.evaluate(TEXTS)

    def both():
        wide, found = seen(1280), seen(WIDTH)
        return seen(1280)[0] == wide[0] and (wide[0], *found)
    wide, texts, lost = until(both, "the page to stand still")
    for width in OTHERS:
        cut = seen(width)[1]
        tap.check(not cut, f"at {width} pixels nothing is cut off", cut)
    browser.look(WIDTH, 900, "light")
    tap.check(not lost, f"at {WIDTH} pixels nothing is cut off, and nothing scrolls sideways", lost)
    missing = [text for text in wide if text not in texts]
    tap.check(len(wide) > 100 and not missing, "everything is there that is there on a wide screen", missing)
    wrong = browser.evaluate(UNLABELLED)
    tap.check(not wrong, "each cell has the label of its column", wrong)
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    roles = {node["role"]["value"] for node in nodes if not node.get("ignored")}
    tap.check({"table", "row", "rowheader", "columnheader", "cell"} <= roles, "to a screen reader they are tables",
              roles)
    browser.evaluate("document.querySelectorAll('details').forEach(one => one.open = false)")
    browser.evaluate(pause)
    browser.look(1280, 900, "light")
