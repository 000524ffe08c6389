import "uplot/dist/uPlot.min.css";

import { Info, ZoomOut } from "lucide-react";
import { type ReactNode, useEffect, useId, useMemo, useRef, useState } from "react";

import { Button } from "@/components/ui/button";
import { Tooltip } from "@/components/ui/tooltip";
import { cn } from "@/lib/cn";
import { useTheme } from "@/theme/theme";

import { Chart } from "./chart";
import { ChartLegend } from "./ChartLegend";
import { ChartMenu } from "./ChartMenu";
import type { ChartSeries, XAxis } from "./data";
import { type Flag, PlotArea } from "./PlotArea";
import { Reading } from "./Reading";
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
  /** Where the server has all points as CSV. */
  pointsUrl?: string;
  /** What stands at a step of the run, above the lines. */
  flags?: readonly Flag[];
}

const NO_FLAGS: readonly Flag[] = [];

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
  pointsUrl,
  flags = NO_FLAGS,
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

  const zoomOut = () => setRange(null);
  return (
    <figure className={cn("flex min-w-0 flex-col rounded-lg border border-line [contain:layout_style] bg-surface p-3 pb-1.5", className)}>
      <figcaption className="flex min-h-7 items-center gap-1.5">
        <h3 id={titleId} title={title} className="truncate font-medium">
          {title}
        </h3>
        {unit && <span className="shrink-0 text-xs text-muted">{unit}</span>}
        {help && (
          <Tooltip content={help}>
            <button type="button" className="-m-1 flex size-6 shrink-0 items-center justify-center rounded-full text-muted" aria-label={`About ${title}: ${help}`}>
              <Info className="size-3.5" aria-hidden="true" />
            </button>
          </Tooltip>
        )}
        <Reading chart={chart} xAxis={xAxis} hasLegend={legendHeight !== undefined} />
        {range && (
          <Button size="sm" variant="ghost" aria-label="Zoom out" onClick={zoomOut}>
            <ZoomOut aria-hidden="true" />
          </Button>
        )}
        <ChartMenu chart={chart} title={title} unit={unit} about={about} xAxis={xAxis} logY={logY} pointsUrl={pointsUrl}>
          {menu}
        </ChartMenu>
      </figcaption>
      <PlotArea
        chart={chart}
        host={host}
        source={source}
        flags={flags}
        labels={{ title, unit, titleId, xAxis, logY }}
        onDoubleClick={zoomOut}
        height={height}
      />
      <ChartLegend chart={chart} height={legendHeight} />
    </figure>
  );
}

function isSource(series: readonly ChartSeries[] | LineSource): series is LineSource {
  return "read" in series;
}
