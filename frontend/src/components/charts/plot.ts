// The uPlot options of a chart.
import uPlot from "uplot";

import { resolveColor } from "@/theme/runColors";

import { formatXTick, formatYTick, isTime, TIME_STEPS, WHOLE_STEPS } from "./axes";
import type { ChartData, ChartSeries, Column, Mark, XAxis } from "./data";
import { drawBad, drawMarks } from "./overlay";
import { yRange } from "./scale";
import type { Range } from "./zoom";

/** How a chart is drawn, whatever its points are. */
export interface Look {
  xAxis: XAxis;
  log: boolean;
  smoothing: number;
  ignoreOutliers: boolean;
  syncKey: string | undefined;
  height: number;
}

export interface PlotSettings extends Look {
  series: readonly ChartSeries[];
  width: number;
  data: () => ChartData;
  marks: () => readonly Mark[];
  onCursor: (x: number | null) => void;
  onDraw: () => void;
  onZoom: (range: Range) => void;
}

const WIDTH = 1.75;
const paths = uPlot.paths.linear?.();

/**
 * Lines of a width, made of lines of one pixel beside each other: without a GPU browsers draw those ten
 * times as fast as one that is wider, whose outline they compute from all its corners.
 */
function thick(build: uPlot.Series.PathBuilder, width: number): uPlot.Series.PathBuilder {
  return (plot, ...which) => {
    const made = build(plot, ...which);
    const line = made?.stroke;
    if (!made || !(line instanceof Path2D)) return made;
    const apart = width * uPlot.pxRatio - 1;
    const count = Math.ceil(apart) + 1;
    const stroke = new Path2D();
    for (let i = 0; i < count; i += 1) {
      stroke.addPath(line, new DOMMatrix([1, 0, 0, 1, 0, count > 1 ? (i / (count - 1) - 0.5) * apart : 0]));
    }
    return { ...made, stroke };
  };
}

export function plotOptions(settings: PlotSettings, host: Element): uPlot.Options {
  const { series, xAxis, log, smoothing, ignoreOutliers, syncKey, width, height } = settings;
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
      width: 1 / uPlot.pxRatio,
      ...(paths ? { paths: thick(paths, faint || one.faint ? 1 : WIDTH) } : {}),
      ...(one.dash?.length ? { dash: one.dash } : {}),
      points: one.faint ? { show: false } : { size: faint ? 4 : 5, width: 1, fill: stroke },
    };
  };
  const banded = series.flatMap((one, i) => [...(one.band ? [i] : []), ...(one.range ? [i] : [])]);
  // the bands' columns stand behind the lines', high before low
  const edges = 1 + series.length * (smoothing > 0 ? 2 : 1);
  // what decides the scale is `yRange`
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
      y: {
        // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- a const enum of a declaration file has no value at run time
        distr: log ? 3 : 1,
        range: (plot) => {
          const [low, high] = yRange(settings.data(), shownX(plot), log, ignoreOutliers);
          return log ? uPlot.rangeLog(low, high, 10, false) : [low, high];
        },
      },
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
        incrs: isTime(xAxis) ? TIME_STEPS : WHOLE_STEPS,
        values: (_, ticks) => ticks.map((tick) => formatXTick(xAxis, tick)),
      },
      {
        ...axis,
        size: 52,
        gap: 4,
        space: 32,
        // on a log axis uPlot leaves some ticks without a label
        values: (_, ticks: (number | null)[], _axis, _space, apart) => {
          return ticks.map((tick) => (tick === null ? null : formatYTick(tick, log ? 0 : apart)));
        },
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
      draw: [
        (plot) => {
          drawMarks(plot, settings.marks(), muted, font);
          drawBad(plot, settings.data(), colors);
          settings.onDraw();
        },
      ],
    },
  };
}

export function plotColumns(data: ChartData, smoothing: number): uPlot.AlignedData {
  const columns: Column[] = [
    ...data.raw,
    ...(smoothing > 0 ? data.smooth : []),
    ...data.bands.flatMap(({ low, high }) => [high, low]),
  ];
  // uPlot only reads by index; its types want arrays
  return [data.x, ...columns] as unknown as uPlot.AlignedData;
}

/** The part of the x axis that is shown. */
export function shownX(plot: uPlot): Range {
  const { min, max } = plot.scales.x ?? {};
  return [min ?? -Infinity, max ?? Infinity];
}

/** Shows only this part of the x axis, or all of it; the y axis follows what is in it. */
export function showRange(plot: uPlot, range: Range | null): void {
  if (range) plot.setScale("x", { min: range[0], max: range[1] });
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

export function withAlpha(color: string, alpha: number): string {
  return `color-mix(in srgb, ${color} ${alpha * 100}%, transparent)`;
}
