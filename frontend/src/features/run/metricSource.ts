// The lines of one metric of one run, as its charts read them.
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { api, unwrap } from "@/api/client";
import { type Points, spliced } from "@/api/columns";
import { readColumns, type SeriesStore } from "@/api/seriesStore";
import type { Run } from "@/api/types";
import type { ChartSeries, Mark, XAxis } from "@/components/charts/data";
import { nearest } from "@/components/charts/data";
import type { Lines, LineSource } from "@/components/charts/source";
import type { Range } from "@/components/charts/zoom";

/** Points of a chart that is zoomed into: as many as a wide screen has room for. */
const DETAIL_POINTS = 1500;

export interface LineLook {
  key: string;
  label?: string;
  color?: string;
  dash?: number[];
}

/** Where an attempt went on, on the axes that there are. */
export interface Border {
  label: string;
  step: number;
  /** Seconds since the run's first start. */
  wall: number;
}

/** What charts need to know of a run: the same object until it changes. */
export interface ChartedRun {
  id: string;
  name: string;
  borders: readonly Border[];
}

export function useChartedRun(run: Run): ChartedRun {
  const text = JSON.stringify({ id: run.id, name: run.name, borders: attemptBorders(run) });
  return useMemo(() => JSON.parse(text) as ChartedRun, [text]);
}

export function attemptBorders(run: Run): Border[] {
  const start = Date.parse(run.started_at ?? run.attempts[0]?.claimed_at ?? run.created_at);
  return run.attempts.slice(1).map((attempt) => ({
    label: `attempt ${attempt.number}`,
    step: attempt.start_step,
    wall: (Date.parse(attempt.claimed_at) - start) / 1000,
  }));
}

export function onAxis(points: Points, axis: XAxis): Float64Array {
  if (axis === "step") return points.steps;
  return axis === "tokens" ? points.tokens : points.elapsed;
}

/** Borders that have points on both sides, where they stand on the axis. */
export function marksOf(borders: readonly Border[], points: Points, axis: XAxis): Mark[] {
  const x = onAxis(points, axis);
  const [first = Infinity, last = -Infinity] = [x[0], x.at(-1)];
  return borders
    .map(({ label, step, wall }) => {
      if (axis === "wall") return { label, x: wall };
      return { label, x: axis === "step" ? step : (x[nearest(points.steps, step)] ?? first) };
    })
    .filter((mark) => mark.x > first && mark.x <= last);
}

/** The lines of `looks` from the store; `detail` are finer points of the part that is zoomed into. */
export function metricSource(
  store: SeriesStore,
  runId: string,
  looks: readonly LineLook[],
  axis: XAxis,
  borders: readonly Border[],
  detail: ReadonlyMap<string, Points>,
): LineSource {
  const wanted = looks.map(({ key }) => ({ runId, key }));
  let held: readonly Points[] = [];
  let lines: Lines = { series: [], marks: [] };
  return {
    subscribe: (listener) => store.subscribe(wanted, listener),
    at: (step) => {
      const points = looks.map(({ key }) => store.get(runId, key)).find(({ steps }) => steps.length > 0);
      // a metric over time has whole seconds as its steps
      if (!points || axis === "step" || axis === "wall") return points ? step : null;
      return onAxis(points, axis)[nearest(points.steps, step)] ?? null;
    },
    read: () => {
      const now = looks.map(({ key }) => store.get(runId, key));
      if (now.length === held.length && now.every((points, i) => points === held[i])) return lines;
      held = now;
      const shown = looks.map(({ key }, i) => {
        const points = now[i] ?? store.get(runId, key);
        const finer = detail.get(key);
        return finer ? spliced(points, finer) : points;
      });
      const longest = shown.reduce((a, b) => (b.steps.length > a.steps.length ? b : a), shown[0] ?? store.get(runId, ""));
      lines = {
        series: shown.flatMap((points, i) => (points.steps.length > 0 ? [lineOf(points, looks[i], axis)] : [])),
        marks: marksOf(borders, longest, axis),
      };
      return lines;
    },
  };
}

function lineOf(points: Points, look: LineLook | undefined, axis: XAxis): ChartSeries {
  const key = look?.key ?? "";
  return {
    id: key,
    label: look?.label ?? key,
    color: look?.color ?? "var(--series-1)",
    ...(look?.dash?.length ? { dash: look.dash } : {}),
    x: onAxis(points, axis),
    y: points.values,
    ...(points.coarse ? { range: { low: points.low, high: points.high } } : {}),
  };
}

const NO_DETAIL: ReadonlyMap<string, Points> = new Map();

interface Wanted {
  store: SeriesStore;
  run: ChartedRun;
  looks: readonly LineLook[];
  axis: XAxis;
  range: Range | null;
}

/** The source of a chart, with the true points of what is zoomed into. */
export function useMetricSource({ store, run, looks, axis, range }: Wanted) {
  const runId = run.id;
  const keys = useMemo(() => looks.map(({ key }) => key), [looks]);
  const steps = range && stepsOf(store, runId, keys, axis, range);
  const query = useQuery({
    queryKey: ["run", runId, "detail", keys, steps],
    queryFn: async ({ signal }) => {
      const body = { runs: [runId], keys, max_points: DETAIL_POINTS, min_step: steps?.[0] ?? null, max_step: steps?.[1] ?? null };
      const found = await unwrap(api.POST("/api/v1/metrics/query", { body: { ...body, envelope: true }, signal }));
      return new Map(found.series.map((one) => [one.key, readColumns(one).points]));
    },
    enabled: steps !== null,
    staleTime: Infinity,
    gcTime: 60_000,
  });
  const detail = steps ? (query.data ?? NO_DETAIL) : NO_DETAIL;
  return useMemo(
    () => metricSource(store, runId, looks, axis, run.borders, detail),
    [store, runId, looks, axis, run.borders, detail],
  );
}

/** The steps that a part of the axis covers, with one point more on each side; null where all of them are shown as they are. */
export function stepsOf(
  store: SeriesStore,
  runId: string,
  keys: readonly string[],
  axis: XAxis,
  [from, to]: Range,
): [number, number] | null {
  const found = keys.map((key) => store.get(runId, key)).find((points) => points.coarse);
  if (!found) return null;
  const x = onAxis(found, axis);
  const before = x.findLastIndex((value) => value <= from);
  const after = x.findIndex((value) => value >= to);
  const first = found.steps[Math.max(0, before)];
  const last = found.steps[after < 0 ? found.steps.length - 1 : after];
  return first === undefined || last === undefined ? null : [first, last];
}

/** Where the server has every point of some metrics, as CSV. */
export function pointsUrl(runId: string, looks: readonly LineLook[]): string {
  const query = new URLSearchParams(looks.map(({ key }) => ["key", key]));
  return `/api/v1/runs/${runId}/points.csv?${query.toString()}`;
}
