import { useQuery } from "@tanstack/react-query";
import { ChartLine } from "lucide-react";
import { Fragment, type ReactNode, useId, useMemo } from "react";

import { groupMetrics, type MetricGroup } from "@/api/metricGroups";
import { registry as registryQuery } from "@/api/queries";
import type { Comparison, MetricInfo } from "@/api/types";
import { ChartControls } from "@/components/charts/ChartControls";
import type { XAxis } from "@/components/charts/data";
import { InView } from "@/components/charts/InView";
import { SeriesChart } from "@/components/charts/SeriesChart";
import { Input } from "@/components/ui/input";
import { Label } from "@/components/ui/label";
import { Skeleton } from "@/components/ui/skeleton";
import { EmptyState, ErrorState } from "@/components/ui/states";
import { Switch } from "@/components/ui/switch";

import { hasMeans, type Line } from "./lines";
import { type CompareParams, type CompareSearch, MAX_COMPARED } from "./search";
import type { Compared } from "./useCompared";
import { useMetric } from "./useMetric";

const HEIGHT = 210;
/** Heading and padding of a chart, without its legend. */
const FRAME = 54;
const GRID = "grid grid-cols-[repeat(auto-fill,minmax(min(100%,23rem),1fr))] gap-3";

interface Props {
  compared: Compared & { comparison: Comparison };
  search: CompareSearch;
  onSearch: (changes: CompareParams) => void;
  /** Stands between the headline charts and the others. */
  children: ReactNode;
}

/** Every metric of all lines overlaid: the headline ones first, then the registry's groups. */
export function CompareCharts({ compared, search, onSearch, children }: Props) {
  const registry = useQuery(registryQuery());
  const { keys } = compared.comparison;
  const sections = useMemo(() => {
    if (!registry.data) return [];
    const wanted = search.q.toLowerCase();
    return toSections(groupMetrics(registry.data, keys.filter((key) => key.toLowerCase().includes(wanted))));
  }, [registry.data, keys, search.q]);

  if (registry.error && !registry.data) {
    return (
      <>
        <ErrorState title="The metrics could not be loaded" error={registry.error} onRetry={() => void registry.refetch()} />
        {children}
      </>
    );
  }
  // what stands below would move when the charts come
  if (registry.isPending) return <ChartsSkeleton />;
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
      <div className="flex flex-col gap-2">
        <Controls lines={compared.drawn} search={search} onSearch={onSearch} />
        {compared.drawn.length < compared.lines.length && (
          <p className="text-muted">
            Charts draw {compared.drawn.length} of the {compared.lines.length} lines; tables and statistics hold all. Group them to see all
            here.
          </p>
        )}
      </div>
      {sections.length === 0 && <p className="text-muted">No metric has “{search.q}” in its name.</p>}
      {sections.map((section, index) => (
        <Fragment key={section.name}>
          {index === 1 && children}
          <section aria-label={section.name} className="flex flex-col gap-2">
            <h3 className="font-semibold">{section.name}</h3>
            <div className={GRID}>
              {section.metrics.map(({ key, info }) => (
                <InView key={key} height={HEIGHT + FRAME + legendHeight(compared.drawn)}>
                  <MetricChart compared={compared} metric={key} info={info} search={search} />
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

/** Room for up to six rows of the legend; more scroll. */
function legendHeight(lines: readonly Line[]): number {
  return 17 * Math.min(6, Math.max(2, lines.length));
}

function Controls({ lines, search, onSearch }: Omit<Props, "compared" | "children"> & { lines: readonly Line[] }) {
  const id = useId();
  const means = hasMeans(lines);
  const many = countRuns(lines) > MAX_COMPARED;
  return (
    <div className="flex flex-wrap items-center gap-x-5 gap-y-2">
      <ChartControls
        xAxis={search.x}
        onXAxis={(x) => onSearch({ x: x === "step" ? undefined : x })}
        smoothing={search.smooth}
        onSmoothing={(weight) => onSearch({ smooth: weight || undefined })}
        logY={search.log}
        onLogY={(on) => onSearch({ log: on || undefined })}
      />
      <div className="flex items-center gap-2">
        <Switch
          id={`${id}-diff`}
          checked={search.diff}
          disabled={lines.length < 2}
          onCheckedChange={(on) => onSearch({ diff: on || undefined })}
        />
        <Label htmlFor={`${id}-diff`}>Difference to baseline</Label>
      </div>
      {means && (
        <div className="flex items-center gap-2" title={many ? `Up to ${MAX_COMPARED} runs are drawn one by one.` : undefined}>
          <Switch
            id={`${id}-each`}
            checked={search.each && !many}
            disabled={search.diff || many}
            onCheckedChange={(on) => onSearch({ each: on || undefined })}
          />
          <Label htmlFor={`${id}-each`}>Each run too</Label>
        </div>
      )}
      <Input
        type="search"
        className="w-full sm:w-56"
        aria-label="Filter metrics"
        placeholder="Filter metrics"
        value={search.q}
        onChange={(event) => onSearch({ q: event.target.value || undefined })}
      />
    </div>
  );
}

function countRuns(lines: readonly Line[]): number {
  return lines.reduce((sum, line) => sum + line.runIds.length, 0);
}

/** The headline metrics in a section of their own, then the groups with the rest. */
function toSections(groups: MetricGroup[]): MetricGroup[] {
  const headline = groups.flatMap((group) => group.metrics.filter(({ info }) => info.headline));
  const rest = groups.map((group) => ({ ...group, metrics: group.metrics.filter(({ info }) => !info.headline) }));
  return [{ name: "Headline", metrics: headline }, ...rest].filter((section) => section.metrics.length > 0);
}

interface ChartProps {
  compared: Compared;
  metric: string;
  info: MetricInfo;
  search: CompareSearch;
}

function MetricChart({ compared, metric, info, search }: ChartProps) {
  const { drawn: lines, live, moving } = compared;
  const each = search.each && countRuns(lines) <= MAX_COMPARED;
  // samples of machines are not taken at the same moments: there is nothing to average
  const sampled = info.axis === "time";
  const axis: XAxis = sampled ? "wall" : search.x;
  const diff = search.diff && !sampled && lines.length > 1;
  const means = (hasMeans(lines) || diff) && !sampled;
  const found = useMetric({ lines, live, metric, axis, means, diff, each, moving });
  const height = HEIGHT + FRAME + legendHeight(lines);
  if (found.error && found.series.length === 0) {
    return (
      <div style={{ height }} className="overflow-y-auto">
        <ErrorState title={metric} error={found.error} onRetry={found.retry} className="min-h-full justify-center py-4" />
      </div>
    );
  }
  if (found.isPending && found.series.length === 0) return <Skeleton style={{ height }} />;
  return (
    <SeriesChart
      title={diff ? `${metric} − baseline` : metric}
      unit={info.unit}
      help={info.description}
      series={found.series}
      xAxis={axis}
      logY={search.log && !diff}
      smoothing={search.smooth}
      syncKey={axis === "wall" ? "compare-system" : "compare"}
      height={HEIGHT}
      legendHeight={legendHeight(lines)}
    />
  );
}

function ChartsSkeleton() {
  return (
    <div role="status" aria-label="Loading charts" className={GRID}>
      {Array.from({ length: 4 }, (_, index) => (
        <Skeleton key={index} style={{ height: HEIGHT + FRAME }} />
      ))}
    </div>
  );
}
