import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ChartLine } from "lucide-react";
import { lazy, type ReactNode, Suspense, useMemo } from "react";

import { api, unwrap } from "@/api/client";
import { errorMessage, isStatus } from "@/api/errors";
import { keys } from "@/api/queries";
import type { Experiment } from "@/api/types";
import { InlineEdit } from "@/components/InlineEdit";
import { LiveMark } from "@/components/runs/LiveMark";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Progress } from "@/components/ui/progress";
import { Skeleton } from "@/components/ui/skeleton";
import { EmptyState, ErrorState } from "@/components/ui/states";
import { TimeAgo } from "@/components/ui/time";
import { toast } from "@/components/ui/toast";
import { formatDuration, formatInteger, formatNumber } from "@/lib/format";
import { useTitle } from "@/lib/useTitle";

import type { CompareParams } from "../compare/search";
import { axesText, comparedSearch, runsOf } from "./compared";
import { ExperimentActions } from "./ExperimentActions";
import { Matrix } from "./Matrix";
import { StatusCounts } from "./StatusCounts";
import { useExperiment } from "./useExperiment";

const Comparing = lazy(() => import("@/features/compare/Comparing").then((module) => ({ default: module.Comparing })));

/** One experiment: its matrix of runs, live, and its configurations compared as groups. */
export function ExperimentPage() {
  const { experimentId = "" } = useParams({ strict: false });
  const { data, error, refetch, stream, moving } = useExperiment(experimentId);
  useTitle(data?.summary.name ?? "Experiment");
  if (error && !data) {
    return (
      <ErrorState
        error={error}
        title={isStatus(error, 404) ? "Experiment not found" : "This experiment could not be loaded"}
        onRetry={() => void refetch()}
      />
    );
  }
  if (!data) return <Skeleton className="h-96" />;
  return <Shown experiment={data} live={moving && <LiveMark state={stream} />} />;
}

function Shown({ experiment, live }: { experiment: Experiment; live: ReactNode }) {
  const started = experiment.cells.some((cell) => cell.runs.some((run) => !run.deleted && run.last_reward !== null));
  return (
    <div className="flex flex-col gap-5">
      <Header experiment={experiment} />
      <section aria-labelledby="matrix" className="space-y-2">
        <div className="flex items-center gap-3">
          <h2 id="matrix" className="text-base font-semibold">
            Runs
          </h2>
          {live}
        </div>
        <Matrix experiment={experiment} />
      </section>
      {started ? (
        <Results experiment={experiment} />
      ) : (
        <EmptyState icon={<ChartLine aria-hidden="true" />} title="No results yet">
          Statistics and charts of the configurations appear here as soon as a run reports its first step.
        </EmptyState>
      )}
    </div>
  );
}

function Header({ experiment }: { experiment: Experiment }) {
  const { summary } = experiment;
  const client = useQueryClient();
  const rename = useMutation({
    mutationFn: (name: string) =>
      unwrap(
        api.PATCH("/api/v1/experiments/{experiment_id}", {
          params: { path: { experiment_id: summary.id } },
          body: { name },
        }),
      ),
    onSuccess: (answer) => client.setQueryData([...keys.experiments, summary.id], answer),
    onError: (error) => toast.error(errorMessage(error)),
  });
  const hours = Object.entries(experiment.device_hours).filter(([, value]) => value > 0);
  return (
    <header className="space-y-3">
      <div className="flex flex-wrap items-start gap-3">
        <div className="min-w-0 flex-1 basis-72">
          <InlineEdit value={summary.name} label="Rename the experiment" onSave={(name) => rename.mutate(name)}>
            <h1 className="min-w-0 text-xl font-semibold break-words">{summary.name}</h1>
          </InlineEdit>
          <p className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-muted">
            <span className="tabular">
              {summary.cells} {summary.cells === 1 ? "configuration" : "configurations"} × {summary.seeds.length}{" "}
              {summary.seeds.length === 1 ? "seed" : "seeds"}
            </span>
            <span>{summary.project}</span>
            {experiment.preset && <span>preset {experiment.preset}</span>}
            <span>
              launched <TimeAgo time={summary.created_at} /> by {summary.created_by}
            </span>
            {summary.tags.map((tag) => (
              <Badge key={tag}>{tag}</Badge>
            ))}
            {summary.deleted_at && <Badge tone="warning">deleted</Badge>}
          </p>
        </div>
        <ExperimentActions experiment={experiment} />
      </div>
      <div className="flex flex-wrap items-center gap-x-5 gap-y-2">
        <StatusCounts statuses={summary.statuses} />
        <div className="flex min-w-0 flex-1 basis-60 items-center gap-3">
          <Progress
            className="flex-1"
            value={summary.steps}
            max={summary.max_steps}
            label={`${summary.steps} of ${summary.max_steps} steps done`}
          />
          <span className="shrink-0 text-xs tabular">
            {formatInteger(summary.steps)} <span className="text-muted">/ {formatInteger(summary.max_steps)} steps</span>
          </span>
        </div>
        {hours.map(([device, value]) => (
          <span key={device} className="text-xs text-muted tabular">
            {value < 0.1 ? formatDuration(value * 3600) : `${formatNumber(value, 3)} h`} of {device.toUpperCase()} time
          </span>
        ))}
      </div>
      {experiment.notes && <p className="max-w-prose break-words whitespace-pre-wrap">{experiment.notes}</p>}
    </header>
  );
}

/** The compare page's own view, with the configurations as groups. */
function Results({ experiment }: { experiment: Experiment }) {
  const params: Record<string, unknown> = useSearch({ strict: false });
  const navigate = useNavigate();
  // the comparison is asked anew when runs come or go, not at each step of theirs
  const { id, fields } = experiment.summary;
  const text = runsOf(experiment).join(",");
  const search = useMemo(() => comparedSearch(params, id, text.split(",")), [params, id, text]);
  const set = (changes: CompareParams) =>
    void navigate({
      to: "/experiments/$experimentId",
      params: { experimentId: id },
      search: (old: Record<string, unknown>) => ({ ...old, ...changes }),
      replace: true,
      resetScroll: false,
    });
  return (
    <Suspense fallback={<Skeleton className="h-96" />}>
      <Comparing
        search={search}
        onSearch={set}
        onRemove={undefined}
        configurations={axesText(fields) || "The one configuration"}
        nothing={
          <EmptyState
            title="Its runs are gone"
            action={
              <Button asChild>
                <Link to="/experiments">All experiments</Link>
              </Button>
            }
          />
        }
      />
    </Suspense>
  );
}
