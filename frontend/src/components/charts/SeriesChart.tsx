import "uplot/dist/uPlot.min.css";

import { Info, ZoomOut } from "lucide-react";
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import uPlot from "uplot";

import { Button } from "@/components/ui/button";
import { Tooltip } from "@/components/ui/tooltip";
import { cn } from "@/lib/cn";
import { useTheme } from "@/theme/theme";

import { formatX, X_LABELS } from "./axes";
import { ChartLegend, readings } from "./ChartLegend";
import { align, type ChartSeries, nearest, type XAxis } from "./data";
import { plotColumns, plotOptions, showRange } from "./plot";
import { useZoom } from "./zoom";

export type { ChartSeries, XAxis } from "./data";

export interface SeriesChartProps {
  title: string;
  unit?: string;
  /** What the metric means. */
  help?: string;
  series: readonly ChartSeries[];
  xAxis?: XAxis;
  logY?: boolean;
  /** Weight of the moving average, 0 (off) up to just below 1. */
  smoothing?: number;
  /** Charts with the same key share their cursor. */
  syncKey?: string;
  height?: number;
  /** Height of the legend, which scrolls then: a chart of a fixed height, whatever it shows. */
  legendHeight?: number;
  className?: string;
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
  syncKey,
  height = 184,
  legendHeight,
  className,
}: SeriesChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const titleId = useId();
  const theme = useTheme();
  const [at, setAt] = useState<number | null>(null);
  const [range, setRange] = useZoom(syncKey, xAxis);
  const data = useMemo(() => align(series, smoothing, logY), [series, smoothing, logY]);
  const latest = useRef({ data, series, range });
  useEffect(() => {
    latest.current = { data, series, range };
  });
  // what needs another uPlot; everything else is only new data
  const looks = series
    .map((one) => `${one.id} ${one.color} ${one.dash?.join() ?? ""} ${one.faint} ${one.band !== undefined} ${one.label}`)
    .join("\n");

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const settings = {
      series: latest.current.series,
      xAxis,
      log: logY,
      smoothing,
      syncKey,
      width: element.clientWidth,
      height,
      data: () => latest.current.data,
      onCursor: setAt,
      onZoom: setRange,
    };
    const made = new uPlot(plotOptions(settings, element), plotColumns(latest.current.data, smoothing), element);
    plot.current = made;
    showRange(made, latest.current.range);
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
      setAt(null);
    };
  }, [looks, xAxis, logY, smoothing, syncKey, height, theme, setRange]);

  const shown = useRef({ data, range });
  useEffect(() => {
    if (shown.current.data === data && shown.current.range === range) return;
    shown.current = { data, range };
    // a zoomed chart stays where it is when points arrive; the others follow
    plot.current?.setData(plotColumns(data, smoothing), range === null);
    if (plot.current) showRange(plot.current, range);
  }, [data, smoothing, range]);

  const zoomOut = () => setRange(null);

  const index = at === null ? data.x.length - 1 : nearest(data.x, at);
  const moveTo = (i: number | null) => {
    const left = i === null ? -10 : (plot.current?.valToPos(data.x[i] ?? 0, "x") ?? -10);
    plot.current?.setCursor({ left, top: 0 });
  };
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
    moveTo(moves[event.key] ?? null);
  };

  const read = readings(series, at);
  const x = data.x[index];
  // one line needs no legend: its value stands in the heading
  const single = read.length === 1 && legendHeight === undefined ? read[0] : undefined;
  const spoken = read.map((one) => `${one.label} ${one.text} ${unit} ${one.spread}`.trim()).join(", ");

  return (
    <figure className={cn("flex min-w-0 flex-col rounded-lg border border-line bg-surface p-3 pb-1.5", className)}>
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
        onBlur={() => moveTo(null)}
        style={{ height }}
        className="relative w-full rounded-sm"
      >
        {data.x.length > 0 && !data.raw.flat().some((cell) => typeof cell === "number") && (
          <p className="pointer-events-none absolute inset-0 grid place-items-center text-xs text-muted">
            {logY ? "No value above zero to show on a log axis" : "No finite value to show"}
          </p>
        )}
      </div>
      {!single && <ChartLegend readings={read} height={legendHeight} />}
    </figure>
  );
}
