// Charts as files: the picture as it is shown, a drawing that scales, and the numbers behind them.
import { resolveColor } from "@/theme/runColors";

import { formatXTick, formatYTick, isTime, TIME_STEPS, X_LABELS } from "./axes";
import type { ChartData, ChartSeries, Column, XAxis } from "./data";
import type { Lines } from "./source";
import { logTicks, ticks } from "./ticks";
import type { Range } from "./zoom";

interface Words {
  title: string;
  unit: string;
  xAxis: XAxis;
}

const HEAD = 30;
const FOOT = 22;

/** The chart as it is drawn, with its title and the names of its lines. */
export async function toPng(canvas: HTMLCanvasElement, lines: Lines, words: Words): Promise<Blob> {
  const style = getComputedStyle(document.body);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const ratio = canvas.width / canvas.clientWidth || 1;
  const named = lines.series.filter((one) => !one.faint);
  const foot = named.length > 1 ? FOOT * named.length : 0;
  const made = document.createElement("canvas");
  made.width = canvas.width;
  made.height = canvas.height + (HEAD + foot) * ratio;
  const context = made.getContext("2d");
  if (!context) throw new Error("this browser draws no pictures");
  context.fillStyle = color("--surface");
  context.fillRect(0, 0, made.width, made.height);
  context.drawImage(canvas, 0, HEAD * ratio);
  context.scale(ratio, ratio);
  context.fillStyle = color("--text");
  context.font = `600 13px ${style.fontFamily}`;
  context.fillText(headline(words), 10, 20, made.width / ratio - 20);
  context.font = `12px ${style.fontFamily}`;
  if (foot > 0) {
    named.forEach((one, i) => {
      const y = HEAD + canvas.height / ratio + FOOT * i + 12;
      context.strokeStyle = resolveColor(one.color);
      context.lineWidth = 2;
      context.setLineDash(one.dash ?? []);
      context.beginPath();
      context.moveTo(12, y);
      context.lineTo(36, y);
      context.stroke();
      context.fillText(one.label, 44, y + 4);
    });
  }
  return new Promise((resolve, reject) => {
    made.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the picture is too large"))), "image/png");
  });
}

function headline({ title, unit, xAxis }: Words): string {
  return `${title}${unit && ` (${unit})`} by ${X_LABELS[xAxis].toLowerCase()}`;
}

interface Drawing extends Words {
  log: boolean;
  scales: { x: Range; y: Range } | null;
}

const WIDTH = 720;
const HEIGHT = 400;
const BOX = { left: 62, right: WIDTH - 16, top: 40, bottom: HEIGHT - 40 };

