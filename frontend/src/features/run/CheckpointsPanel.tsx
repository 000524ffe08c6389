import { useQuery } from "@tanstack/react-query";
import { Archive, ChevronRight, Download } from "lucide-react";

import { checkpoints } from "@/api/queries";
import type { Checkpoint } from "@/api/types";
import { Badge } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { CopyButton } from "@/components/ui/copy-button";
import { Skeleton } from "@/components/ui/skeleton";
import { EmptyState, ErrorState } from "@/components/ui/states";
import { TimeAgo } from "@/components/ui/time";
import { formatBytes, formatInteger, formatNumber } from "@/lib/format";

/** Saved states of the model, newest first, each with its files. */
export function CheckpointsPanel({ runId }: { runId: string }) {
  const { data, error, refetch } = useQuery(checkpoints(runId));
  if (error && !data) return <ErrorState error={error} title="The checkpoints could not be loaded" onRetry={() => void refetch()} />;
  if (!data) return <Skeleton className="h-40 w-full" />;
  if (data.length === 0) {
    return (
      <EmptyState icon={<Archive aria-hidden="true" />} title="No checkpoints yet">
        How often weights are saved is set by <b>checkpoints</b> in the run&apos;s configuration.
      </EmptyState>
    );
  }
  const newest = [...data].sort((a, b) => b.step - a.step || b.attempt - a.attempt);
  return (
    <div className="flex flex-col gap-3">
      {newest.map((checkpoint, i) => (
        <CheckpointCard key={checkpoint.id} checkpoint={checkpoint} open={i === 0} />
      ))}
    </div>
  );
}

function CheckpointCard({ checkpoint, open }: { checkpoint: Checkpoint; open: boolean }) {
  return (
    <Card>
      <details open={open} className="group">
        <summary className="flex flex-wrap items-center gap-x-4 gap-y-1 rounded-lg px-4 py-3 [&::-webkit-details-marker]:hidden">
          <ChevronRight aria-hidden="true" className="size-4 text-muted transition-transform group-open:rotate-90" />
          <h2 className="font-semibold">Step {formatInteger(checkpoint.step)}</h2>
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
        </summary>
        <ul className="border-t border-line px-4 py-2">
          {checkpoint.files.map((file) => (
            <li key={file.path} className="flex flex-wrap items-center gap-x-4 py-1">
              <a
                href={fileUrl(checkpoint, file.path)}
                download
                className="inline-flex min-w-0 items-center gap-1.5 rounded-sm font-mono text-xs text-accent hover:underline"
              >
                <Download aria-hidden="true" className="size-3.5 shrink-0" />
                <span className="break-all">{file.path}</span>
              </a>
              <span className="text-xs text-muted tabular">{formatBytes(file.size)}</span>
              <span className="ml-auto flex items-center gap-1 font-mono text-xs text-muted" title={file.sha256}>
                sha256 {file.sha256.slice(0, 12)}…
                <CopyButton text={file.sha256} label={`Copy the hash of ${file.path}`} />
              </span>
            </li>
          ))}
        </ul>
      </details>
    </Card>
  );
}

function fileUrl(checkpoint: Checkpoint, path: string): string {
  const parts = path.split("/").map(encodeURIComponent).join("/");
  return `/api/v1/runs/${checkpoint.run_id}/checkpoints/${checkpoint.id}/files/${parts}`;
}
