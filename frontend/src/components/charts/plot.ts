// The uPlot options of a SeriesChart.
import uPlot from "uplot";

import { resolveColor } from "@/theme/runColors";

import { formatXTick, formatYTick, isTime, TIME_STEPS } from "./axes";
import type { ChartData, ChartSeries, XAxis } from "./data";
import type { Range } from "./zoom";

export interface PlotSettings {
  series: readonly ChartSeries[];
  xAxis: XAxis;
  log: boolean;
  smoothing: number;
  syncKey: string | undefined;
  width: number;
  height: number;
  data: () => ChartData;
  onCursor: (x: number | null) => void;
  onZoom: (range: Range) => void;
}

export function plotOptions(settings: PlotSettings, host: Element): uPlot.Options {
  const { series, xAxis, log, smoothing, syncKey, width, height } = settings;
  const style = getComputedStyle(host);
  const muted = style.getPropertyValue("--muted").trim();
  const grid = { stroke: style.getPropertyValue("--grid").trim(), width: 1 };
  const font = `11px ${style.fontFamily}`;
  const axis = { stroke: muted, grid, ticks: { show: false }, font };
  const colors = series.map((one) => resolveColor(one.color, host));
  const line = (one: ChartSeries, i: number, faint: boolean): uPlot.Series => {
    const color = colors[i] ?? muted;
    const stroke = faint || one.faint ? withAlpha(color, 0.35) : color;
    return {
      label: one.label,
      stroke,
      width: faint || one.faint ? 1 : 1.75,
      ...(one.dash?.length ? { dash: one.dash } : {}),
      points: one.faint ? { show: false } : { size: faint ? 4 : 5, fill: stroke },
    };
  };
  const banded = series.flatMap((one, i) => (one.band ? [i] : []));
  // the bands' columns stand behind the lines', high before low
  const edges = 1 + series.length * (smoothing > 0 ? 2 : 1);
  // bounds of few runs are wide: they do not decide the scale alone (`paddedRange`)
  const edge: uPlot.Series = { width: 0, auto: false, points: { show: false } };
  return {
    width,
    height,
    padding: [8, 10, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      points: { size: 7 },
      // what is dragged over becomes the range of all charts of the page (zoom.ts), not uPlot's own
      drag: { x: true, y: false, dist: 6, setScale: false },
      bind: { dblclick: () => null },
      ...(syncKey ? { sync: { key: syncKey, scales: ["x", null], filters: { pub: isMove } } } : {}),
    },
    scales: {
      x: { time: false },
      // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- a const enum of a declaration file has no value at run time
      y: log ? { distr: 3 } : { range: (plot, min, max) => paddedRange(min, max, bounds(plot, settings.data())) },
    },
    bands: banded.map((i, place) => ({
      series: [edges + 2 * place, edges + 2 * place + 1],
      fill: withAlpha(colors[i] ?? muted, 0.16),
    })),
    axes: [
      {
        ...axis,
        size: 26,
        gap: 4,
        space: 60,
        ...(isTime(xAxis) ? { incrs: TIME_STEPS } : {}),
        values: (_, ticks) => ticks.map((tick) => formatXTick(xAxis, tick)),
      },
      {
        ...axis,
        size: 52,
        gap: 4,
        space: 32,
        // on a log axis uPlot leaves some ticks without a label
        values: (_, ticks: (number | null)[]) => ticks.map((tick) => (tick === null ? null : formatYTick(tick))),
      },
    ],
    series: [
      {},
      ...series.map((one, i) => line(one, i, smoothing > 0)),
      ...(smoothing > 0 ? series.map((one, i) => ({ ...line(one, i, false), points: { show: false } })) : []),
      ...banded.flatMap(() => [edge, edge]),
    ],
    hooks: {
      setCursor: [(plot) => settings.onCursor(cursorX(plot))],
      setSelect: [(plot) => takeSelection(plot, settings.onZoom)],
      draw: [(plot) => drawBad(plot, settings.data(), colors)],
    },
  };
}

export function plotColumns(data: ChartData, smoothing: number): uPlot.AlignedData {
  return [
    data.x,
    ...data.raw,
    ...(smoothing > 0 ? data.smooth : []),
    ...data.bands.flatMap(({ low, high }) => [high, low]),
  ];
}

/** Charts tell each other where the cursor is, nothing else. */
function isMove(type: string): boolean {
  return type === "mousemove" || type === "mouseleave";
}

function takeSelection(plot: uPlot, onZoom: (range: Range) => void): void {
  const { left, width } = plot.select;
  if (width <= 0) return;
  onZoom([plot.posToVal(left, "x"), plot.posToVal(left + width, "x")]);
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}

function cursorX(plot: uPlot): number | null {
  const { left } = plot.cursor;
  return left === undefined || left < 0 ? null : plot.posToVal(left, "x");
}

/**
 * A little air above and below; a constant line gets a range of its own. Bands are shown too, up to the
 * height of the lines on either side: with two runs they are so wide that the lines would lie flat.
 */
export function paddedRange(min: number | null, max: number | null, band: Range | null): uPlot.Range.MinMax {
  if (min === null || max === null) return [0, 1];
  const span = max - min || Math.abs(max) || 1;
  const low = band ? Math.min(min, Math.max(band[0], min - span)) : min;
  const high = band ? Math.max(max, Math.min(band[1], max + span)) : max;
  const air = (high - low || span) * 0.06;
  return [low - air, high + air];
}

/** The lowest and highest bound of all bands in the part of x that is shown. */
function bounds(plot: uPlot, data: ChartData): Range | null {
  if (data.bands.length === 0) return null;
  const { min = -Infinity, max = Infinity } = plot.scales.x ?? {};
  let low = Infinity;
  let high = -Infinity;
  data.x.forEach((x, i) => {
    if (x < min || x > max) return;
    for (const band of data.bands) {
      low = Math.min(low, band.low[i] ?? Infinity);
      high = Math.max(high, band.high[i] ?? -Infinity);
    }
  });
  return low <= high ? [low, high] : null;
}

/** A cross at the foot of the chart wherever a value is NaN or infinite. */
function drawBad(plot: uPlot, data: ChartData, colors: readonly string[]): void {
  const { ctx } = plot;
  const ratio = uPlot.pxRatio;
  const size = 3 * ratio;
  const y = plot.bbox.top + plot.bbox.height - 2 * size;
  ctx.save();
  ctx.lineWidth = 1.5 * ratio;
  data.bad.forEach((steps, i) => {
    ctx.strokeStyle = colors[i] ?? "";
    for (const step of steps) {
      const x = plot.valToPos(step, "x", true);
      if (x < plot.bbox.left || x > plot.bbox.left + plot.bbox.width) continue;
      ctx.beginPath();
      ctx.moveTo(x - size, y - size);
      ctx.lineTo(x + size, y + size);
      ctx.moveTo(x + size, y - size);
      ctx.lineTo(x - size, y + size);
      ctx.stroke();
    }
  });
  ctx.restore();
}

function withAlpha(color: string, alpha: number): string {
  return `color-mix(in srgb, ${color} ${alpha * 100}%, transparent)`;
}

/** Shows only this part of the x axis; the y axis follows what is in it. */
export function showRange(plot: uPlot, range: Range | null): void {
  if (range) plot.setScale("x", { min: range[0], max: range[1] });
}
