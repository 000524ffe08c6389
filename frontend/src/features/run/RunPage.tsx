import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { lazy, memo, Suspense, useCallback } from "react";

import { isStatus } from "@/api/errors";
import type { Run } from "@/api/types";
import type { LiveSeries } from "@/api/useSeries";
import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";
import { EmptyState, ErrorState } from "@/components/ui/states";
import { Tabs, TabsContent, TabsList, TabsTrigger } from "@/components/ui/tabs";
import { useTitle } from "@/lib/useTitle";

import { Header, HeaderSkeleton } from "./Header";
import type { LogFeed } from "./logFeed";
import { JOB_TABS, RUN_TABS, type RunTab } from "./search";
import { useRunPage } from "./useRunPage";
import { useSteady } from "./useSteady";

const ChartsPanel = lazy(() => import("./ChartsPanel").then((it) => ({ default: it.ChartsPanel })));
const HorizonPanel = lazy(() => import("./HorizonPanel").then((it) => ({ default: it.HorizonPanel })));
const RolloutsPanel = lazy(() => import("../rollouts/RolloutsPanel").then((it) => ({ default: it.RolloutsPanel })));
const LogsPanel = lazy(() => import("./LogsPanel").then((it) => ({ default: it.LogsPanel })));
const ConfigPanel = lazy(() => import("./ConfigPanel").then((it) => ({ default: it.ConfigPanel })));
const ProvenancePanel = lazy(() => import("./ProvenancePanel").then((it) => ({ default: it.ProvenancePanel })));
const CheckpointsPanel = lazy(() => import("./CheckpointsPanel").then((it) => ({ default: it.CheckpointsPanel })));
const TimelinePanel = lazy(() => import("./TimelinePanel").then((it) => ({ default: it.TimelinePanel })));

const LABELS: Record<RunTab, string> = {
  charts: "Charts",
  horizon: "Horizon",
  rollouts: "Rollouts",
  logs: "Logs",
  config: "Config",
  provenance: "Provenance",
  checkpoints: "Checkpoints",
  timeline: "Timeline",
};

const route = getRouteApi("/runs/$runId");

export function RunPage() {
  const { runId } = route.useParams();
  // another run is another page: its streams, points and drafts start anew
  return <OneRun key={runId} runId={runId} />;
}

function OneRun({ runId }: { runId: string }) {
  const navigate = useNavigate({ from: "/runs/$runId" });
  const { query, series, logs, runIds } = useRunPage(runId);
  const run = query.data;
  const steady = useSteady(run);
  useTitle(run?.name ?? "Run");
  const show = useCallback(
    (next: string) =>
      void navigate({ search: (old) => ({ ...old, tab: RUN_TABS.find((one) => one === next) }), resetScroll: false }),
    [navigate],
  );

  if (!run && query.isError) {
    return isStatus(query.error, 404) ? <NoSuchRun /> : <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  }
  // the height of the heading depends on the run, so what stands below waits for it
  if (!run || !steady) return <HeaderSkeleton />;
  return (
    <div className="flex flex-col gap-4">
      <Header run={run} steady={steady} stream={series.stream} onLogs={() => show("logs")} />
      <Parts run={steady} series={series} logs={logs} runIds={runIds} onTab={show} />
    </div>
  );
}

interface PartsProps {
  run: Run;
  series: LiveSeries;
  logs: LogFeed;
  runIds: readonly string[];
  onTab: (tab: string) => void;
}

/** What stands below the heading; the run's steps do not render it. */
const Parts = memo(function Parts({ run, series, logs, runIds, onTab }: PartsProps) {
  const { tab: asked = "charts" } = route.useSearch();
  const tabs = run.kind === "train" ? RUN_TABS : JOB_TABS;
  const tab = tabs.find((one) => one === asked) ?? tabs[0];
  return (
    <Tabs value={tab} onValueChange={onTab}>
      <TabsList aria-label="Parts of the run">
        {tabs.map((one) => (
          <TabsTrigger key={one} value={one}>
            {LABELS[one]}
          </TabsTrigger>
        ))}
      </TabsList>
      <TabsContent value={tab}>
        <Suspense fallback={<Skeleton className="h-72 w-full" />}>
          {tab === "charts" && <ChartsPanel series={series} runIds={runIds} run={run} />}
          {tab === "horizon" && <HorizonPanel series={series} runIds={runIds} run={run} />}
          {tab === "rollouts" && <RolloutsPanel runId={run.id} />}
          {tab === "logs" && <LogsPanel runId={run.id} name={run.name} feed={logs} />}
          {tab === "config" && <ConfigPanel run={run} />}
          {tab === "provenance" && <ProvenancePanel run={run} />}
          {tab === "checkpoints" && <CheckpointsPanel run={run} />}
          {tab === "timeline" && <TimelinePanel run={run} />}
        </Suspense>
      </TabsContent>
    </Tabs>
  );
});

function NoSuchRun() {
  return (
    <>
      <h1 className="sr-only">Run not found</h1>
      <EmptyState
        title="There is no such run"
        action={
          <Button asChild>
            <Link to="/">All runs</Link>
          </Button>
        }
      >
        The link may be mistyped, or it belongs to another installation.
      </EmptyState>
    </>
  );
}
