import { formatNumber } from "@/lib/format";

import { type ChartSeries, nearest } from "./data";

export interface Reading {
  id: string;
  label: string;
  color: string;
  dash: readonly number[];
  text: string;
  /** Half the interval and how many runs it is of, where it is a mean. */
  spread: string;
}

/** Each series' value at the point nearest to x; its last value without an x. */
export function readings(series: readonly ChartSeries[], x: number | null): Reading[] {
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

/** Which line is which, with its value under the cursor. */
export function ChartLegend({ readings, height }: { readings: readonly Reading[]; height?: number | undefined }) {
  return (
    <ul
      // one that scrolls must be reachable by keyboard
      tabIndex={height !== undefined && readings.length > 1 ? 0 : undefined}
      aria-label="Lines"
      style={{ height }}
      className="mt-1.5 flex max-h-24 flex-wrap content-start gap-x-4 gap-y-0.5 overflow-y-auto text-xs"
    >
      {readings.map((one) => (
        <li key={one.id} className="flex max-w-full min-w-0 items-center gap-1.5">
          <svg width="22" height="4" className="shrink-0" aria-hidden="true">
            <line x1="0" y1="2" x2="22" y2="2" strokeWidth="2.5" strokeDasharray={one.dash.join(" ") || undefined} style={{ stroke: one.color }} />
          </svg>
          <span className="truncate text-muted" title={one.label}>
            {one.label}
          </span>
          <span className="font-medium tabular">{one.text}</span>
          {one.spread && <span className="text-muted tabular">{one.spread}</span>}
        </li>
      ))}
    </ul>
  );
}
