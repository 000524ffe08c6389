import { useSyncExternalStore } from "react";

import type { Chart } from "./chart";
import { readings } from "./readings";

interface Props {
  chart: Chart;
  /** Its height; without one it is as high as it must be, and a single line has none. */
  height: number | undefined;
}

/** Which line is which, with its value under the cursor. */
export function ChartLegend({ chart, height }: Props) {
  const { lines, at } = useSyncExternalStore(chart.subscribe, chart.current);
  const read = readings(lines.series, at);
  if (read.length === 1 && height === undefined) return null;
  return (
    <ul
      // one that scrolls must be reachable by keyboard
      tabIndex={height !== undefined && read.length > 1 ? 0 : undefined}
      aria-label="Lines"
      style={{ height }}
      className="mt-1.5 flex max-h-24 flex-wrap content-start gap-x-4 gap-y-0.5 overflow-y-auto text-xs"
    >
      {read.map((one) => (
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
