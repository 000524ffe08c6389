// What is read off a chart's lines at an x.
import { formatNumber } from "@/lib/format";

import { type ChartSeries, nearest } from "./data";

export interface LineReading {
  id: string;
  label: string;
  color: string;
  dash: readonly number[];
  text: string;
  /** Half the interval and how many runs it is of, where it is a mean. */
  spread: string;
}

/** Each series' value at the point nearest to x; its last value without an x. */
export function readings(series: readonly ChartSeries[], x: number | null): LineReading[] {
  return series
    .filter((one) => !one.faint)
    .map((one) => {
      const i = x === null ? one.x.length - 1 : nearest(one.x, x);
      return {
        id: one.id,
        label: one.label,
        color: one.color,
        dash: one.dash ?? [],
        text: formatNumber(one.y[i]),
        spread: spread(one, i),
      };
    });
}

/** `± 0.03, n 5` of a mean; nothing of a single run. */
function spread({ band, n, y }: ChartSeries, i: number): string {
  const half = band ? ((band.high[i] ?? Number.NaN) - (band.low[i] ?? Number.NaN)) / 2 : Number.NaN;
  // equal values leave a rest of rounding
  const width = half < 1e-9 * Math.abs(y[i] ?? 0) ? 0 : half;
  const words = [Number.isFinite(width) ? `± ${formatNumber(width, 2)}` : "", n?.[i] !== undefined ? `n ${n[i]}` : ""];
  return words.filter(Boolean).join(", ");
}
