import { getRouteApi, Link } from "@tanstack/react-router";
import { NotebookPen } from "lucide-react";
import { memo, type ReactNode, useState } from "react";

import type { StreamState } from "@/api/stream";
import type { Run } from "@/api/types";
import { InlineEdit } from "@/components/InlineEdit";
import { AlertBadge } from "@/components/runs/AlertBadge";
import { LiveMark } from "@/components/runs/LiveMark";
import { RunProgress } from "@/components/runs/RunProgress";
import { isActive, StatusBadge } from "@/components/runs/StatusBadge";
import { useUpdateRun } from "@/components/runs/runMutations";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";
import { TimeAgo } from "@/components/ui/time";
import { algorithmLabel, formatDuration, formatFixed, formatInteger, formatNumber, formatPercent, NONE } from "@/lib/format";
import { useNow } from "@/lib/useNow";

import { PastAlerts, RunAlerts, WatchActions } from "../alerts/RunAlerts";
import { Actions } from "./Actions";
import { Failure } from "./Failure";
import { Notes, type NotesDraft } from "./Notes";
import { Tags } from "./Tags";
import { timeSpent } from "./timeSpent";

const route = getRouteApi("/runs/$runId");

interface Props {
  run: Run;
  /** The same run, another object only when more than its progress changed. */
  steady: Run;
  stream: StreamState;
  onLogs: () => void;
}

/** What the run is, where it stands, and what may be done to it. */
export function Header({ run, steady, stream, onLogs }: Props) {
  return (
    <header className="flex flex-col gap-3">
      <Title run={steady} />
      <State run={steady} stream={stream} onLogs={onLogs} />
      <div className="grid grid-cols-2 gap-x-6 gap-y-3 rounded-lg border border-line bg-surface p-4 sm:grid-cols-5 lg:grid-cols-[minmax(12rem,1.6fr)_repeat(5,minmax(0,1fr))]">
        <div className="col-span-full lg:col-span-1 lg:row-span-2">
          <Progress run={run} />
        </div>
        {run.kind === "train" && (
          <>
            <Fact label="Reward">{formatFixed(run.last_reward)}</Fact>
            <Fact label="Pass@1">{formatPercent(run.last_pass_at_1)}</Fact>
          </>
        )}
        <SteadyFacts run={steady} />
      </div>
    </header>
  );
}

const Title = memo(function Title({ run }: { run: Run }) {
  const update = useUpdateRun();
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
      <div className="min-w-0 flex-1 basis-72">
        <nav aria-label="Breadcrumb" className="text-xs text-muted">
          <Link to="/" className="rounded-sm hover:text-text hover:underline">
            Runs
          </Link>
          {run.kind !== "train" && run.parent_run_id && (
            <>
              {" / "}
              <Link
                to="/runs/$runId"
                params={{ runId: run.parent_run_id }}
                search={{ tab: "checkpoints" }}
                className="rounded-sm hover:text-text hover:underline"
              >
                The run and its checkpoints
              </Link>
            </>
          )}
          {run.experiment_id && (
            <>
              {" / "}
              <Link
                to="/experiments/$experimentId"
                params={{ experimentId: run.experiment_id }}
                className="rounded-sm hover:text-text hover:underline"
              >
                Its experiment
              </Link>
            </>
          )}
          {run.project !== "default" && (
            <>
              {" / "}
              <Link to="/" search={{ project: run.project }} className="rounded-sm hover:text-text hover:underline">
                {run.project}
              </Link>
            </>
          )}
        </nav>
        <InlineEdit
          value={run.name}
          label="Rename the run"
          onSave={(name) => update.mutate({ run, changes: { name } })}
          className="h-9"
          inputClassName="h-9 text-lg font-semibold"
        >
          <h1 className="truncate text-xl font-semibold tracking-tight" title={run.name}>
            {run.name}
          </h1>
        </InlineEdit>
      </div>
      <Actions run={run} />
    </div>
  );
});

