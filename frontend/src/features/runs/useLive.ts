import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";

import { keys } from "@/api/queries";
import { putRun } from "@/api/runCache";
import type { RunStatus, RunSummary } from "@/api/types";
import { useStream } from "@/api/useStream";

/** A burst of changes reads the lists once. */
const REREAD_MS = 1000;

/**
 * Keeps lists of runs up to date. A run that is shown changes in its place; what may move rows (a new run, another
 * state) reads the list again at once while `mayMove`, else only counts as `waiting` until `refresh` or until it may.
 * `outdated` is for a list whose pages contradict each other: some were read before a change and some after it.
 */
export function useLive(mayMove: boolean, outdated: boolean) {
  const client = useQueryClient();
  const statuses = useRef(new Map<string, RunStatus>());
  const [changed, setChanged] = useState(false);

  const refresh = useCallback(() => {
    setChanged(false);
    void client.invalidateQueries({ queryKey: keys.runs });
  }, [client]);
  const waiting = changed || outdated;
  useEffect(() => {
    if (!waiting || !mayMove) return;
    // whoever scrolls on within this time is not moved either
    const timer = setTimeout(refresh, REREAD_MS);
    return () => clearTimeout(timer);
  }, [waiting, mayMove, refresh]);

  const onRun = (run: RunSummary) => {
    const shown = putRun(client, run);
    const before = statuses.current.get(run.id) ?? shown;
    statuses.current.set(run.id, run.status);
    // a new run, or one in another state: it may belong to another filter now
    if (before !== run.status) setChanged(true);
  };
  const stream = useStream("*", { run: onRun, ready: (gap) => gap && setChanged(true) });
  return { stream, waiting: waiting && !mayMove, refresh };
}
