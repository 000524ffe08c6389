import { useSyncExternalStore } from "react";

import { formatX } from "./axes";
import type { Chart } from "./chart";
import type { XAxis } from "./data";
import { readings } from "./readings";

/** Where the cursor is, or the last x; and the value there where one line needs no legend. */
export function Reading({ chart, xAxis, hasLegend }: { chart: Chart; xAxis: XAxis; hasLegend: boolean }) {
  const { lines, data, at } = useSyncExternalStore(chart.subscribe, chart.current);
  const read = hasLegend ? [] : readings(lines.series, at);
  const x = data.x[chart.index];
  return (
    // as wide as its text mostly is: a title that is cut off elsewhere at each value costs the browser another sorting of its layers
    <span className="ml-auto flex min-w-34 shrink-0 items-baseline justify-end gap-1.5 tabular">
      {read.length === 1 && <span className="font-semibold">{read[0]?.text}</span>}
      <span className="text-xs text-muted">{x === undefined ? "" : formatX(xAxis, x)}</span>
    </span>
  );
}
