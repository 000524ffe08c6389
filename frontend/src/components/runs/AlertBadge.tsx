import { TriangleAlert } from "lucide-react";

import type { RunSummary } from "@/api/types";
import { Badge } from "@/components/ui/badge";
import { cn } from "@/lib/cn";

/** What rules found on a run and nobody has acknowledged; nothing when there is none. */
export function AlertBadge({ run, className }: { run: RunSummary; className?: string }) {
  const names = run.alerts ?? [];
  if (names.length === 0) return null;
  const [first] = names;
  return (
    <Badge tone="warning" className={cn("min-w-0", className)} title={names.join(", ")}>
      <TriangleAlert aria-hidden="true" />
      <span className="truncate">
        <span className="sr-only">Alert: </span>
        {names.length === 1 ? first : `${names.length} alerts`}
      </span>
    </Badge>
  );
}
