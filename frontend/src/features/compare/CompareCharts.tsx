import { useQuery } from "@tanstack/react-query";
import { ChartLine } from "lucide-react";
import { Fragment, type ReactNode, useMemo } from "react";

import { groupMetrics, type MetricGroup } from "@/api/metricGroups";
import { registry as registryQuery } from "@/api/queries";
import type { MetricInfo } from "@/api/types";
import { type LiveSeries, useSeries, useSeriesKeys } from "@/api/useSeries";
import { ChartControls } from "@/components/charts/ChartControls";
import type { ChartSeries, XAxis } from "@/components/charts/data";
import { InView } from "@/components/charts/InView";
import { SeriesChart } from "@/components/charts/SeriesChart";
import { Input } from "@/components/ui/input";
import { Skeleton } from "@/components/ui/skeleton";
import { EmptyState, ErrorState } from "@/components/ui/states";

import type { CompareParams, CompareSearch } from "./search";
import type { ComparedRun } from "./useCompared";

const HEIGHT = 210;
/** Heading, legend and padding of a chart come on top of the plot. */
const FRAME = 76;
const GRID = "grid grid-cols-[repeat(auto-fill,minmax(min(100%,23rem),1fr))] gap-3";

interface Props {
  runs: readonly ComparedRun[];
  series: LiveSeries;
  search: CompareSearch;
  onSearch: (changes: CompareParams) => void;
  /** Stands between the headline charts and the others. */
  children?: ReactNode;
}

/** Every metric of all runs overlaid: the headline ones first, then the registry's groups. */
export function CompareCharts({ runs, series, search, onSearch, children }: Props) {
  const registry = useQuery(registryQuery());
  const ids = useMemo(() => runs.map((run) => run.id), [runs]);
  const keys = useSeriesKeys(series.store, ids);
  const sections = useMemo(() => {
    if (!registry.data) return [];
    const wanted = search.q.toLowerCase();
    return toSections(groupMetrics(registry.data, keys.filter((key) => key.toLowerCase().includes(wanted))));
  }, [registry.data, keys, search.q]);

  const error = registry.error ?? series.error;
  if (error && keys.length === 0) {
    const retry = () => {
      void registry.refetch();
      series.retry();
    };
    return (
      <>
        <ErrorState title="The metrics could not be loaded" error={error} onRetry={retry} />
        {children}
      </>
    );
  }
  if (registry.isPending || (series.isPending && keys.length === 0)) return <ChartsSkeleton>{children}</ChartsSkeleton>;
  if (keys.length === 0) {
    return (
      <>
        <EmptyState icon={<ChartLine aria-hidden="true" />} title="No metrics yet">
          They appear here by themselves as soon as one of the runs reports its first step.
        </EmptyState>
        {children}
      </>
    );
  }
  return (
    <div className="flex flex-col gap-6">
      <div className="flex flex-wrap items-center gap-x-5 gap-y-2">
        <ChartControls
          xAxis={search.x}
          onXAxis={(x) => onSearch({ x: x === "step" ? undefined : x })}
          smoothing={search.smooth}
          onSmoothing={(weight) => onSearch({ smooth: weight || undefined })}
          logY={search.log}
          onLogY={(on) => onSearch({ log: on || undefined })}
        />
        <Input
          type="search"
          className="w-full sm:w-56"
          aria-label="Filter metrics"
          placeholder="Filter metrics"
          value={search.q}
          onChange={(event) => onSearch({ q: event.target.value || undefined })}
        />
      </div>
      {sections.length === 0 && <p className="text-muted">No metric has “{search.q}” in its name.</p>}
      {sections.map((section, index) => (
        <Fragment key={section.name}>
          {index === 1 && children}
          <section aria-label={section.name} className="flex flex-col gap-2">
            <h3 className="font-semibold">{section.name}</h3>
            <div className={GRID}>
              {section.metrics.map(({ key, info }) => (
                <InView key={key} height={HEIGHT + FRAME}>
                  <MetricChart runs={runs} series={series} metric={key} info={info} search={search} />
                </InView>
              ))}
            </div>
          </section>
        </Fragment>
      ))}
      {sections.length < 2 && children}
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
  runs: readonly ComparedRun[];
  series: LiveSeries;
  metric: string;
  info: MetricInfo;
  search: CompareSearch;
}

function MetricChart({ runs, series, metric, info, search }: ChartProps) {
  const shown = useMemo(() => runs.filter((run) => !run.hidden), [runs]);
  const ids = useMemo(() => shown.map((run) => run.id), [shown]);
  const points = useSeries(series.store, ids, metric);
  const axis: XAxis = info.axis === "time" ? "wall" : search.x;
  const lines = useMemo(
    () =>
      shown.flatMap((run, index): ChartSeries[] => {
        const found = points[index];
        if (!found || found.steps.length === 0) return [];
        const x: Record<XAxis, readonly number[]> = {
          step: found.steps,
          time: found.elapsed,
          tokens: found.tokens,
          wall: found.elapsed,
        };
        return [{ id: run.id, label: run.name, color: run.color, dash: run.dash, x: x[axis], y: found.values }];
      }),
    [shown, points, axis],
  );
  return (
    <SeriesChart
      title={metric}
      unit={info.unit}
      help={info.description}
      series={lines}
      xAxis={axis}
      logY={search.log}
      smoothing={search.smooth}
      syncKey={axis === "wall" ? "compare-system" : "compare"}
      height={HEIGHT}
    />
  );
}

function ChartsSkeleton({ children }: { children: ReactNode }) {
  return (
    <div className="flex flex-col gap-6">
      <div role="status" aria-label="Loading charts" className="flex flex-col gap-2">
        <Skeleton className="mb-6 h-8 w-full max-w-xl" />
        <Skeleton className="h-6 w-24" />
        <div className={GRID}>
          {Array.from({ length: 4 }, (_, index) => (
            <Skeleton key={index} style={{ height: HEIGHT + FRAME }} />
          ))}
        </div>
      </div>
      {children}
    </div>
  );
}
