import { formatNumber } from "@/lib/format";

import { type ChartSeries, nearest } from "./data";

export interface Reading {
  id: string;
  label: string;
  color: string;
  dashed: boolean;
  text: string;
}

/** Each series' value at the point nearest to x; its last value without an x. */
export function readings(series: readonly ChartSeries[], x: number | null): Reading[] {
  return series.map((one) => {
    const i = x === null ? one.x.length - 1 : nearest(one.x, x);
    return {
      id: one.id,
      label: one.label,
      color: one.color,
      dashed: Boolean(one.dash?.length),
      text: formatNumber(one.y[i]),
    };
  });
}

/** Which line is which, with its value under the cursor. */
export function ChartLegend({ readings }: { readings: readonly Reading[] }) {
  return (
    <ul className="mt-1.5 flex max-h-24 flex-wrap gap-x-4 gap-y-0.5 overflow-y-auto text-xs">
      {readings.map((one) => (
        <li key={one.id} className="flex max-w-full min-w-0 items-center gap-1.5">
          <svg width="16" height="4" className="shrink-0" aria-hidden="true">
            <line x1="0" y1="2" x2="16" y2="2" strokeWidth="2.5" strokeDasharray={one.dashed ? "4 3" : undefined} style={{ stroke: one.color }} />
          </svg>
          <span className="truncate text-muted" title={one.label}>
            {one.label}
          </span>
          <span className="font-medium tabular">{one.text}</span>
        </li>
      ))}
    </ul>
  );
}
