// Chart.js as this house draws: colours that survive colour blindness with a pattern to each, and the values that matter
// written beside their bars and points, so that nobody needs a mouse to read them.
import { number } from "../format.js";

// After Okabe and Ito, darker on white and lighter on black, so that each stands out three to one from its ground.
const COLOURS = {
  light: ["#0072b2", "#d55e00", "#00805c", "#a3457f", "#8a6100", "#4b5563"],
  dark: ["#56b4e9", "#ffb000", "#2fd0a2", "#e79ac6", "#f0e442", "#b6c0ce"],
};
const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3]];
const POINTS = ["circle", "triangle", "rect", "rectRot"];
const MOST_LINES = 5; // of the grid
const RANK = 36; // pixels from bar to bar where each has a name
const NAME_SHARE = .42; // of the width, that names beside bars may take

const isDark = () => document.documentElement.dataset.bsTheme === "dark";
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const colourOf = (n) => COLOURS[isDark() ? "dark" : "light"][n % COLOURS.light.length];

// 0 plain, 1 stripes, 2 dots, 3 lines, 4 a lattice, 5 hollow.
function pattern(n) {
  const colour = colourOf(n);
  if (n % 6 === 0) return colour;
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  pen.fillStyle = css("--surface");
  pen.fillRect(0, 0, 8, 8);
  pen.fillStyle = pen.strokeStyle = colour;
  pen.lineWidth = 2.5;
  pen.beginPath();
  if (n % 6 === 1) for (const x of [-8, 0, 8]) { pen.moveTo(x - 1, 9); pen.lineTo(x + 9, -1); }
  if (n % 6 === 2) for (const [x, y] of [[2, 2], [6, 6]]) { pen.moveTo(x, y); pen.arc(x, y, 1.7, 0, 7); }
  if (n % 6 === 3) { pen.moveTo(0, 2); pen.lineTo(8, 2); pen.moveTo(0, 6); pen.lineTo(8, 6); pen.lineWidth = 1.8; }
  if (n % 6 === 4) { pen.moveTo(0, 4); pen.lineTo(8, 4); pen.moveTo(4, 0); pen.lineTo(4, 8); pen.lineWidth = 1.5; }
  if (n % 6 === 2) pen.fill();
  else pen.stroke();
  return pen.createPattern(tile, "repeat");
}

// Writes the values of `list` ([{dataset, index, text, must}], the most telling first): those that must be, and of the others
// those that fit above their bar.
const marks = {
  id: "marks",
  afterDatasetsDraw(chart, _args, { list = [], sideways = false, beside = 1 }) {
    const pen = chart.ctx;
    const taken = [];
    const slot = chart.chartArea.width / (chart.data.labels.length || 1) / beside + 4;
    pen.save();
    pen.fillStyle = css("--ink");
    pen.font = `600 12px ${css("--tblr-font-sans-serif")}`;
    pen.textAlign = sideways ? "left" : "center";
    pen.textBaseline = sideways ? "middle" : "bottom";
    for (const { dataset, index, text, must } of list) {
      const point = chart.getDatasetMeta(dataset).data[index];
      const half = pen.measureText(text).width / 2 + 2;
      if (!point || Number.isNaN(point.y) || (!must && !sideways && half * 2 > slot)) continue;
      const [x, y] = sideways ? [point.x + 6, point.y] : [Math.min(Math.max(point.x, half), chart.width - half), point.y - 5];
      if (!sideways && taken.some((other) => Math.abs(other.x - x) < other.half + half && Math.abs(other.y - y) < 14)) continue;
      taken.push({ x, y, half });
      pen.fillText(text, x, y);
    }
    pen.restore();
  },
};

// From line to line of the grid: 1, 2 or 5 of `unit`, with as many noughts as leave five lines at most; of what is counted
// whole (`unit` is not 0) nothing smaller than one.
function stepOf(most, unit) {
  const rough = most / (unit || 1) / MOST_LINES;
  if (rough <= 0) return unit || 1;
  const size = 10 ** Math.floor(Math.log10(rough));
  const nice = [1, 2, 5, 10].map((n) => n * size).find((step) => step >= rough * .999);
  return (unit ? Math.max(nice, 1) : nice) * (unit || 1);
}

const most = (series, stacked) => Math.max(0, ...(stacked
  ? series[0].values.map((_, at) => series.reduce((total, { values }) => total + Number(values[at] || 0), 0))
  : series.flatMap(({ values }) => values.map((value) => Number(value || 0)))));

function base({ say, sideways = false, stacked = false, list, beside = 1, legend, top = 0, unit = 1 }) {
  const soft = css("--soft"), line = css("--line");
  const font = { family: css("--tblr-font-sans-serif"), size: 12 };
  const values = {
    stacked, beginAtZero: true, border: { display: false }, grid: { color: line, drawTicks: false, display: !sideways },
    ticks: { color: soft, font, stepSize: sideways ? undefined : stepOf(top, unit), padding: 6, callback: (value) => say(value), display: !sideways },
  };
  const names = {
    stacked, border: { color: line }, grid: { display: false },
    ticks: { color: sideways ? css("--ink") : soft, font, maxRotation: 0, autoSkipPadding: 12, autoSkip: !sideways },
  };
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  return {
    // Chart.js puts a resize off while it moves, and forgets one that comes with the last frame: so look once more.
    responsive: true, maintainAspectRatio: false, animation: still ? false : { duration: 250, onComplete: ({ chart }) => chart.resize() }, indexAxis: sideways ? "y" : "x",
    interaction: { mode: "index", intersect: false, axis: sideways ? "y" : "x" },
    layout: { padding: { top: sideways ? 0 : 18, right: sideways ? 88 : 4 } },
    scales: sideways ? { x: values, y: names } : { x: names, y: values },
    plugins: {
      marks: { list, sideways, beside },
      legend: {
        display: legend, position: "bottom", align: "start", onClick: null,
        labels: { color: css("--ink"), font, usePointStyle: true, boxWidth: 16, boxHeight: 8, padding: 14 },
      },
      tooltip: {
        callbacks: { label: ({ dataset, raw }) => (raw === null ? null : `${dataset.label}: ${(dataset.say || say)(raw)}`) },
        usePointStyle: true, padding: 10,
      },
    },
  };
}

