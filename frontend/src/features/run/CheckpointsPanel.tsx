import { useQuery } from "@tanstack/react-query";
import { Archive, ChevronRight, Download } from "lucide-react";

import { checkpoints } from "@/api/queries";
import type { Checkpoint, JobSummary, Run } from "@/api/types";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { EmptyState, ErrorState } from "@/components/ui/states";
import { TimeAgo } from "@/components/ui/time";
import { formatBytes, formatInteger, formatNumber } from "@/lib/format";

import { FileList } from "../jobs/FileList";
import { archiveUrl } from "../jobs/files";
import { JobButtons } from "../jobs/JobButtons";
import { JobCard } from "../jobs/JobCard";
import { useJobs } from "../jobs/useJobs";

/** Saved states of the model, newest first, each with its files and what was done with it. */
export function CheckpointsPanel({ run }: { run: Run }) {
  const { data, error, refetch } = useQuery(checkpoints(run.id));
  const jobs = useJobs(run.id);
  if (error && !data) return <ErrorState error={error} title="The checkpoints could not be loaded" onRetry={() => void refetch()} />;
  if (!data) return <Skeleton className="h-40 w-full" />;
  const asked = jobs.data ?? [];
  const known = new Set(data.map((checkpoint) => checkpoint.id));
  const orphans = asked.filter((job) => !known.has(job.checkpoint_id));
  const newest = [...data].sort((a, b) => b.step - a.step || b.attempt - a.attempt);
  return (
    <div className="flex flex-col gap-3">
      {data.length === 0 && (
        <EmptyState icon={<Archive aria-hidden="true" />} title="No checkpoints yet">
          How often weights are saved is set by <b>checkpoints</b> in the run&apos;s configuration.
        </EmptyState>
      )}
      {jobs.error && !jobs.data && (
        <ErrorState error={jobs.error} title="What was done with them could not be loaded" onRetry={() => void jobs.refetch()} />
      )}
      {newest.map((checkpoint) => (
        <CheckpointCard
          key={checkpoint.id}
          run={run}
          checkpoint={checkpoint}
          jobs={asked.filter((job) => job.checkpoint_id === checkpoint.id)}
        />
      ))}
      {orphans.length > 0 && (
        <Card aria-labelledby="removed-checkpoints" className="flex flex-col gap-3 p-4">
          <h2 id="removed-checkpoints" className="font-semibold">
            Checkpoints that are no longer kept
          </h2>
          {orphans.map((job) => (
            <JobCard key={job.id} job={job} withStep />
          ))}
        </Card>
      )}
    </div>
  );
}

function CheckpointCard({ run, checkpoint, jobs }: { run: Run; checkpoint: Checkpoint; jobs: JobSummary[] }) {
  const title = `checkpoint-${checkpoint.id}`;
  return (
    <Card data-row aria-labelledby={title} className="flex flex-col gap-3 p-4">
      <header className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <h2 id={title} className="font-semibold">
          Step {formatInteger(checkpoint.step)}
        </h2>
        <Badge tone="outline">{checkpoint.kind === "adapter" ? "LoRA adapter" : "whole model"}</Badge>
        {checkpoint.best && (
          <Badge tone="success" title="The highest eval/pass@1 of this run's checkpoints">
            best
          </Badge>
        )}
        {Object.entries(checkpoint.metrics).map(([key, value]) => (
          <span key={key} className="text-xs">
            <span className="text-muted">{key}</span> <span className="tabular">{formatNumber(value)}</span>
          </span>
        ))}
        <span className="ml-auto flex gap-4 text-muted tabular">
          {checkpoint.attempt > 1 && <span>attempt {checkpoint.attempt}</span>}
          {formatBytes(checkpoint.size)}
          <TimeAgo time={checkpoint.created_at} />
        </span>
      </header>
      <JobButtons run={run} checkpoint={checkpoint} />
      {jobs.map((job) => (
        <JobCard key={job.id} job={job} />
      ))}
      <details className="group">
        <summary className="flex w-fit items-center gap-1 rounded-sm text-muted hover:text-text [&::-webkit-details-marker]:hidden">
          <ChevronRight aria-hidden="true" className="size-4 transition-transform group-open:rotate-90" />
          {checkpoint.files.length} files
        </summary>
        <FileList checkpoint={checkpoint} />
        <Button asChild size="sm">
          <a href={archiveUrl(checkpoint)} download>
            <Download aria-hidden="true" /> All in one archive
          </a>
        </Button>
      </details>
    </Card>
  );
}
