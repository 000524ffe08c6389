import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Telescope } from "lucide-react";
import { type ReactNode, useMemo } from "react";

import { describeMetric } from "@/api/metricGroups";
import { registry as registryQuery } from "@/api/queries";
import type { Run } from "@/api/types";
import { type LiveSeries, useSeriesKeys } from "@/api/useSeries";
import { ChartControls } from "@/components/charts/ChartControls";
import { SeriesChart } from "@/components/charts/SeriesChart";
import { useZoom } from "@/components/charts/zoom";
import { EmptyState, ErrorState } from "@/components/ui/states";

import { ChartsSkeleton } from "./ChartsPanel";
import type { ChartLook } from "./MetricChart";
import { type ChartedRun, type LineLook, pointsUrl, useChartedRun, useMetricSource } from "./metricSource";
import type { RunSearch } from "./search";
import { useZoomInLink } from "./useZoomInLink";
import { profileSource, WEIGHT_AT } from "./weightProfile";

const route = getRouteApi("/runs/$runId");
const HEIGHT = 240;
const LEGEND = 34;

interface Props {
  series: LiveSeries;
  runIds: readonly string[];
  run: Run;
}

/** How far the gradient reaches into completions with negative advantage, and what decides it. */
export function HorizonPanel({ series, runIds, run }: Props) {
  const { x = "step", smooth = 0, log = false, zoom } = route.useSearch();
  const navigate = useNavigate({ from: "/runs/$runId" });
  const registry = useQuery(registryQuery());
  const keys = useSeriesKeys(series.store, runIds);
  const look = useMemo<ChartLook>(() => ({ xAxis: x, smoothing: smooth, logY: log, ignoreOutliers: false }), [x, smooth, log]);
  const positions = useMemo(() => keys.filter((key) => key.startsWith(WEIGHT_AT)), [keys]);
  const { store } = series;
  const charted = useChartedRun(run);
  const set = (changes: Partial<RunSearch>) =>
    void navigate({ search: (old) => ({ ...old, ...changes }), replace: true, resetScroll: false });
  useZoomInLink("run", x, zoom, (range) => set({ zoom: range }));
  const profile = useMemo(() => profileSource(series.store, run.id, positions), [series.store, run.id, positions]);

  const error = registry.error ?? series.error;
  if (error && keys.length === 0) {
    const retry = () => {
      void registry.refetch();
      series.retry();
    };
    return <ErrorState title="The metrics could not be loaded" error={error} onRetry={retry} />;
  }
  if (!registry.data || (series.isPending && keys.length === 0)) return <ChartsSkeleton />;
  if (!keys.some((key) => HORIZON.includes(key))) {
    return (
      <EmptyState icon={<Telescope aria-hidden="true" />} title="Nothing about the horizon yet">
        It is reported with the run&apos;s first step.
      </EmptyState>
    );
  }
  const about = (key: string) => describeMetric(registry.data, key).description;
  return (
    <div className="flex flex-col gap-4">
      <p className="max-w-prose text-muted">{explained(run)}</p>
      <ChartControls
        xAxis={x}
        onXAxis={(axis) => set({ x: axis === "step" ? undefined : axis })}
        smoothing={smooth}
        onSmoothing={(weight) => set({ smooth: weight || undefined })}
        logY={log}
        onLogY={(on) => set({ log: on || undefined })}
      />
      <div className="grid gap-3 lg:grid-cols-2">
        <Lines
          title="Effective horizon"
          unit="tokens"
          help={`${about("horizon/effective_length")} Beside it the mean length of all completions.`}
          looks={LENGTHS}
          {...{ store, run: charted, look }}
        />
        <Lines title="Share of the completion that counts" help={about("horizon/effective_fraction")} looks={SHARES} {...{ store, run: charted, look }} />
        {positions.length > 0 ? (
          <SeriesChart
            title="Weight by position"
            help={`${about(`${WEIGHT_AT}1`)} One line for each of some steps of the training.`}
            series={profile}
            xAxis="position"
            height={HEIGHT}
            legendHeight={LEGEND}
            about={run.name}
          />
        ) : (
          <Absent title="Weight by position">This run reports no weights by position.</Absent>
        )}
        <Lines
          title="Entropy by the sign of the advantage"
          unit="nats"
          help="Mean token entropy of the completions with positive and with negative advantage, and of all."
          looks={ENTROPIES}
          {...{ store, run: charted, look }}
        />
        <Lines
          title="Groups without signal"
          help={`${about("frac_reward_zero_std")} With dynamic sampling also those that were trained on all the same.`}
          looks={SIGNALS}
          {...{ store, run: charted, look }}
        />
        <Lines
          title="Signs of the advantages"
          help="Shares of rollouts with positive and with negative advantage; the horizon applies to the negative ones."
          looks={SIGNS}
          {...{ store, run: charted, look }}
        />
      </div>
    </div>
  );
}

