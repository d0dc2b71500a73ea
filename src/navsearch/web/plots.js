/** Plots by Chart.js, fetched when the first one is drawn; in the colours of the theme, and never moving. */

import { h } from "./dom.js";
import { figure } from "./words.js";

// Told apart by colour and by shape; the colours are those of tokens.css.
const SHAPES = ["circle", "triangle", "rect", "rectRot", "star", "cross", "rectRounded", "crossRot"];
const ROW = 26; // pixels a bar takes, with the space around it
const AXIS = 70; // pixels that the axis takes

let drawn = [];

/** Forget the plots that are no longer on the page. */
export function clearPlots() {
  for (const chart of drawn) if (!chart.canvas.isConnected) chart.destroy();
  drawn = drawn.filter((chart) => chart.canvas?.isConnected);
}

/** A colour of the theme, as canvas takes it. */
export function colour(name) {
  const probe = h("i");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** Colour and shape of the category in this place. */
export const look = (place) => ({ colour: colour(`plot-${place % SHAPES.length}`), shape: SHAPES[place % SHAPES.length] });

async function draw(canvas, config) {
  if (!globalThis.Chart) await import("./vendor/chart.umd.min.js");
  Object.assign(globalThis.Chart.defaults, {
    animation: false,
    maintainAspectRatio: false,
    color: colour("text"),
    borderColor: colour("line"),
  });
  globalThis.Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  const chart = new globalThis.Chart(canvas, config);
  drawn.push(chart);
  return chart;
}

/** A drawing `height` pixels high; `label` tells what it shows to those who cannot see it. */
async function canvas(height, label, config) {
  const drawing = h("canvas", { role: "img", "aria-label": label });
  const frame = h("div", { class: "plot" }, drawing);
  frame.style.height = `${height}px`;
  const chart = await draw(drawing, config);
  return { frame, chart };
}

/** Lying bars: `rows` of {label, value, tip}. `pick` is called with the place of a bar that is clicked. */
export async function bars(rows, { label, axis, logarithmic = false, pick = null }) {
  const { frame } = await canvas(rows.length * ROW + AXIS, label, {
    type: "bar",
    data: {
      labels: rows.map((row) => row.label),
      datasets: [{ data: rows.map((row) => row.value), backgroundColor: colour("accent"), maxBarThickness: 18 }],
    },
    options: {
      indexAxis: "y",
      layout: { padding: { right: 56 } },
      scales: { x: scale(axis, logarithmic), y: { grid: { display: false }, ticks: { autoSkip: false, callback: short } } },
      plugins: { legend: { display: false }, tooltip: tips((place) => rows[place].tip) },
      ...clicks(pick),
    },
    plugins: [VALUES],
  });
  return frame;
}

/** Standing bars, as a count for each year. */
export async function columns(rows, { label, axis, pick = null }) {
  const { frame } = await canvas(240, label, {
    type: "bar",
    data: {
      labels: rows.map((row) => row.label),
      datasets: [{ data: rows.map((row) => row.value), backgroundColor: colour("accent"), maxBarThickness: 40 }],
    },
    options: {
      scales: { y: { ...scale(axis), ticks: { precision: 0 } }, x: { grid: { display: false } } },
      plugins: { legend: { display: false }, tooltip: tips((place) => rows[place].tip) },
      ...clicks(pick),
    },
  });
  return frame;
}

/** Points by category: `groups` of {colour, shape, size, points: [{x, y, name, id}]}, the first on top. */
export async function scatter(groups, { label, height, pick }) {
  const { frame, chart } = await canvas(height, label, {
    type: "scatter",
    data: { datasets: groups.map((group) => ({ label: group.name, data: group.points, parsing: false, ...pointed(group) })) },
    options: {
      layout: { padding: 8 },
      scales: { x: { display: false, min: -0.02, max: 1.02 }, y: { display: false, min: -0.02, max: 1.02 } },
      interaction: { mode: "nearest" },
      plugins: { legend: { display: false }, tooltip: { displayColors: false, callbacks: { label: ({ raw }) => raw.name } } },
      onClick: (_, [found]) => found && pick(chart.data.datasets[found.datasetIndex].data[found.index]),
      onHover: (event, found) => (event.native.target.style.cursor = found.length ? "pointer" : "default"),
    },
  });
  return { frame, chart };
}

const pointed = (group) => ({
  backgroundColor: group.colour,
  borderColor: group.edge ?? group.colour,
  pointStyle: group.shape,
  pointRadius: group.size,
  pointHoverRadius: group.size + 3,
  pointBorderWidth: group.edge ? 2 : 1,
});

const scale = (title, logarithmic) => ({
  type: logarithmic ? "logarithmic" : "linear",
  beginAtZero: true,
  title: { display: true, text: title },
  ...(logarithmic ? { ticks: { callback: powers, maxRotation: 0 } } : {}),
});

/** Of a logarithmic axis, the powers of ten alone. */
const powers = (value) => (Number.isInteger(Math.log10(value)) ? value.toLocaleString("en-GB") : "");

const tips = (tip) => ({ displayColors: false, callbacks: { label: ({ dataIndex }) => tip(dataIndex) } });

const clicks = (pick) =>
  pick
    ? {
        onClick: (_, [found]) => found && pick(found.index),
        onHover: (event, found) => (event.native.target.style.cursor = found.length ? "pointer" : "default"),
      }
    : {};

/** Labels of bars, cut to what fits. */
function short(place) {
  const text = this.getLabelForValue(place);
  const room = this.chart.width < 480 ? 14 : 34;
  return text.length > room ? `${text.slice(0, room - 1)}…` : text;
}

// Writes its value at the end of each bar.
const VALUES = {
  id: "values",
  afterDatasetsDraw(chart) {
    const { ctx, data } = chart;
    ctx.save();
    Object.assign(ctx, {
      fillStyle: colour("text"),
      textBaseline: "middle",
      font: `12px ${globalThis.Chart.defaults.font.family}`,
    });
    chart.getDatasetMeta(0).data.forEach((bar, place) => ctx.fillText(figure(data.datasets[0].data[place]), bar.x + 6, bar.y));
    ctx.restore();
  },
};