/** The chart in colours of the light theme, as it is zoomed now. */
export function toSvg({ series, marks }: Lines, data: ChartData, words: Drawing): string {
  const scales = words.scales ?? { x: [0, 1], y: [0, 1] };
  const [x0, x1] = scales.x;
  const flat = (value: number) => (words.log ? Math.log10(value) : value);
  const [y0, y1] = [flat(scales.y[0]), flat(scales.y[1])];
  const x = (value: number) => round(BOX.left + ((value - x0) / (x1 - x0 || 1)) * (BOX.right - BOX.left));
  const y = (value: number) => round(BOX.bottom - ((flat(value) - y0) / (y1 - y0 || 1)) * (BOX.bottom - BOX.top));
  const inX = (value: number) => value >= x0 && value <= x1;
  const colors = series.map((one) => resolveColor(one.color));
  const parts: string[] = [];
  for (const tick of words.log ? logTicks(scales.y) : ticks(scales.y)) {
    parts.push(
      `<path d="M${BOX.left} ${y(tick)}H${BOX.right}" stroke="#e3e7e8"/>`,
      text(BOX.left - 8, y(tick) + 4, formatYTick(tick), "end"),
    );
  }
  for (const tick of ticks(scales.x, isTime(words.xAxis) ? TIME_STEPS : undefined)) {
    parts.push(
      `<path d="M${x(tick)} ${BOX.top}V${BOX.bottom}" stroke="#e3e7e8"/>`,
      text(x(tick), BOX.bottom + 18, formatXTick(words.xAxis, tick), "middle"),
    );
  }
  const drawn: string[] = [];
  for (const { series: i, low, high } of data.bands) {
    const forth = points(data.x, high, x, y);
    const back = points(data.x, low, x, y).reverse();
    const all = [...forth, ...back].join(" ");
    if (all) drawn.push(`<polygon points="${all}" fill="${colors[i] ?? ""}" fill-opacity="0.16"/>`);
  }
  const line = (column: Column, one: ChartSeries | undefined, i: number, faint: boolean) =>
    `<path d="${path(data.x, column, x, y)}" fill="none" stroke="${colors[i] ?? ""}" stroke-width="${faint ? 1 : 1.75}"` +
    `${faint ? ' stroke-opacity="0.35"' : ""}${one?.dash?.length ? ` stroke-dasharray="${one.dash.join(" ")}"` : ""}/>`;
  const smoothed = data.smooth.some((column, i) => column !== data.raw[i]);
  data.raw.forEach((column, i) => drawn.push(line(column, series[i], i, smoothed || (series[i]?.faint ?? false))));
  if (smoothed) data.smooth.forEach((column, i) => drawn.push(line(column, series[i], i, false)));
  data.bad.forEach((bad, i) =>
    bad.filter(inX).forEach((at) => {
      const [cx, cy] = [x(at), BOX.bottom - 7];
      drawn.push(`<path d="M${cx - 3} ${cy - 3}l6 6m0-6l-6 6" stroke="${colors[i] ?? ""}" stroke-width="1.5"/>`);
    }),
  );
  for (const mark of marks.filter((one) => inX(one.x))) {
    drawn.push(
      `<path d="M${x(mark.x)} ${BOX.top}V${BOX.bottom}" stroke="#556066" stroke-dasharray="4 3"/>`,
      text(x(mark.x) + 4, BOX.top + 10, mark.label, "start"),
    );
  }
  const named = series.filter((one) => !one.faint);
  const legend = named.length > 1 ? named.map((one, i) => legendLine(one, i)) : [];
  const height = HEIGHT + legend.length * 20;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<clipPath id="box"><rect x="${BOX.left}" y="${BOX.top}" width="${BOX.right - BOX.left}" height="${BOX.bottom - BOX.top}"/></clipPath>`,
    `<text x="${BOX.left}" y="22" font-size="14" font-weight="600" fill="#14191b">${escape(headline(words))}</text>`,
    ...parts,
    `<g clip-path="url(#box)">${drawn.join("")}</g>`,
    ...legend,
    "</svg>",
    "",
  ].join("\n");
}

function legendLine(one: ChartSeries, i: number): string {
  const at = HEIGHT + i * 20;
  const dash = one.dash?.length ? ` stroke-dasharray="${one.dash.join(" ")}"` : "";
  return `<path d="M${BOX.left} ${at}h24" stroke="${resolveColor(one.color)}" stroke-width="2"${dash}/>${text(BOX.left + 32, at + 4, one.label, "start")}`;
}

type Place = (value: number) => number;

function points(x: ArrayLike<number>, column: Column, px: Place, py: Place): string[] {
  const found: string[] = [];
  for (let i = 0; i < x.length; i += 1) {
    const value = column[i];
    if (value !== null && value !== undefined) found.push(`${px(x[i] ?? 0)},${py(value)}`);
  }
  return found;
}

function path(x: ArrayLike<number>, column: Column, px: Place, py: Place): string {
  let made = "";
  let pen = false;
  for (let i = 0; i < x.length; i += 1) {
    const value = column[i];
    if (value === undefined) continue;
    if (value !== null) made += `${pen ? "L" : "M"}${px(x[i] ?? 0)} ${py(value)}`;
    pen = value !== null;
  }
  return made;
}

function text(x: number, y: number, words: string, anchor: "start" | "middle" | "end"): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="#556066">${escape(words)}</text>`;
}

function escape(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** `step,reward`, a column a line; a name that a spreadsheet would take for a formula is kept from it. */
export function toCsv(series: readonly ChartSeries[], xAxis: XAxis): string {
  const shown = series.filter((one) => one.x.length > 0);
  const x = [...new Set(shown.flatMap((one) => Array.from(one.x)))].sort((a, b) => a - b);
  const values = shown.map((one) => new Map(Array.from(one.x, (at, i) => [at, one.y[i] ?? Number.NaN])));
  const rows = x.map((at) => [at, ...values.map((column) => column.get(at) ?? "")].join(","));
  return [[xAxis, ...shown.map((one) => quoted(one.label))].join(","), ...rows, ""].join("\r\n");
}

function quoted(label: string): string {
  const safe = /^[=+\-@\t\r]/.test(label) ? `'${label}` : label;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
