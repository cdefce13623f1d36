// SPDX-License-Identifier: GPL-2.0-or-later
// The hour that the exporter remembers, as charts with scales: of each direction, what was accepted and what was
// dropped.
"use strict";

const HOUR_MS = 3600000, TICK_MS = 900000;
const PLOT = {width: 360, height: 100}; // stretched to whatever room there is
const EDGE = 0.07; // nearer to a side, the label of a tick would stick out

// The least of 1, 2, 5, 10, 20, ... that is not below PEAK.
function scaleTop(peak) {
  const power = 10 ** Math.floor(Math.log10(Math.max(peak, 1)));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= peak);
}

// [{from, to, rate}] of the hour before NOW; the rate is null where it is not known.
function hourSteps(past, direction, what, now) {
  const begin = Date.parse(past.since), step = 1000 * past.step_seconds;
  return past[direction][what]
    .map((rate, number) => ({from: begin + number * step, to: begin + (number + 1) * step, rate}))
    .filter(({to}) => to > now - HOUR_MS);
}

// The steps that follow each other without a gap.
function knownRuns(steps) {
  const runs = [];
  let run = null;
  for (const step of steps) {
    if (step.rate !== null && !run)
      runs.push(run = []);
    if (step.rate === null)
      run = null;
    else
      run.push(step);
  }
  return runs;
}

class HourChart {
  constructor(place) {
    this.root = make("div", "plot");
    this.root.hidden = true; // until there is something to draw
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("viewBox", `0 0 ${PLOT.width} ${PLOT.height}`);
    this.svg.setAttribute("preserveAspectRatio", "none");
    this.svg.setAttribute("aria-hidden", "true");
    this.paths = {};
    for (const name of ["base", "area", "stroke", "mark"]) {
      this.paths[name] = document.createElementNS(SVG, "path");
      this.paths[name].setAttribute("class", name);
      this.svg.append(this.paths[name]);
    }
    this.scale = make("div", "scale");
    this.scale.append(make("span"), make("span"), make("span", "", "0"));
    this.times = make("div", "times");
    this.told = make("p", "told");
    this.root.append(this.scale, this.svg, this.times);
    place.append(this.root, this.told);
    this.steps = [];
    for (const kind of ["pointermove", "pointerdown"])
      this.root.addEventListener(kind, (event) => this.point(event));
    this.root.addEventListener("pointerleave", () => this.tell(null));
  }

  draw(steps, now) {
    Object.assign(this, {steps, now, top: scaleTop(steps.reduce((most, {rate}) => Math.max(most, rate || 0), 0))});
    show(this.root, true);
    say(this.scale.children[0], markText(this.top));
    say(this.scale.children[1], markText(this.top / 2));
    this.drawTicks();
    this.drawLine();
    this.tell(null);
  }

  x(time) {
    return Math.max(0, 1 - (this.now - time) / HOUR_MS);
  }

  drawTicks() {
    const lines = [0, 0.5, 1].map((share) => `M0 ${share * PLOT.height}H${PLOT.width}`);
    const labels = [];
    for (let at = Math.ceil((this.now - HOUR_MS) / TICK_MS) * TICK_MS; at <= this.now; at += TICK_MS) {
      const x = this.x(at);
      lines.push(`M${(x * PLOT.width).toFixed(1)} 0V${PLOT.height}`);
      if (x < EDGE || x > 1 - EDGE)
        continue;
      labels.push(make("span", "", minuteText(new Date(at))));
      labels[labels.length - 1].style.left = `${(100 * x).toFixed(2)}%`;
    }
    this.paths.base.setAttribute("d", lines.join(""));
    this.times.replaceChildren(...labels);
  }

  // Each step is a level; where nothing is known, there is a gap.
  drawLine() {
    let stroke = "", area = "";
    for (const run of knownRuns(this.steps)) {
      const x = (time) => (this.x(time) * PLOT.width).toFixed(1);
      const y = (rate) => (PLOT.height * (1 - rate / this.top)).toFixed(1);
      const begin = x(run[0].from);
      const levels = run.map(({to, rate}) => `V${y(rate)}H${x(to)}`).join("");
      stroke += `M${begin} ${y(run[0].rate)}${levels}`;
      area += `M${begin} ${PLOT.height}${levels}V${PLOT.height}Z`;
    }
    this.paths.stroke.setAttribute("d", stroke);
    this.paths.area.setAttribute("d", area);
  }

  point(event) {
    const box = this.svg.getBoundingClientRect();
    const time = this.now - HOUR_MS * (1 - (event.clientX - box.left) / box.width);
    this.tell(this.steps.find(({from, to}) => from <= time && time < to) || null);
  }

  // The step that is pointed at, or the highest.
  tell(step) {
    const x = step ? (this.x((step.from + step.to) / 2) * PLOT.width).toFixed(1) : 0;
    this.paths.mark.setAttribute("d", step ? `M${x} 0V${PLOT.height}` : "");
    const known = this.steps.filter(({rate}) => rate !== null);
    if (!known.length)
      return say(this.told, "nothing is known of the last hour yet");
    const shown = step || known.reduce((most, one) => one.rate > most.rate ? one : most);
    const rate = shown.rate === null ? "not known" : `${rateText(shown.rate)}/s`;
    return say(this.told, !step && shown.rate === 0 ? "none in the last hour"
      : `${step ? "" : "at most "}${rate} at ${timeText(new Date(shown.from))} UTC`);
  }
}
