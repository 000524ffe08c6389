import type { RunStatus } from "@/api/types";
import { STATUS } from "@/components/runs/StatusBadge";
import { Badge } from "@/components/ui/badge";

/** How many runs are in each state, those that need a look first. */
const ORDER: readonly RunStatus[] = ["failed", "lost", "running", "starting", "pausing", "stopping", "queued", "paused", "stopped", "completed"];

export function StatusCounts({ statuses }: { statuses: Partial<Record<RunStatus, number>> }) {
  const there = ORDER.filter((status) => statuses[status]);
  if (there.length === 0) return <span className="text-muted">none</span>;
  return (
    <span className="flex flex-wrap gap-1">
      {there.map((status) => {
        const { label, tone, icon: Icon } = STATUS[status];
        return (
          <Badge key={status} tone={tone}>
            <Icon aria-hidden="true" />
            <span className="tabular">{statuses[status]}</span> {label.toLowerCase()}
          </Badge>
        );
      })}
    </span>
  );
}
