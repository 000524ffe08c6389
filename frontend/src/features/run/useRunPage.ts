import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useRef, useState } from "react";

import { checkpoints, jobs, keys, rolloutDistributions, rollouts, rolloutSteps, run as runQuery, runAlerts, timeline } from "@/api/queries";
import { putRun } from "@/api/runCache";
import type { RunStatus, RunSummary } from "@/api/types";
import { useLiveSeries } from "@/api/useSeries";
import { useThrottled } from "@/lib/useThrottled";

import { LogFeed } from "./logFeed";

/** A run that steps many times a second is shown as it was a moment ago; a change of its state at once. */
const RUN_MS = 2000;

/** A run and everything about it that changes while it is looked at, through one stream. */
export function useRunPage(runId: string) {
  const client = useQueryClient();
  const query = useQuery(runQuery(runId));
  const [logs] = useState(() => new LogFeed());
  const runIds = useMemo(() => [runId], [runId]);
  const status = useRef<RunStatus | null>(null);

  const later = useThrottled((run: RunSummary) => putRun(client, run), RUN_MS);
  const onRun = (run: RunSummary) => {
    later(run, status.current !== run.status);
    if (status.current === run.status) return;
    status.current = run.status;
    // attempts and their reasons are not in the stream
    void client.invalidateQueries({ queryKey: keys.run(runId), exact: true });
    void client.invalidateQueries({ queryKey: timeline(runId).queryKey });
  };
  const reread = (queryKey: readonly unknown[]) => () => void client.invalidateQueries({ queryKey });
  const series = useLiveSeries(runIds, {
    on: {
      run: onRun,
      log: (data) => logs.push(data.lines),
      alert: reread(runAlerts(runId).queryKey),
      // rollouts of other steps stay as they are
      rollouts: ({ step }) => {
        for (const { queryKey } of [rolloutSteps(runId), rolloutDistributions(runId), rollouts(runId, step)]) {
          void client.invalidateQueries({ queryKey, exact: true });
        }
      },
      checkpoint: reread(checkpoints(runId).queryKey),
      job: reread(jobs(runId).queryKey),
      provenance: () => void client.invalidateQueries({ queryKey: keys.run(runId), exact: true }),
    },
  });
  return { query, series, logs, runIds };
}
