import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ClipboardCheck, type LucideIcon, MessageSquareText, Package, RotateCw, ScrollText, Square, Trash2 } from "lucide-react";

import { job as jobQuery } from "@/api/queries";
import type { JobSummary } from "@/api/types";
import { isActive, StatusBadge } from "@/components/runs/StatusBadge";
import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";
import { ErrorState } from "@/components/ui/states";
import { TimeAgo } from "@/components/ui/time";
import { formatDuration, formatInteger } from "@/lib/format";

import { EvaluationResult } from "./EvaluationResult";
import { ExportedFiles } from "./ExportedFiles";
import { SampledCompletions } from "./SampledCompletions";
import { useJobActions } from "./useJobs";

const KINDS: Record<JobSummary["kind"], { title: string; icon: LucideIcon }> = {
  sample: { title: "Prompt", icon: MessageSquareText },
  evaluate: { title: "Evaluation", icon: ClipboardCheck },
  export: { title: "Export", icon: Package },
};

interface Props {
  job: JobSummary;
  /** Says which checkpoint, where it does not stand under it. */
  withStep?: boolean;
}

/** A job: where it stands, and what it found out. */
export function JobCard({ job, withStep = false }: Props) {
  const { title, icon: Icon } = KINDS[job.kind];
  const { stop, retry, remove } = useJobActions(job);
  const name = `${title}${about(job)}`;
  return (
    <article aria-label={name} className="flex min-w-0 flex-col gap-2 rounded-md border border-line p-3">
      <header className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Icon aria-hidden="true" className="size-4 shrink-0 text-muted" />
        <h3 className="min-w-0 truncate font-medium">{name}</h3>
        {withStep && <span className="text-xs text-muted tabular">step {formatInteger(job.step)}</span>}
        <StatusBadge status={job.status} />
        <span className="ml-auto flex items-center gap-1 text-xs text-muted tabular">
          <Took job={job} />
          <TimeAgo time={job.created_at} />
          <Button asChild variant="ghost" size="icon" aria-label={`Log of ${name}`}>
            <Link to="/runs/$runId" params={{ runId: job.id }} search={{ tab: "logs" }}>
              <ScrollText aria-hidden="true" />
            </Link>
          </Button>
          {job.actions.includes("stop") && (
            <Button variant="ghost" size="icon" aria-label={`Stop ${name}`} disabled={stop.isPending} onClick={() => stop.mutate()}>
              <Square aria-hidden="true" />
            </Button>
          )}
          {job.actions.includes("retry") && (
            <Button variant="ghost" size="icon" aria-label={`Try ${name} again`} disabled={retry.isPending} onClick={() => retry.mutate()}>
              <RotateCw aria-hidden="true" />
            </Button>
          )}
          {job.actions.includes("delete") && (
            <Button variant="ghost" size="icon" aria-label={`Remove ${name}`} disabled={remove.isPending} onClick={() => remove.mutate()}>
              <Trash2 aria-hidden="true" />
            </Button>
          )}
        </span>
      </header>
      <StateLine job={job} />
      {job.status === "completed" && <Result job={job} />}
    </article>
  );
}

function about(job: JobSummary): string {
  const { spec } = job;
  if (spec.kind === "sample") return `: ${spec.prompt.length > 60 ? `${spec.prompt.slice(0, 60)}…` : spec.prompt}`;
  if (spec.kind === "evaluate") return spec.data ? ` on ${spec.data.kind}` : "";
  return spec.what === "adapter" ? " of the adapter" : " of the merged model";
}

function Took({ job }: { job: JobSummary }) {
  if (!job.started_at || !job.finished_at) return null;
  const seconds = (new Date(job.finished_at).getTime() - new Date(job.started_at).getTime()) / 1000;
  return <span className="mr-2">{formatDuration(seconds)}</span>;
}

/** Why it waits or failed, or what it does now. */
function StateLine({ job }: { job: JobSummary }) {
  if (job.status === "completed") return null;
  if (job.status === "queued") return <p className="text-muted">{job.waits_for ?? (job.status_reason || "Waits for a free slot of a worker.")}</p>;
  if (isActive(job.status)) {
    return (
      <p role="status" className="text-muted first-letter:uppercase">
        {job.phase_message || job.phase || "Starting"}
        {job.worker && ` on ${job.worker}`}
      </p>
    );
  }
  if (!job.status_reason) return null;
  return <p className={job.status === "failed" ? "break-words whitespace-pre-wrap text-danger" : "break-words text-muted"}>{job.status_reason}</p>;
}

function Result({ job }: { job: JobSummary }) {
  const { data, error, refetch } = useQuery({ ...jobQuery(job.id), staleTime: Infinity });
  if (error && !data) return <ErrorState error={error} title="The result could not be loaded" onRetry={() => void refetch()} />;
  if (!data) return <Skeleton className="h-16 w-full" />;
  const { result } = data;
  if (!result) return <p className="text-muted">It reported no result: its log may say why.</p>;
  if (result.kind === "evaluate") return <EvaluationResult result={result} />;
  if (result.kind === "sample") return <SampledCompletions result={result} />;
  return <ExportedFiles result={result} files={data.files} />;
}
