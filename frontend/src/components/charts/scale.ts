// Which values a chart has room for.
import type { ChartData, Column } from "./data";
import type { Range } from "./zoom";

/** What lies further beyond the middle half of the values than this many times its width is an outlier. */
const FENCE = 3;

/**
 * A little air above and below; a constant line gets a range of its own. Bands are shown too, up to the
 * height of the lines on either side: with two runs they are so wide that the lines would lie flat.
 */
export function paddedRange(min: number | null, max: number | null, band: Range | null): [number, number] {
  if (min === null || max === null) return [0, 1];
  const span = max - min || Math.abs(max) || 1;
  const low = band ? Math.min(min, Math.max(band[0], min - span)) : min;
  const high = band ? Math.max(max, Math.min(band[1], max + span)) : max;
  const air = (high - low || span) * 0.06;
  return [low - air, high + air];
}

/** The lowest and highest value of some columns where x is in a range. */
export function extent(x: ArrayLike<number>, columns: readonly Column[], [from, to]: Range): Range | null {
  let low = Infinity;
  let high = -Infinity;
  for (const column of columns) {
    for (let i = 0; i < x.length; i += 1) {
      const at = x[i] ?? 0;
      const value = column[i];
      if (at < from || at > to || value === null || value === undefined) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low <= high ? [low, high] : null;
}

/** The part of the values between the outer fences; null where there is no outlier. */
export function fenced(data: ChartData, [from, to]: Range): Range | null {
  const values: number[] = [];
  for (const column of data.raw) {
    for (let i = 0; i < data.x.length; i += 1) {
      const at = data.x[i] ?? 0;
      const value = column[i];
      if (at >= from && at <= to && value !== null && value !== undefined) values.push(value);
    }
  }
  if (values.length < 8) return null;
  values.sort((a, b) => a - b);
  const quarter = (share: number) => values[Math.round(share * (values.length - 1))] ?? 0;
  const [low, high] = [quarter(0.25), quarter(0.75)];
  const fence = FENCE * (high - low);
  if (fence === 0) return null; // half of the values are equal: the others are no outliers of it
  const inside = values.filter((value) => value >= low - fence && value <= high + fence);
  if (inside.length === values.length) return null;
  return [inside[0] ?? low, inside.at(-1) ?? high];
}

/** How many shown values lie outside a range of y. */
export function countOutside(data: ChartData, [from, to]: Range, [low, high]: Range): number {
  let count = 0;
  for (const column of data.raw) {
    for (let i = 0; i < data.x.length; i += 1) {
      const at = data.x[i] ?? 0;
      const value = column[i];
      if (at < from || at > to || value === null || value === undefined) continue;
      if (value < low || value > high) count += 1;
    }
  }
  return count;
}

/** The range of y for what is shown of x. */
export function yRange(data: ChartData, x: Range, log: boolean, ignoreOutliers: boolean): Range {
  const whole = data.bands.filter((band) => band.whole).flatMap(({ low, high }) => [low, high]);
  const lines = extent(data.x, [...data.raw, ...whole], x);
  const inner = (ignoreOutliers ? fenced(data, x) : null) ?? lines;
  if (log) return inner ?? [0.1, 1];
  const soft = data.bands.filter((band) => !band.whole).flatMap(({ low, high }) => [low, high]);
  return paddedRange(inner?.[0] ?? null, inner?.[1] ?? null, soft.length > 0 ? extent(data.x, soft, x) : null);
}
