import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { ChartLine } from "lucide-react";
import { useMemo } from "react";

import { type MetricGroup, groupMetrics } from "@/api/metricGroups";
import { registry as registryQuery } from "@/api/queries";
import type { MetricInfo, RunStatus } from "@/api/types";
import { type LiveSeries, useSeries, useSeriesKeys } from "@/api/useSeries";
import { ChartControls, type ChosenAxis } from "@/components/charts/ChartControls";
import { InView } from "@/components/charts/InView";
import { SeriesChart, type XAxis } from "@/components/charts/SeriesChart";
import { isFinal } from "@/components/runs/StatusBadge";
import { Skeleton } from "@/components/ui/skeleton";
import { EmptyState, ErrorState } from "@/components/ui/states";

import type { RunSearch } from "./search";

const route = getRouteApi("/runs/$runId");
const HEIGHT = 184;
/** Heading and padding of a chart come on top of the plot. */
const FRAME = 48;

interface Props {
  series: LiveSeries;
  runIds: readonly string[];
  status: RunStatus;
}

/** Every metric of the run, live, in the registry's groups with the headline ones first. */
export function ChartsPanel({ series, runIds, status }: Props) {
  const { x = "step", smooth = 0, log = false } = route.useSearch();
  const navigate = useNavigate({ from: "/runs/$runId" });
  const registry = useQuery(registryQuery());
  const keys = useSeriesKeys(series.store, runIds);
  const sections = useMemo(() => (registry.data ? toSections(groupMetrics(registry.data, keys)) : []), [registry.data, keys]);
  const set = (changes: Partial<RunSearch>) =>
    void navigate({ search: (old) => ({ ...old, ...changes }), replace: true, resetScroll: false });

  const error = registry.error ?? series.error;
  if (error && keys.length === 0) {
    const retry = () => {
      void registry.refetch();
      series.retry();
    };
    return <ErrorState title="The metrics could not be loaded" error={error} onRetry={retry} />;
  }
  if (registry.isPending || (series.isPending && keys.length === 0)) return <ChartsSkeleton />;
  if (keys.length === 0) {
    return (
      <EmptyState icon={<ChartLine aria-hidden="true" />} title="No metrics yet">
        {isFinal(status)
          ? "This run ended before it reported any."
          : "They appear here by themselves as soon as the run reports its first step."}
      </EmptyState>
    );
  }
  return (
    <div className="flex flex-col gap-6">
      <ChartControls
        xAxis={x}
        onXAxis={(axis) => set({ x: axis === "step" ? undefined : axis })}
        smoothing={smooth}
        onSmoothing={(weight) => set({ smooth: weight || undefined })}
        logY={log}
        onLogY={(on) => set({ log: on || undefined })}
      />
      {sections.map((section) => (
        <section key={section.name} aria-label={section.name} className="flex flex-col gap-2">
          <h2 className="font-semibold">
            {section.name}
            {section.metrics.every(({ info }) => info.axis === "time") && (
              <span className="ml-2 text-xs font-normal text-muted">by the time since the run&apos;s first start</span>
            )}
          </h2>
          <div className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,20rem),1fr))] gap-3">
            {section.metrics.map(({ key, info }) => (
              <InView key={key} height={HEIGHT + FRAME}>
                <MetricChart series={series} runIds={runIds} metric={key} info={info} xAxis={x} smoothing={smooth} logY={log} />
              </InView>
            ))}
          </div>
        </section>
      ))}
    </div>
  );
}

/** The headline metrics in a section of their own, then the groups with the rest. */
function toSections(groups: MetricGroup[]): MetricGroup[] {
  const headline = groups.flatMap((group) => group.metrics.filter(({ info }) => info.headline));
  const rest = groups.map((group) => ({ ...group, metrics: group.metrics.filter(({ info }) => !info.headline) }));
  return [{ name: "Headline", metrics: headline }, ...rest].filter((section) => section.metrics.length > 0);
}

interface ChartProps {
  series: LiveSeries;
  runIds: readonly string[];
  metric: string;
  info: MetricInfo;
  xAxis: ChosenAxis;
  smoothing: number;
  logY: boolean;
}

function MetricChart({ series, runIds, metric, info, xAxis, smoothing, logY }: ChartProps) {
  const [points] = useSeries(series.store, runIds, metric);
  const axis: XAxis = info.axis === "time" ? "wall" : xAxis;
  const lines = useMemo(() => {
    if (!points) return [];
    const x = { step: points.steps, time: points.elapsed, tokens: points.tokens, wall: points.elapsed }[axis];
    return [{ id: metric, label: metric, color: "var(--series-1)", x, y: points.values }];
  }, [points, metric, axis]);
  return (
    <SeriesChart
      title={metric}
      unit={info.unit}
      help={info.description}
      series={lines}
      xAxis={axis}
      logY={logY}
      smoothing={smoothing}
      syncKey={axis === "wall" ? "run-system" : "run"}
      height={HEIGHT}
    />
  );
}

function ChartsSkeleton() {
  return (
    <div role="status" aria-label="Loading charts" className="flex flex-col gap-6">
      <Skeleton className="h-8 w-80" />
      <div className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,20rem),1fr))] gap-3">
        {Array.from({ length: 6 }, (_, i) => (
          <Skeleton key={i} style={{ height: HEIGHT + FRAME }} />
        ))}
      </div>
    </div>
  );
}