const LENGTHS: LineLook[] = [
  { key: "horizon/effective_length", label: "effective length, negative advantage" },
  { key: "completions/mean_length", label: "mean length", color: "var(--series-8)", dash: [6, 4] },
];
const SHARES: LineLook[] = [
  { key: "horizon/effective_fraction", label: "effective length over length" },
  { key: "horizon/weight_mean", label: "mean weight of a token", color: "var(--series-2)", dash: [6, 4] },
];
const ENTROPIES: LineLook[] = [
  { key: "entropy/positive", label: "positive", color: "var(--series-3)" },
  { key: "entropy/negative", label: "negative", color: "var(--series-2)", dash: [6, 4] },
  { key: "entropy", label: "all", color: "var(--series-8)", dash: [2, 3] },
];
const SIGNALS: LineLook[] = [
  { key: "frac_reward_zero_std", label: "equal rewards" },
  { key: "dynamic_sampling/frac_without_signal", label: "trained on without signal", color: "var(--series-2)", dash: [6, 4] },
];
const SIGNS: LineLook[] = [
  { key: "advantage/positive_frac", label: "positive", color: "var(--series-3)" },
  { key: "advantage/negative_frac", label: "negative", color: "var(--series-2)", dash: [6, 4] },
];
const HORIZON = [LENGTHS, SHARES, ENTROPIES, SIGNALS, SIGNS].flat().map(({ key }) => key);

function explained({ algorithm, alpha }: Run): string {
  if (algorithm === "grpo" || alpha === 0) {
    return "Plain GRPO: every token counts fully, so weights are 1 and the horizon is the whole completion.";
  }
  const where = algorithm === "sa_ah_grpo" ? "of completions with negative advantage" : "of every completion";
  return `Tokens ${where} count less the more entropy the policy has spent before them (alpha ${alpha}). What is shown is of the completions with negative advantage.`;
}

interface LinesProps {
  title: string;
  unit?: string;
  help: string;
  looks: LineLook[];
  store: LiveSeries["store"];
  run: ChartedRun;
  look: ChartLook;
}

function Lines({ title, unit, help, looks, store, run, look }: LinesProps) {
  const [range] = useZoom("run", look.xAxis);
  const source = useMetricSource({ store, run, looks, axis: look.xAxis, range });
  return (
    <SeriesChart
      title={title}
      {...(unit ? { unit } : {})}
      help={help}
      series={source}
      xAxis={look.xAxis}
      logY={look.logY}
      smoothing={look.smoothing}
      syncKey="run"
      height={HEIGHT}
      legendHeight={LEGEND}
      about={run.name}
      pointsUrl={pointsUrl(run.id, looks)}
    />
  );
}

function Absent({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="flex flex-col rounded-lg border border-line bg-surface p-3" aria-label={title}>
      <h3 className="font-medium">{title}</h3>
      <p className="grid flex-1 place-items-center text-xs text-muted">{children}</p>
    </section>
  );
}
