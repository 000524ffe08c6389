import { useQuery } from "@tanstack/react-query";

import { timeline } from "@/api/queries";
import type { StatusChange } from "@/api/types";
import { StatusBadge } from "@/components/runs/StatusBadge";
import { Skeleton } from "@/components/ui/skeleton";
import { ErrorState } from "@/components/ui/states";
import { formatTime } from "@/lib/format";

const ACTORS: Record<StatusChange["actor"], string> = { user: "user", worker: "worker", reaper: "lease check" };

/** Every change of state: when, by whom, why. Newest last, as it happened. */
export function TimelinePanel({ runId }: { runId: string }) {
  const { data, error, refetch } = useQuery(timeline(runId));
  if (error && !data) return <ErrorState error={error} title="The timeline could not be loaded" onRetry={() => void refetch()} />;
  if (!data) return <Skeleton className="h-40 w-full" />;
  return (
    <ol className="ml-2 border-l border-line">
      {data.map((change, i) => (
        <li key={i} className="relative pb-5 pl-6 last:pb-1">
          <span aria-hidden="true" className="absolute top-1.5 -left-[5px] size-2.5 rounded-full border-2 border-bg bg-line-strong" />
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <span className="w-26">
              <StatusBadge status={change.to_status} still />
            </span>
            <time dateTime={change.time} className="text-muted tabular">
              {formatTime(change.time)}
            </time>
            <span className="text-muted">
              by {change.actor_name || ACTORS[change.actor]}
              {change.actor_name && change.actor_name !== change.actor && ` (${ACTORS[change.actor]})`}
              {change.attempt !== null && `, attempt ${change.attempt}`}
            </span>
          </div>
          {change.reason && <p className="mt-1 break-words">{change.reason}</p>}
        </li>
      ))}
    </ol>
  );
}
