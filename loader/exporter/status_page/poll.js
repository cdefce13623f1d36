// SPDX-License-Identifier: GPL-2.0-or-later
// Asking again and again, and saying how that goes.
"use strict";

const POLL_MS = 2000, HIDDEN_MS = 10000, PATIENCE_MS = 5000, SELDOM_MS = 3900, HISTORY_MS = 9900;
const views = new Map(); // by interface
const page = {paused: false, answeredAt: null, trouble: "", skew: 0, made: 0, pending: "",
              sourcesAt: -SELDOM_MS, bansAt: -SELDOM_MS, historyAt: -HISTORY_MS};
const place = (id) => document.getElementById(id);

// The server's time: its deadlines are not by our clock. Its header is exact to a second.
const serverNow = () => Date.now() + page.skew;

async function ask(path) {
  const answer = await fetch(path, {cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS)});
  const date = Date.parse(answer.headers.get("Date"));
  if (date)
    page.skew = Math.abs(date + 500 - Date.now()) > 2000 ? date + 500 - Date.now() : 0;
  if (!answer.ok)
    throw new Error((await answer.text()).trim() || `HTTP ${answer.status}`);
  return answer.json();
}

function announce(text) {
  say(place("news"), text);
}

function viewOf(name) {
  if (!views.has(name))
    views.set(name, new InterfaceView(name, page.made++));
  return views.get(name);
}

// Interfaces come and go; the rest of the page stays.
function showInterfaces(names) {
  const main = place("interfaces");
  for (const [name, view] of views) {
    if (names.includes(name))
      continue;
    view.root.remove();
    views.delete(name);
  }
  names.forEach((name) => {
    if (!viewOf(name).root.isConnected)
      main.append(viewOf(name).root);
  });
  let none = main.querySelector(".none");
  if (!names.length && !none)
    main.append(none = make("p", "none", "No interface is guarded here."));
  else if (names.length && none)
    none.remove();
  document.title = [place("host").textContent, ...names, "edgexdp"].join(" · ");
  showJump(names);
}

function showJump(names) {
  const jump = place("jump"), known = [...jump.children].map((link) => link.textContent);
  show(jump, names.length > 1);
  if (known.join("/") === names.join("/"))
    return;
  jump.replaceChildren(...names.map((name) => {
    const link = make("a", "", name);
    link.href = `#${viewOf(name).find("h2").id}`;
    return link;
  }));
}

function showAnswer(stats, states) {
  const at = performance.now(), now = serverNow();
  showInterfaces(states.map((status) => status.interface));
  for (const status of states)
    viewOf(status.interface).showStatus(status, now);
  for (const one of stats)
    if (views.has(one.interface))
      viewOf(one.interface).showStats(one, at, now);
  showDeadlines();
}

async function askHistory() {
  if (document.hidden || performance.now() - page.historyAt < HISTORY_MS)
    return;
  page.historyAt = performance.now();
  for (const past of await ask("/history.json"))
    if (views.has(past.interface))
      views.get(past.interface).showHour(past, serverNow());
}

// To be asked makes the kernel tell of packets: not for a page that nobody sees, and not so often.
async function askSources() {
  if (document.hidden || performance.now() - page.sourcesAt < SELDOM_MS)
    return;
  page.sourcesAt = performance.now();
  for (const sample of await ask("/sources.json"))
    if (views.has(sample.interface))
      views.get(sample.interface).showSources(sample, serverNow());
}

// There may be very many: only for who has unfolded them, and at once for who does.
async function askBans(now = false) {
  const wanting = [...views.values()].filter((view) => view.wantsBans());
  if (document.hidden || !wanting.length || !now && performance.now() - page.bansAt < SELDOM_MS)
    return;
  page.bansAt = performance.now();
  try {
    const answers = new Map((await ask("/bans.json")).map((one) => [one.interface, one]));
    for (const view of wanting)
      if (answers.has(view.name))
        view.showBans(answers.get(view.name), serverNow());
      else
        view.missBans();
  } catch {
    wanting.forEach((view) => view.missBans());
  }
}

// Spoken when it begins and when it ends, not every second.
function showDeadlines() {
  const pending = [];
  for (const [name, view] of views)
    if (view.showDeadline(serverNow()) !== null)
      pending.push(name);
  const names = pending.join(", ");
  if (names !== page.pending)
    announce(names ? `${names}: the policy waits to be confirmed` : "No policy waits to be confirmed");
  page.pending = names;
}

function showState() {
  const state = place("state"), since = page.answeredAt;
  let kind = "live", text = since ? `as of ${timeText(since)} UTC` : "";
  if (page.trouble) {
    kind = "lost";
    text = since ? `no answer since ${timeText(since)} UTC (${spanText(serverNow() - since)}): ${page.trouble}`
      : `no answer: ${page.trouble}`;
  } else if (page.paused) {
    kind = "paused";
    text = since ? `paused; as of ${timeText(since)} UTC` : "paused";
  } else if (!since) {
    kind = "waiting";
    text = "waiting for the first answer";
  }
  state.dataset.state = kind;
  document.body.dataset.state = kind;
  say(state, text);
}

async function poll() {
  try {
    const [stats, states] = await Promise.all([ask("/stats.json"), ask("/status.json")]);
    if (page.trouble)
      announce("There are answers again");
    page.trouble = "";
    page.answeredAt = new Date(serverNow());
    showAnswer(stats, states);
    await askHistory().catch(() => {}); // the lines stay as they were
    await askSources().catch(() => views.forEach((view) => view.missSources()));
    await askBans();
  } catch (error) {
    const trouble = error instanceof TypeError ? "the server cannot be reached"
      : error.name === "TimeoutError" ? "the server takes too long" : error.message;
    if (!page.trouble)
      announce(`No answer: ${trouble}`);
    page.trouble = trouble;
  }
  showState();
}

// One question at a time, also when answers are slow.
let timer = null;
async function loop() {
  clearTimeout(timer);
  if (page.paused)
    return;
  const begun = performance.now();
  await poll();
  clearTimeout(timer);
  const wait = document.hidden ? HIDDEN_MS : POLL_MS;
  timer = setTimeout(loop, Math.max(100, wait - (performance.now() - begun)));
}

place("pause").addEventListener("click", () => {
  page.paused = !page.paused;
  place("pause").setAttribute("aria-pressed", String(page.paused));
  showState();
  loop();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden)
    loop();
});
setInterval(() => {
  showDeadlines();
  showState();
}, 1000);
loop();
