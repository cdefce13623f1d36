# SPDX-License-Identifier: GPL-2.0-or-later
"""Can everybody use the page? With a keyboard, with a screen reader, with poor eyesight."""

import tap

TAB, ENTER = 9, 13

# Each visible text against the background behind it, by WCAG 2.
CONTRAST = """(() => {
  const parse = (text) => (text.match(/[0-9.]+/g) || []).map(Number);
  const part = (value) => {
    const share = value / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const colour = parse(getComputedStyle(node).backgroundColor);
      if (colour.length === 3 || colour[3] > 0)
        return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !node.checkVisibility() || node.closest('.unseen, script, template'))
      continue;
    const [one, other] = [light(parse(getComputedStyle(node).color)), light(behind(node))];
    found.push([(Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05), walk.currentNode.data]);
  }
  return found;
})()"""

FOCUSED = """(() => {
  const node = document.activeElement, style = getComputedStyle(node);
  return {what: node.id || node.className || node.tagName, outline: style.outlineStyle,
          width: parseFloat(style.outlineWidth), name: node.getAttribute('aria-label') || node.innerText,
          y: node.getBoundingClientRect().top + scrollY};
})()"""


def tables(browser):
    wrong = browser.evaluate("""[...document.querySelectorAll('table')].filter(table =>
      !table.caption || !table.caption.textContent ||
      [...table.querySelectorAll('thead th')].some(th => th.scope !== 'col' || !th.textContent) ||
      [...table.querySelectorAll('tbody tr')].some(tr => tr.cells[0].scope !== 'row') ||
      new Set([...table.rows].map(tr => tr.cells.length)).size !== 1).map(table => table.outerHTML)""")
    count = browser.evaluate("document.querySelectorAll('table').length")
    tap.check(count >= 6 and not wrong, "each table has a caption, headers and whole rows", wrong)
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    needs = ("button", "link", "region", "table", "columnheader", "rowheader", "heading", "navigation")
    nameless = [node["role"]["value"] for node in nodes if not node.get("ignored")
                and node["role"]["value"] in needs and not node.get("name", {}).get("value")]
    roles = {node["role"]["value"] for node in nodes if not node.get("ignored")}
    tap.check(not nameless, "everything that a screen reader names has a name", nameless)
    tap.check({"main", "banner", "contentinfo", "status", *needs} <= roles, "it finds its way by "
              "landmarks, headings and tables", roles)
    twice = browser.evaluate("(ids => ids.filter((id, i) => ids.indexOf(id) !== i))"
                             "([...document.querySelectorAll('[id]')].map(node => node.id))")
    tap.check(not twice and browser.evaluate("document.documentElement.lang") == "en",
              "ids are there once, and the language is told", twice)


def contrast(browser):
    for scheme in ("light", "dark"):
        browser.look(1280, 900, scheme, "reduce")
        found = browser.evaluate(CONTRAST)
        weak = sorted(pair for pair in found if pair[0] < 4.5)
        tap.comment(f"{scheme}: {len(found)} texts, the weakest {min(found)[0]:.2f} to 1")
        tap.check(len(found) > 50 and not weak, f"every text is 4.5 to 1 or better: {scheme}", weak[:9])
        tap.check(browser.evaluate("document.getAnimations().length") == 0, "nothing is animated")
    browser.look(1280, 900, "light")


def keyboard(browser):
    browser.evaluate("document.activeElement.blur()")
    seen = []
    for _ in range(60):
        browser.press("Tab", TAB)
        seen.append(browser.evaluate(FOCUSED))
        if seen[-1]["what"] == "BODY" or seen[-1] == seen[0] and len(seen) > 1:
            break
    walk = [one["what"] for one in seen]
    tap.check(walk[0] == "skip" and "pause" in walk and walk.count("scroll") >= 6,
              "Tab leads to everything", walk)
    unseen = [one for one in seen[:-1] if one["outline"] == "none" or one["width"] < 2]
    tap.check(not unseen, "and it is seen where one is", unseen)
    browser.evaluate("document.querySelector('.idle summary').focus()")
    browser.press("Enter", ENTER)
    opened = browser.until("document.querySelector('.idle').open && "
                           "document.querySelector('.idle').querySelectorAll('tbody tr').length", "rules to unfold")
    tap.check(opened == 5, "folded rules are unfolded by Enter", opened)
    pause(browser)


def pause(browser):
    browser.evaluate("document.getElementById('pause').focus()")
    browser.press("Enter", ENTER)
    pressed = "document.getElementById('pause').getAttribute('aria-pressed')"
    state = "document.getElementById('state').textContent"
    tap.check(browser.evaluate(pressed) == "true" and browser.evaluate(state).startswith("paused"),
              "it can be paused", browser.evaluate(state))
    browser.press("Enter", ENTER)
    browser.until(f"{state}.startsWith('as of')", "it to go on")
    tap.check(browser.evaluate(pressed) == "false", "and goes on")
