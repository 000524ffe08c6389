import { useQuery } from "@tanstack/react-query";

import { runUsage, timeline } from "@/api/queries";
import type { Attempt, Run, StatusChange } from "@/api/types";
import { StatusBadge } from "@/components/runs/StatusBadge";
import { Card } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { ErrorState } from "@/components/ui/states";
import { formatBytes, formatDuration, formatTime } from "@/lib/format";
import { useNow } from "@/lib/useNow";

import { attemptSeconds, stateSeconds } from "./timeSpent";

const ACTORS: Record<StatusChange["actor"], string> = { user: "user", worker: "worker", reaper: "lease check", rule: "rule" };

/** The attempts, what the run holds on disk, and every change of state: when, by whom, why. */
export function TimelinePanel({ run }: { run: Run }) {
  return (
    <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_minmax(18rem,26rem)]">
      <Changes runId={run.id} />
      <div className="flex flex-col gap-3 max-lg:order-first">
        <Attempts attempts={run.attempts} />
        <Disk runId={run.id} />
      </div>
    </div>
  );
}

function Changes({ runId }: { runId: string }) {
  const { data, error, refetch } = useQuery(timeline(runId));
  if (error && !data) return <ErrorState error={error} title="The timeline could not be loaded" onRetry={() => void refetch()} />;
  if (!data) return <Skeleton className="h-40 w-full" />;
  const lasted = stateSeconds(data);
  return (
    <ol aria-label="Changes of state" className="ml-2 border-l border-line">
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
            {lasted[i] != null && <span className="text-xs text-muted tabular">for {formatDuration(lasted[i])}</span>}
          </div>
          {change.reason && <p className="mt-1 break-words">{change.reason}</p>}
        </li>
      ))}
    </ol>
  );
}

function Attempts({ attempts }: { attempts: Attempt[] }) {
  const now = useNow();
  if (attempts.length === 0) return null;
  return (
    <Card className="p-4">
      <h2 className="font-semibold">Attempts</h2>
      <table className="mt-2 w-full text-left tabular">
        <thead className="text-xs text-muted">
          <tr>
            <th className="pr-3 font-medium">#</th>
            <th className="pr-3 font-medium">On</th>
            <th className="pr-3 text-right font-medium">Waited</th>
            <th className="text-right font-medium">Ran</th>
          </tr>
        </thead>
        <tbody>
          {attempts.map((attempt) => (
            <tr key={attempt.id} className="align-top">
              <td className="py-1 pr-3">{attempt.number}</td>
              <td className="max-w-0 w-full truncate py-1 pr-3" title={`${attempt.worker} (${attempt.host}), ${attempt.device}`}>
                {attempt.worker} <span className="text-muted">{attempt.device}</span>
              </td>
              <td className="py-1 pr-3 text-right whitespace-nowrap">{formatDuration(attempt.queue_seconds)}</td>
              <td className="py-1 text-right whitespace-nowrap">{formatDuration(attemptSeconds(attempt, now))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

function Disk({ runId }: { runId: string }) {
  const { data } = useQuery(runUsage(runId));
  if (!data) return null;
  const parts = [
    { label: "Checkpoints", bytes: data.checkpoints },
    { label: "Rollouts", bytes: data.rollouts },
    { label: "Metrics", bytes: data.metrics },
  ];
  return (
    <Card className="p-4">
      <h2 className="font-semibold">On disk</h2>
      <dl className="mt-2 grid grid-cols-[1fr_auto] gap-y-1">
        {parts.map(({ label, bytes }) => (
          <div key={label} className="contents">
            <dt className="text-muted">{label}</dt>
            <dd className="text-right tabular">{formatBytes(bytes)}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
