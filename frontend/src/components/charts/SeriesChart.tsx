import "uplot/dist/uPlot.min.css";

import { Info, ZoomOut } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useEffect, useId, useMemo, useRef, useState, useSyncExternalStore } from "react";

import { Button } from "@/components/ui/button";
import { Tooltip } from "@/components/ui/tooltip";
import { cn } from "@/lib/cn";
import { useTheme } from "@/theme/theme";

import { formatX, X_LABELS } from "./axes";
import { Chart } from "./chart";
import { ChartLegend, readings } from "./ChartLegend";
import { ChartMenu } from "./ChartMenu";
import type { ChartSeries, XAxis } from "./data";
import { type LineSource, still } from "./source";
import { useZoom } from "./zoom";

export type { ChartSeries, XAxis } from "./data";

export interface SeriesChartProps {
  title: string;
  unit?: string;
  /** What the metric means. */
  help?: string;
  /** The lines, or where they come from while they grow. */
  series: readonly ChartSeries[] | LineSource;
  xAxis?: XAxis;
  logY?: boolean;
  /** Weight of the moving average, 0 (off) up to just below 1. */
  smoothing?: number;
  /** Leaves values far from the others out of the picture. */
  ignoreOutliers?: boolean;
  /** Charts with the same key share their cursor. */
  syncKey?: string;
  height?: number;
  /** Height of the legend, which scrolls then: a chart of a fixed height, whatever it shows. */
  legendHeight?: number;
  className?: string;
  /** Says what the lines are of, in the names of files. */
  about?: string;
  /** More items of the chart's menu. */
  menu?: ReactNode;
  /** Reads the points as the server has them, for a file with all of them. */
  allPoints?: () => Promise<readonly ChartSeries[]>;
}

/**
 * Lines over a common x. Drag to zoom, double-click to zoom out; with the keyboard the arrow keys move the
 * cursor from point to point, Home and End to the ends, Escape takes it away.
 */
export function SeriesChart({
  title,
  unit = "",
  help,
  series,
  xAxis = "step",
  logY = false,
  smoothing = 0,
  ignoreOutliers = false,
  syncKey,
  height = 184,
  legendHeight,
  className,
  about = "",
  menu,
  allPoints,
}: SeriesChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const titleId = useId();
  const theme = useTheme();
  const [chart] = useState(() => new Chart());
  const [range, setRange] = useZoom(syncKey, xAxis);
  const source = useMemo(() => (isSource(series) ? series : still(series)), [series]);
  const look = useMemo(
    () => ({ xAxis, log: logY, smoothing, ignoreOutliers, syncKey, height, theme }),
    [xAxis, logY, smoothing, ignoreOutliers, syncKey, height, theme],
  );

  useEffect(() => chart.setRange(range), [chart, range]);
  useEffect(() => {
    if (host.current) return chart.mount(host.current, look, source, setRange);
  }, [chart, look, source, setRange]);
  const { lines, data, at, outside } = useSyncExternalStore(chart.subscribe, chart.current);

  const zoomOut = () => setRange(null);
  const index = chart.index;
  const onKeyDown = (event: KeyboardEvent) => {
    const last = data.x.length - 1;
    const moves: Record<string, number | null> = {
      ArrowLeft: Math.max(0, at === null ? last : index - 1),
      ArrowRight: Math.min(last, at === null ? last : index + 1),
      Home: 0,
      End: last,
      Escape: null,
    };
    if (!(event.key in moves) || last < 0) return;
    event.preventDefault();
    chart.moveTo(moves[event.key] ?? null);
  };

  const read = readings(lines.series, at);
  const x = data.x[index];
  // one line needs no legend: its value stands in the heading
  const single = read.length === 1 && legendHeight === undefined ? read[0] : undefined;
  const spoken = read.map((one) => `${one.label} ${one.text} ${unit} ${one.spread}`.trim()).join(", ");
  const empty = data.x.length > 0 && !data.raw.some((column) => Array.from(column).some((cell) => typeof cell === "number"));

  return (
    <figure className={cn("flex min-w-0 flex-col rounded-lg border border-line [contain:layout_style] bg-surface p-3 pb-1.5", className)}>
      <figcaption className="flex min-h-7 items-center gap-1.5">
        <h3 id={titleId} title={title} className="truncate font-medium">
          {title}
        </h3>
        {unit && <span className="shrink-0 text-xs text-muted">{unit}</span>}
        {help && (
          <Tooltip content={help}>
            <button type="button" className="shrink-0 rounded-full text-muted" aria-label={`About ${title}: ${help}`}>
              <Info className="size-3.5" aria-hidden="true" />
            </button>
          </Tooltip>
        )}
        <span className="ml-auto flex shrink-0 items-baseline gap-1.5 tabular">
          {single && <span className="font-semibold">{single.text}</span>}
          <span className="text-xs text-muted">{x === undefined ? "" : formatX(xAxis, x)}</span>
        </span>
        {range && (
          <Button size="sm" variant="ghost" aria-label="Zoom out" onClick={zoomOut}>
            <ZoomOut aria-hidden="true" />
          </Button>
        )}
        <ChartMenu chart={chart} title={title} unit={unit} about={about} xAxis={xAxis} logY={logY} allPoints={allPoints}>
          {menu}
        </ChartMenu>
      </figcaption>
      <div
        ref={host}
        role="slider"
        tabIndex={0}
        aria-label={`${title} by ${X_LABELS[xAxis].toLowerCase()}`}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, data.x.length - 1)}
        aria-valuenow={Math.max(0, index)}
        aria-valuetext={x === undefined ? "No points yet" : `${formatX(xAxis, x)}: ${spoken}`}
        aria-describedby={titleId}
        onKeyDown={onKeyDown}
        onDoubleClick={zoomOut}
        onBlur={() => chart.moveTo(null)}
        style={{ height }}
        className="relative w-full rounded-sm"
      >
        {empty && (
          <p className="pointer-events-none absolute inset-0 grid place-items-center text-xs text-muted">
            {logY ? "No value above zero to show on a log axis" : "No finite value to show"}
          </p>
        )}
        {outside > 0 && (
          <p className="pointer-events-none absolute top-0 right-2.5 z-10 rounded-sm bg-surface/80 px-1 text-xs text-muted">
            {outside} {outside === 1 ? "outlier" : "outliers"} not shown
          </p>
        )}
      </div>
      {!single && <ChartLegend readings={read} height={legendHeight} />}
    </figure>
  );
}

function isSource(series: readonly ChartSeries[] | LineSource): series is LineSource {
  return "read" in series;
}
