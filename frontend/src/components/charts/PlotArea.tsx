import { type KeyboardEvent, type ReactNode, type RefObject, useLayoutEffect, useRef, useSyncExternalStore } from "react";

import { formatX, X_LABELS } from "./axes";
import type { Chart } from "./chart";
import type { Column, XAxis } from "./data";
import { readings } from "./readings";
import type { LineSource } from "./source";

/** Something to see and to click on at a step. */
export interface Flag {
  id: string;
  step: number;
  node: ReactNode;
}

interface Props {
  chart: Chart;
  source: LineSource;
  flags: readonly Flag[];
  host: RefObject<HTMLDivElement | null>;
  labels: { title: string; unit: string; titleId: string; xAxis: XAxis; logY: boolean };
  height: number;
  onDoubleClick: () => void;
}

/** The element that a chart draws in: for people without a mouse a slider along its x. */
export function PlotArea({ chart, source, flags, host, labels, height, onDoubleClick }: Props) {
  const { title, unit, titleId, xAxis, logY } = labels;
  const { lines, data, at, outside } = useSyncExternalStore(chart.subscribe, chart.current);
  const { index } = chart;
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

  const placed = flags.flatMap(({ id, step, node }) => {
    const x = source.at?.(step) ?? null;
    return x === null ? [] : [{ id, x, node }];
  });
  // the chart knows where on the screen they are, and moves them as it is drawn
  const layer = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => chart.placeFlags(layer.current));

  const x = data.x[index];
  const spoken = readings(lines.series, at).map((one) => `${one.label} ${one.text} ${unit} ${one.spread}`.trim()).join(", ");
  const empty = data.x.length > 0 && !data.raw.some(hasNumber);
  return (
    <div className="relative">
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
        onDoubleClick={onDoubleClick}
        onBlur={() => chart.moveTo(null)}
        style={{ height }}
        className="relative w-full rounded-sm"
      >
        {data.x.length === 0 && (
          <p className="pointer-events-none absolute inset-0 grid place-items-center text-xs text-muted">No points yet</p>
        )}
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
      {placed.length > 0 && (
        <div ref={layer} className="pointer-events-none absolute inset-0">
          {placed.map(({ id, x, node }) => (
            <div key={id} data-x={x} style={{ visibility: "hidden" }} className="absolute top-0 bottom-6.5 flex w-0 flex-col items-center">
              <div className="pointer-events-auto">{node}</div>
              <span aria-hidden="true" className="w-px flex-1 bg-warning/50" />
            </div>
          ))}
        </div>
      )}
    </div>
  );
}

function hasNumber(column: Column): boolean {
  for (let i = 0; i < column.length; i += 1) if (typeof column[i] === "number") return true;
  return false;
}