/** Badges, tags and what is offered about the run's state; below them what asks for attention. */
const State = memo(function State({ run, stream, onLogs }: { run: Run; stream: StreamState; onLogs: () => void }) {
  const [notes, setNotes] = useState<NotesDraft | null>(null);
  const [past, setPast] = useState(false);
  const { alert } = route.useSearch();
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <StatusBadge status={run.status} />
        <AlertBadge run={run} />
        {run.deleted_at && <Badge tone="danger">Deleted</Badge>}
        {isActive(run.status) && <LiveMark state={stream} />}
        <StatusLine run={run} />
        <Tags run={run} />
        <div className="flex flex-wrap items-center gap-x-1 gap-y-1 md:ml-auto">
          {run.kind === "train" && <PastAlerts run={run} past={past} onPast={setPast} />}
          {notes === null && (
            <Button variant="ghost" size="sm" onClick={() => setNotes({ text: run.notes, version: run.version })}>
              <NotebookPen aria-hidden="true" /> {run.notes ? "Edit notes" : "Add notes"}
            </Button>
          )}
          {run.kind === "train" && <WatchActions run={run} />}
        </div>
      </div>
      <Notes run={run} draft={notes} onDraft={setNotes} />
      <Failure run={run} onLogs={onLogs} />
      {run.kind === "train" && <RunAlerts run={run} past={past} asked={alert} />}
    </>
  );
});

const SteadyFacts = memo(function SteadyFacts({ run }: { run: Run }) {
  const device = run.attempts.at(-1)?.device;
  return (
    <>
      <Fact label="Algorithm">{algorithmLabel(run.algorithm, run.alpha)}</Fact>
      <Fact label="Model" title={run.model}>
        {run.model}
      </Fact>
      <Fact label="Data" title={run.data}>
        {run.data}
      </Fact>
      <Fact label="Seed">{run.seed}</Fact>
      <Fact label="Worker" title={run.worker ?? undefined}>
        {run.worker ?? NONE}
      </Fact>
      <Fact label="Device" title={device}>
        {device || NONE}
      </Fact>
      <Fact label="Priority">{run.priority}</Fact>
      <Fact label="Launched" title={`by ${run.created_by}`}>
        <TimeAgo time={run.created_at} /> by {run.created_by}
      </Fact>
    </>
  );
});

/** The reason of the state, or what the job does now. */
function StatusLine({ run }: { run: Run }) {
  if (run.status === "failed" || run.status === "lost") return null; // shown below, at length
  if (run.waits_for) {
    return (
      <p className="min-w-0 break-words text-warning">
        {run.waits_for}{" "}
        <Link to="/workers" className="rounded-sm text-accent underline-offset-4 hover:underline">
          Workers
        </Link>
      </p>
    );
  }
  if (run.status === "queued" && !run.status_reason) {
    return (
      <p className="text-muted">
        Waits for a free slot of queue <span className="font-mono">{run.queue}</span>.{" "}
        <Link to="/workers" className="rounded-sm text-accent underline-offset-4 hover:underline">
          Who serves it?
        </Link>
      </p>
    );
  }
  const phase = run.phase_message || (run.phase === "training" ? "" : run.phase);
  const text = isActive(run.status) && phase ? phase : run.status_reason;
  return text ? <p className="min-w-0 break-words text-muted first-letter:uppercase">{text}</p> : null;
}

function Progress({ run }: { run: Run }) {
  const now = useNow();
  const { ran, deviceHours } = timeSpent(run, now);
  const facts = [
    { label: "Waited", text: formatDuration(run.timing.queue_seconds), shown: run.status === "queued" || run.attempts.length > 0 },
    { label: "Ran", text: formatDuration(ran), shown: run.attempts.length > 0 },
    { label: "Left, about", text: formatDuration(run.eta_seconds), shown: isActive(run.status) },
    ...deviceHours.map(([kind, hours]) => ({
      label: kind === "cuda" ? "GPU time" : "CPU slot time",
      text: `${formatNumber(hours, 2)} h`,
      shown: hours >= 0.01,
    })),
    { label: "Attempt", text: formatInteger(run.attempts.length), shown: run.attempts.length > 1 },
  ];
  return (
    <div className="flex flex-col gap-2">
      {run.kind === "train" && <RunProgress run={run} />}
      <dl className="flex flex-wrap gap-x-4 gap-y-1 text-xs">
        {facts
          .filter(({ shown }) => shown)
          .map(({ label, text }) => (
            <div key={label} className="flex gap-1">
              <dt className="text-muted">{label}</dt>
              <dd className="tabular">{text}</dd>
            </div>
          ))}
      </dl>
    </div>
  );
}

function Fact({ label, title, children }: { label: string; title?: string | undefined; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <div className="text-xs text-muted">{label}</div>
      <div className="truncate font-medium tabular" title={title}>
        {children}
      </div>
    </div>
  );
}

export function HeaderSkeleton() {
  return (
    <div role="status" aria-label="Loading the run" className="flex flex-col gap-3">
      <div className="flex h-13 items-end">
        <Skeleton className="h-7 w-72" />
      </div>
      <Skeleton className="h-6 w-40" />
      <Skeleton className="h-72 w-full sm:h-56 lg:h-29" />
    </div>
  );
}
