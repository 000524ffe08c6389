import { useState, useSyncExternalStore } from "react";

import { formatX } from "./axes";
import type { Chart } from "./chart";
import type { XAxis } from "./data";
import { readings } from "./readings";

/** Where the cursor is, or the last x; and the value there where one line needs no legend. */
export function Reading({ chart, xAxis, hasLegend }: { chart: Chart; xAxis: XAxis; hasLegend: boolean }) {
  const { lines, data, at } = useSyncExternalStore(chart.subscribe, chart.current);
  const read = hasLegend ? [] : readings(lines.series, at);
  const x = data.x[chart.index];
  const value = read.length === 1 ? (read[0]?.text ?? "") : "";
  const place = x === undefined ? "" : formatX(xAxis, x);
  const [widest, setWidest] = useState(0);
  const length = value.length + place.length;
  if (length > widest) setWidest(length);
  return (
    // never narrower than it was: a title that is cut off elsewhere at each value makes the browser sort all its layers again
    <span className="ml-auto flex shrink-0 items-baseline justify-end gap-1.5 tabular" style={{ minWidth: `${1.1 * widest}ch` }}>
      {value && <span className="font-semibold">{value}</span>}
      <span className="text-xs text-muted">{place}</span>
    </span>
  );
}
