import type { RunSummary } from "@/api/types";
import { Progress } from "@/components/ui/progress";
import { cn } from "@/lib/cn";
import { formatInteger } from "@/lib/format";

const BARS: Partial<Record<RunSummary["status"], string>> = {
  completed: "bg-success",
  failed: "bg-danger",
  lost: "bg-warning",
  stopped: "bg-line-strong",
  queued: "bg-line-strong",
  paused: "bg-warning",
};

/** Steps done of all, as numbers and a bar. */
export function RunProgress({ run, className }: { run: RunSummary; className?: string }) {
  return (
    <div className={cn("min-w-0", className)}>
      <div className="mb-1 text-xs tabular">
        {formatInteger(run.step)} <span className="text-muted">/ {formatInteger(run.max_steps)}</span>
      </div>
      <Progress
        value={run.step}
        max={run.max_steps}
        label={`Step ${run.step} of ${run.max_steps}`}
        barClassName={BARS[run.status]}
      />
    </div>
  );
}
