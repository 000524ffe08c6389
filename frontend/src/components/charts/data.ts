// From series to what uPlot draws: one sorted x for all, columns aligned to it.

/** `time` is the seconds spent training; `wall` those since the run's first start. */
export type XAxis = "step" | "time" | "tokens" | "wall" | "position";

type Numbers = ArrayLike<number>;

/** Something that happened at an x, such as the start of another attempt. */
export interface Mark {
  x: number;
  label: string;
}

export interface ChartSeries {
  id: string;
  label: string;
  /** A CSS colour; `var(--series-1)` follows the theme. */
  color: string;
  /** Dash pattern in pixels; empty or absent is solid. */
  dash?: number[];
  /** Ascending. */
  x: Numbers;
  /** One for each x; what is not finite becomes a gap with a mark. */
  y: Numbers;
  /** Bounds around y, drawn as a band; where they are not finite there is none. */
  band?: { low: Numbers; high: Numbers };
  /** The range of what each y is the mean of, drawn as a band whole, never smoothed. */
  range?: { low: Numbers; high: Numbers };
  /** How many runs each y is the mean of. */
  n?: Numbers;
  /** A thin line in the background, without an entry in the legend. */
  faint?: boolean;
}

/** A column value: null is a gap, undefined only says that this series has no point at this x. */
export type Cell = number | null | undefined;
export type Column = ArrayLike<Cell>;

export interface Band {
  series: number;
  low: Column;
  high: Column;
  /** It decides the scale as the lines do. */
  whole: boolean;
}

export interface ChartData {
  x: Numbers;
  /** The values as they are, a column a series. */
  raw: Column[];
  /** Smoothed values; the raw columns when smoothing is 0. */
  smooth: Column[];
  /** x of the values that are not finite, a list a series. */
  bad: number[][];
  bands: Band[];
}

/**
 * Exponential moving average with the start corrected, so that it does not begin at zero (Adam's bias
 * correction, as TensorBoard does). Values that are not finite stay as they are and change nothing.
 */
export function smooth(values: Numbers, weight: number): Numbers {
  if (weight <= 0) return values;
  const smoothed = new Float64Array(values.length);
  let average = 0;
  let left = 1; // weight ** (values seen)
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] ?? Number.NaN;
    smoothed[i] = value;
    if (!Number.isFinite(value)) continue;
    left *= weight;
    average = average * weight + (1 - weight) * value;
    smoothed[i] = average / (1 - left);
  }
  return smoothed;
}

/** Aligns all series to the union of their x. On a log axis what is not positive is a gap. */
export function align(series: readonly ChartSeries[], smoothing: number, log: boolean): ChartData {
  const x = commonX(series);
  const column = x.aligned
    ? (_: ChartSeries, values: Numbers) => shown(values, log)
    : (one: ChartSeries, values: Numbers) => placed(one, values, x.place, x.x.length, log);
  return {
    x: x.x,
    raw: series.map((one) => column(one, one.y)),
    smooth: series.map((one) => column(one, smooth(one.y, smoothing))),
    bad: series.map((one) => badX(one)),
    bands: series.flatMap((one, i) => [
      ...(one.band
        ? [
            {
              series: i,
              low: column(one, smooth(one.band.low, smoothing)),
              high: column(one, smooth(one.band.high, smoothing)),
              whole: false,
            },
          ]
        : []),
      ...(one.range ? [{ series: i, low: column(one, one.range.low), high: column(one, one.range.high), whole: true }] : []),
    ]),
  };
}

/** One x for all series; where they have the same one there is nothing to place. */
function commonX(series: readonly ChartSeries[]) {
  const first = series[0]?.x ?? [];
  const same = series.every((one) => one.x === first || equal(one.x, first));
  if (same && isAscending(first)) return { x: first, aligned: true, place: new Map<number, number>() };
  const x = [...new Set(series.flatMap((one) => Array.from(one.x)))].sort((a, b) => a - b);
  return { x, aligned: false, place: new Map(x.map((value, i) => [value, i])) };
}

function equal(a: Numbers, b: Numbers): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}

function isAscending(x: Numbers): boolean {
  for (let i = 1; i < x.length; i += 1) if ((x[i] ?? 0) <= (x[i - 1] ?? 0)) return false;
  return true;
}

function isShown(value: number, log: boolean): boolean {
  return Number.isFinite(value) && (!log || value > 0);
}

/** `values` themselves where all can be shown, else with gaps. */
function shown(values: Numbers, log: boolean): Column {
  for (let i = 0; i < values.length; i += 1) {
    if (!isShown(values[i] ?? Number.NaN, log)) {
      return Array.from(values, (value) => (isShown(value, log) ? value : null));
    }
  }
  return values;
}

function placed(one: ChartSeries, values: Numbers, place: Map<number, number>, length: number, log: boolean): Column {
  const cells = new Array<Cell>(length).fill(undefined);
  for (let i = 0; i < one.x.length; i += 1) {
    const value = values[i] ?? Number.NaN;
    cells[place.get(one.x[i] ?? 0) ?? 0] = isShown(value, log) ? value : null;
  }
  return cells;
}

function badX({ x, y }: ChartSeries): number[] {
  const bad: number[] = [];
  for (let i = 0; i < x.length; i += 1) {
    if (!Number.isFinite(y[i] ?? Number.NaN)) bad.push(x[i] ?? 0);
  }
  return bad;
}

/** Index of the x nearest to `wanted`, or -1 when there is none. */
export function nearest(x: Numbers, wanted: number): number {
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
