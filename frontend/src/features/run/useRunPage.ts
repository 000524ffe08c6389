import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";

import { checkpoints, jobs, keys, rolloutDistributions, rollouts, rolloutSteps, run as runQuery, runAlerts, timeline } from "@/api/queries";
import { Rereads } from "@/api/rereads";
import { putRun } from "@/api/runCache";
import type { RunStatus, RunSummary } from "@/api/types";
import { useLiveSeries } from "@/api/useSeries";
import { cancelFrame, inFrame } from "@/lib/frames";
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
  const [rereads] = useState(() => new Rereads(client));
  useEffect(() => () => rereads.stop(), [rereads]);

  const newest = useRef<RunSummary | null>(null);
  const [put] = useState(() => () => {
    if (newest.current) putRun(client, newest.current);
  });
  useEffect(() => () => cancelFrame(put), [put]);
  const later = useThrottled((run: RunSummary) => {
    newest.current = run;
    inFrame(put);
  }, RUN_MS);
  const onRun = (run: RunSummary) => {
    later(run, status.current !== run.status);
    if (status.current === run.status) return;
    status.current = run.status;
    // attempts and their reasons are not in the stream
    rereads.ask(keys.run(runId));
    rereads.ask(timeline(runId).queryKey);
  };
  const reread = (queryKey: readonly unknown[]) => () => rereads.ask(queryKey);
  const series = useLiveSeries(runIds, {
    on: {
      run: onRun,
      log: (data) => logs.push(data.lines),
      alert: reread(runAlerts(runId).queryKey),
      // rollouts of other steps stay as they are
      rollouts: ({ step }) => {
        rereads.ask(rolloutSteps(runId).queryKey);
        rereads.ask(rolloutDistributions(runId).queryKey);
        rereads.ask(rollouts(runId, step).queryKey);
      },
      checkpoint: reread(checkpoints(runId).queryKey),
      job: reread(jobs(runId).queryKey),
      provenance: reread(keys.run(runId)),
    },
  });
  return { query, series, logs, runIds };
}
