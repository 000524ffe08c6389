// From series to what uPlot draws: one sorted x for all, columns aligned to it.

/** `time` is the seconds spent training; `wall` those since the run's first start. */
export type XAxis = "step" | "time" | "tokens" | "wall";

export interface ChartSeries {
  id: string;
  label: string;
  /** A CSS colour; `var(--series-1)` follows the theme. */
  color: string;
  /** Dash pattern in pixels; empty or absent is solid. */
  dash?: number[];
  /** Ascending. */
  x: readonly number[];
  /** One for each x; what is not finite becomes a gap with a mark. */
  y: readonly number[];
  /** Bounds around y, drawn as a band; where they are not finite there is none. */
  band?: { low: readonly number[]; high: readonly number[] };
  /** How many runs each y is the mean of. */
  n?: readonly number[];
  /** A thin line in the background, without an entry in the legend. */
  faint?: boolean;
}

/** A column value: null is a gap, undefined only says that this series has no point at this x. */
export type Cell = number | null | undefined;

export interface ChartData {
  x: number[];
  /** The values as they are, a column a series. */
  raw: Cell[][];
  /** Smoothed values; the raw columns when smoothing is 0. */
  smooth: Cell[][];
  /** x of the values that are not finite, a list a series. */
  bad: number[][];
  /** Smoothed bounds, a pair for each series that has a band. */
  bands: { series: number; low: Cell[]; high: Cell[] }[];
}

/**
 * Exponential moving average with the start corrected, so that it does not begin at zero (Adam's bias
 * correction, as TensorBoard does). Values that are not finite stay as they are and change nothing.
 */
export function smooth(values: readonly number[], weight: number): number[] {
  if (weight <= 0) return [...values];
  let average = 0;
  let seen = 0;
  return values.map((value) => {
    if (!Number.isFinite(value)) return value;
    seen += 1;
    average = average * weight + (1 - weight) * value;
    return average / (1 - weight ** seen);
  });
}

function cell(value: number, log: boolean): Cell {
  return Number.isFinite(value) && (!log || value > 0) ? value : null;
}

/** Aligns all series to the union of their x. On a log axis what is not positive is a gap. */
export function align(series: readonly ChartSeries[], smoothing: number, log: boolean): ChartData {
  const x = [...new Set(series.flatMap((one) => one.x))].sort((a, b) => a - b);
  const place = new Map(x.map((value, i) => [value, i]));
  const column = (one: ChartSeries, values: readonly number[]): Cell[] => {
    const cells = new Array<Cell>(x.length).fill(undefined);
    one.x.forEach((at, i) => {
      cells[place.get(at) ?? 0] = cell(values[i] ?? Number.NaN, log);
    });
    return cells;
  };
  return {
    x,
    raw: series.map((one) => column(one, one.y)),
    smooth: series.map((one) => column(one, smooth(one.y, smoothing))),
    bad: series.map((one) => one.x.filter((_, i) => !Number.isFinite(one.y[i] ?? Number.NaN))),
    bands: series.flatMap((one, i) =>
      one.band
        ? [{ series: i, low: column(one, smooth(one.band.low, smoothing)), high: column(one, smooth(one.band.high, smoothing)) }]
        : [],
    ),
  };
}

/** Index of the x nearest to `wanted`, or -1 when there is none. */
export function nearest(x: readonly number[], wanted: number): number {
  let low = 0;
  let high = x.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((x[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  const before = x[low - 1];
  const at = x[low];
  if (at === undefined) return -1;
  return before !== undefined && wanted - before <= at - wanted ? low - 1 : low;
}