// All values, the peak first and the last second: whoever finds no room is left out.
function telling(values, say, dataset) {
  const known = values.map((value, index) => ({ index, value: Number(value) })).filter(({ index, value }) => values[index] !== null && value > 0);
  const last = known.at(-1);
  const order = [...known].sort((a, b) => b.value - a.value);
  const first = order.slice(0, 1).concat(last && last !== order[0] ? [last] : []);
  return [...new Set([...first, ...known])].map((one) => ({ dataset: dataset(one.index), index: one.index, text: say(one.value), must: first.includes(one) }));
}

// Bars, one upon the other when `stacked`. series: [{label, values, fill}]; `fill` is the number of colour and pattern.
// `unit` is what the grid counts in: 1, sixty for minutes that are said as hours, 0 for what may be any fraction.
export function bars({ labels, series, stacked = false, say = number, unit = 1, line = null }) {
  const datasets = series.map(({ label, values, fill }, n) => ({
    label, data: values, backgroundColor: pattern(fill ?? n), borderColor: colourOf(fill ?? n), borderWidth: 1.5, borderRadius: 2, pointStyle: "rect",
    maxBarThickness: 44, categoryPercentage: .84, barPercentage: stacked ? .95 : .9, order: 1, stack: stacked ? "one" : `s${n}`,
  }));
  const totals = labels.map((_, at) => series.reduce((total, { values }) => total + Number(values[at] || 0), 0));
  // Of a pile the total stands above its topmost part; side by side each bar is for itself.
  const top = (at) => series.findLastIndex(({ values }) => Number(values[at]) > 0);
  const list = stacked ? telling(totals, say, top) : series.flatMap(({ values }, n) => telling(values, say, () => n));
  if (line) datasets.push({ ...lineOf(line, line.fill ?? series.length), type: "line", pointRadius: 0, stepped: "middle", order: 0, stack: "line" });
  return { type: "bar", data: { labels, datasets }, plugins: [marks], options: base({ say, stacked, list, beside: stacked ? 1 : series.length, legend: datasets.length > 1, unit, top: Math.max(most(series, stacked), line ? most([line]) : 0) }) };
}

function lineOf({ label, values }, n) {
  const colour = colourOf(n);
  return {
    label, data: values, borderColor: colour, backgroundColor: colour, borderWidth: 2.5, borderDash: DASHES[n % DASHES.length], cubicInterpolationMode: "monotone",
    pointStyle: POINTS[n % POINTS.length], pointRadius: values.length > 40 ? 2 : 4, pointHoverRadius: 6, spanGaps: false,
  };
}

export function lines({ labels, series, say = number, unit = 1 }) {
  const datasets = series.map((one, n) => lineOf(one, n));
  const list = series.flatMap(({ values }, n) => telling(values, say, () => n).slice(0, 2));
  return { type: "line", data: { labels, datasets }, plugins: [marks], options: base({ say, list, legend: true, unit, top: most(series) }) };
}

// As much of a name as has room beside its bar.
function cut(name, scale) {
  const pen = scale.chart.ctx, { chart } = scale;
  const room = Math.min(chart.width * NAME_SHARE, (chart.width - chart.options.layout.padding.right) / 2 - 14);
  pen.font = `12px ${css("--tblr-font-sans-serif")}`;
  let kept = name;
  while (kept && pen.measureText(kept === name ? kept : `${kept}…`).width > room) kept = kept.slice(0, -1).trimEnd();
  return kept === name ? name : `${kept}…`;
}

// Names with a bar each, and what is to be said of them behind it.
export function ranks({ names, values, texts, fills = [] }) {
  const datasets = [{
    label: "", data: values, backgroundColor: values.map((_, n) => pattern(fills[n] ?? 0)), borderColor: values.map((_, n) => colourOf(fills[n] ?? 0)),
    borderWidth: 1.5, borderRadius: 2, maxBarThickness: 24, categoryPercentage: .9, barPercentage: .85,
  }];
  const list = texts.map((text, index) => ({ dataset: 0, index, text }));
  const options = base({ say: number, sideways: true, list, legend: false });
  options.plugins.tooltip = { enabled: false };
  options.layout.padding.right = 14 + 7.5 * Math.max(...texts.map((text) => text.length));
  options.scales.y.ticks.callback = function name(value) { return cut(this.getLabelForValue(value), this); };
  return { type: "bar", data: { labels: names, datasets }, plugins: [marks], options, tall: RANK * names.length + 8 };
}

const drawn = new WeakMap(); // of a canvas its chart: nothing that Alpine watches may hold one

export function draw(canvas, { tall, ...config }) {
  erase(canvas);
  canvas.parentElement.style.height = tall ? `${tall}px` : "";
  drawn.set(canvas, new window.Chart(canvas, config));
}

export function erase(canvas) {
  drawn.get(canvas)?.destroy();
  drawn.delete(canvas);
}

// Calls `redraw` when the system turns light or dark: what is painted on a canvas does not follow by itself.
export function onScheme(redraw) {
  new MutationObserver(redraw).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
}
