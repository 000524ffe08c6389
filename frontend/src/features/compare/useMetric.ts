/** The lines of one chart: of single runs as their points arrive, of groups as the server averages them. */

import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { api, unwrap } from "@/api/client";
import { fromWire } from "@/api/numbers";
import { curves as curvesQuery } from "@/api/queries";
import type { Points } from "@/api/seriesStore";
import { useSeries } from "@/api/useSeries";
import type { ChartSeries, XAxis } from "@/components/charts/data";

import type { Line } from "./lines";
import { AGAIN_MS, type Live } from "./useCompared";

/** Points of all runs of a chart; few runs are shown more finely. */
const CHART_POINTS = 24_000;
const CURVE_POINTS = 500;

interface Wanted {
  lines: readonly Line[];
  live: Live;
  metric: string;
  axis: XAxis;
  /** Lines are the means of groups, or their differences to the baseline. */
  means: boolean;
  diff: boolean;
  /** Each run is drawn too, behind the means. */
  each: boolean;
  moving: boolean;
}

export interface MetricLines {
  series: ChartSeries[];
  isPending: boolean;
  error: Error | null;
  retry: () => void;
}

export function useMetric({ lines, live, metric, axis, means, diff, each, moving }: Wanted): MetricLines {
  const shown = useMemo(() => lines.filter((line) => !line.hidden), [lines]);
  const drawn = useMemo(() => (!means || (each && !diff) ? shown : []), [means, each, diff, shown]);
  const runs = useRuns(drawn, live, metric, axis, means);
  const curves = useCurves({ lines: means ? lines : [], metric, axis, diff, moving });
  const visible = useMemo(() => {
    const ids = new Set(shown.map((line) => line.id));
    return curves.series.filter((one) => ids.has(one.id));
  }, [curves.series, shown]);
  return {
    series: useMemo(() => [...runs.series, ...visible], [runs.series, visible]),
    isPending: means ? curves.isPending : runs.isPending,
    error: means ? curves.error : runs.error,
    retry: means ? curves.retry : runs.retry,
  };
}

function useRuns(lines: readonly Line[], live: Live, metric: string, axis: XAxis, faint: boolean): MetricLines {
  const ids = useMemo(() => lines.flatMap((line) => line.runIds), [lines]);
  const owners = useMemo(() => lines.flatMap((line) => line.runIds.map(() => line)), [lines]);
  const query = useQuery({
    queryKey: [live.name, metric, ids],
    queryFn: async ({ signal }) => {
      const max_points = Math.max(100, Math.min(1000, Math.floor(CHART_POINTS / ids.length)));
      const body = { runs: ids, keys: [metric], max_points, min_step: null, max_step: null, envelope: false };
      const found = await unwrap(api.POST("/api/v1/metrics/query", { body, signal }));
      live.store.load(found.series);
      return found.series.length;
    },
    enabled: ids.length > 0,
    // the store holds the points, and the stream adds to them
    staleTime: Infinity,
  });
  const points = useSeries(live.store, ids, metric);
  const series = useMemo(
    () =>
      points.flatMap((found, index): ChartSeries[] => {
        const line = owners[index];
        const id = ids[index];
        if (!line || !id || found.steps.length === 0) return [];
        const look = { label: line.label, color: line.color, x: onAxis(found, axis), y: found.values };
        return [faint ? { id: `${line.id} ${id}`, faint, ...look } : { id, dash: line.dash, ...look }];
      }),
    [points, owners, ids, axis, faint],
  );
  return { series, isPending: query.isPending && ids.length > 0, error: query.error, retry: () => void query.refetch() };
}

function onAxis(points: Points, axis: XAxis): Float64Array {
  if (axis === "step") return points.steps;
  return axis === "tokens" ? points.tokens : points.elapsed;
}

type CurvesWanted = Pick<Wanted, "lines" | "metric" | "axis" | "diff" | "moving">;

function useCurves({ lines, metric, axis, diff, moving }: CurvesWanted): MetricLines {
  const baseline = lines.find((line) => line.baseline)?.id;
  const query = useQuery({
    ...curvesQuery({
      groups: lines.map((line) => ({ id: line.id, runs: [...line.runIds] })),
      keys: [metric],
      max_points: CURVE_POINTS,
      baseline: diff && baseline ? baseline : null,
    }),
    enabled: lines.length > 0,
    refetchInterval: moving ? AGAIN_MS : false,
  });
  const found = query.data;
  const series = useMemo(
    () =>
      (found?.curves ?? []).flatMap((curve): ChartSeries[] => {
        const line = lines.find((one) => one.id === curve.group);
        if (!line) return [];
        const numbers = (values: typeof curve.mean) => values.map(fromWire);
        const x = axis === "step" ? curve.steps : axis === "tokens" ? curve.tokens : curve.elapsed;
        return [
          {
            id: line.id,
            label: line.label,
            color: line.color,
            dash: line.dash,
            x: x.map(fromWire),
            y: numbers(curve.mean),
            ...(line.runIds.length > 1 || curve.paired !== null
              ? { band: { low: numbers(curve.low), high: numbers(curve.high) }, n: curve.n }
              : {}),
          },
        ];
      }),
    [found, lines, axis],
  );
  return { series, isPending: query.isPending && lines.length > 0, error: query.error, retry: () => void query.refetch() };
}
