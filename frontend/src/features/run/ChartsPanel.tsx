import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { ChartLine } from "lucide-react";
import { lazy, Suspense, useCallback, useMemo } from "react";

import { describeMetric, type MetricGroup, groupMetrics } from "@/api/metricGroups";
import { registry as registryQuery } from "@/api/queries";
import type { Run } from "@/api/types";
import { type LiveSeries, useSeriesKeys } from "@/api/useSeries";
import { ChartControls } from "@/components/charts/ChartControls";
import { isFinal } from "@/components/runs/StatusBadge";
import { Skeleton } from "@/components/ui/skeleton";
import { EmptyState, ErrorState } from "@/components/ui/states";

import { type ChartLayout, ordered, PINNED, useChartLayout } from "./chartLayout";
import { ChartSection } from "./ChartSection";
import { CHART_HEIGHT, type ChartLook } from "./MetricChart";
import { useChartedRun } from "./metricSource";
import type { RunSearch } from "./search";
import { useZoomInLink } from "./useZoomInLink";

const ChartDialog = lazy(() => import("./ChartDialog").then((it) => ({ default: it.ChartDialog })));

const route = getRouteApi("/runs/$runId");

interface Props {
  series: LiveSeries;
  runIds: readonly string[];
  run: Run;
}

/** Every metric of the run, live: pinned ones, the headline, then the registry's groups. */
export function ChartsPanel({ series, runIds, run }: Props) {
  const { x = "step", smooth = 0, log = false, fence = false, chart, zoom, szoom } = route.useSearch();
  const navigate = useNavigate({ from: "/runs/$runId" });
  const registry = useQuery(registryQuery());
  const keys = useSeriesKeys(series.store, runIds);
  const layout = useChartLayout();
  const sections = useMemo(
    () => (registry.data ? toSections(groupMetrics(registry.data, keys), layout) : []),
    [registry.data, keys, layout],
  );
  const set = useCallback(
    (changes: Partial<RunSearch>) =>
      void navigate({ search: (old) => ({ ...old, ...changes }), replace: true, resetScroll: false }),
    [navigate],
  );
  useZoomInLink("run", x, zoom, (range) => set({ zoom: range }));
  useZoomInLink("run-system", "wall", szoom, (range) => set({ szoom: range }));
  const fullScreen = useCallback((key: string) => set({ chart: key }), [set]);
  const charted = useChartedRun(run);
  const look = useMemo<ChartLook>(() => ({ xAxis: x, smoothing: smooth, logY: log, ignoreOutliers: fence }), [x, smooth, log, fence]);

  const error = registry.error ?? series.error;
  if (error && keys.length === 0) {
    const retry = () => {
      void registry.refetch();
      series.retry();
    };
    return <ErrorState title="The metrics could not be loaded" error={error} onRetry={retry} />;
  }
  if (!registry.data || (series.isPending && keys.length === 0)) return <ChartsSkeleton />;
  if (keys.length === 0) {
    return (
      <EmptyState icon={<ChartLine aria-hidden="true" />} title="No metrics yet">
        {isFinal(run.status)
          ? "This run ended before it reported any."
          : "They appear here by themselves as soon as the run reports its first step."}
      </EmptyState>
    );
  }
  const controls = (
    <ChartControls
      xAxis={x}
      onXAxis={(axis) => set({ x: axis === "step" ? undefined : axis })}
      smoothing={smooth}
      onSmoothing={(weight) => set({ smooth: weight || undefined })}
      logY={log}
      onLogY={(on) => set({ log: on || undefined })}
      ignoreOutliers={fence}
      onIgnoreOutliers={(on) => set({ fence: on || undefined })}
    />
  );
  return (
    <div className="flex flex-col gap-6">
      {controls}
      {sections.map((section) => (
        <ChartSection
          key={section.name}
          section={section}
          store={series.store}
          run={charted}
          look={look}
          pinned={layout.pinned}
          onFullScreen={fullScreen}
        />
      ))}
      {chart && (
        <Suspense>
          <ChartDialog
            store={series.store}
            run={charted}
            metric={chart}
            info={describeMetric(registry.data, chart)}
            look={look}
            controls={controls}
            onClose={() => set({ chart: undefined })}
          />
        </Suspense>
      )}
    </div>
  );
}

/** The pinned metrics, the headline ones in a section of their own, then the groups with the rest. */
function toSections(groups: MetricGroup[], { pinned, order }: ChartLayout): MetricGroup[] {
  const all = groups.flatMap((group) => group.metrics);
  const rest = (metrics: MetricGroup["metrics"]) => metrics.filter(({ key }) => !pinned.includes(key));
  const sections = [
    { name: "Headline", metrics: rest(all.filter(({ info }) => info.headline)) },
    ...groups.map((group) => ({ ...group, metrics: rest(group.metrics.filter(({ info }) => !info.headline)) })),
  ].map((section) => ({ ...section, metrics: ordered(section.metrics, order[section.name]) }));
  const top = { name: PINNED, metrics: ordered(all.filter(({ key }) => pinned.includes(key)), pinned) };
  return [top, ...sections].filter((section) => section.metrics.length > 0);
}

export function ChartsSkeleton() {
  return (
    <div role="status" aria-label="Loading charts" className="flex flex-col gap-6">
      <Skeleton className="h-8 w-80" />
      <div className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,20rem),1fr))] gap-3">
        {Array.from({ length: 6 }, (_, i) => (
          <Skeleton key={i} style={{ height: CHART_HEIGHT }} />
        ))}
      </div>
    </div>
  );
}
