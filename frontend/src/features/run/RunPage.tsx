import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense } from "react";

import { isStatus } from "@/api/errors";
import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";
import { EmptyState, ErrorState } from "@/components/ui/states";
import { Tabs, TabsContent, TabsList, TabsTrigger } from "@/components/ui/tabs";
import { useTitle } from "@/lib/useTitle";

import { WatchBar } from "../alerts/WatchBar";
import { Failure } from "./Failure";
import { Header, HeaderSkeleton } from "./Header";
import { JOB_TABS, RUN_TABS, type RunTab } from "./search";
import { useRunPage } from "./useRunPage";

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
  const { tab: asked = "charts" } = route.useSearch();
  const navigate = useNavigate({ from: "/runs/$runId" });
  const { query, series, logs, runIds } = useRunPage(runId);
  const run = query.data;
  useTitle(run?.name ?? "Run");

  if (!run && query.isError) {
    return isStatus(query.error, 404) ? <NoSuchRun /> : <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  }
  const show = (next: string) =>
    void navigate({
      search: (old) => ({ ...old, tab: RUN_TABS.find((one) => one === next) }),
      resetScroll: false,
    });
  // the height of the heading depends on the run, so what stands below waits for it
  if (!run) return <HeaderSkeleton />;
  const tabs = run.kind === "train" ? RUN_TABS : JOB_TABS;
  const tab = tabs.find((one) => one === asked) ?? tabs[0];
  return (
    <div className="flex flex-col gap-4">
      <Header run={run} stream={series.stream}>
        <Failure run={run} onLogs={() => show("logs")} />
      </Header>
      {run.kind === "train" && <WatchBar run={run} />}
      <Tabs value={tab} onValueChange={show}>
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
            {tab === "rollouts" && <RolloutsPanel runId={runId} />}
            {tab === "logs" && <LogsPanel runId={runId} name={run.name} feed={logs} />}
            {tab === "config" && <ConfigPanel run={run} />}
            {tab === "provenance" && <ProvenancePanel run={run} />}
            {tab === "checkpoints" && <CheckpointsPanel run={run} />}
            {tab === "timeline" && <TimelinePanel run={run} />}
          </Suspense>
        </TabsContent>
      </Tabs>
    </div>
  );
}

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
