import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";

import { keys, runList } from "@/api/queries";
import { putRun } from "@/api/runCache";
import type { RunStatus, RunSummary } from "@/api/types";
import { useStream } from "@/api/useStream";

import { type RunsSearch, toFilters } from "./search";

/** A burst of changes reads the lists once. */
const REREAD_MS = 1000;

/** The runs of the table, page after page, kept up to date by the stream of all runs. */
export function useRunList(search: RunsSearch) {
  const client = useQueryClient();
  const query = useInfiniteQuery(runList(toFilters(search)));
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const statuses = useRef(new Map<string, RunStatus>());
  const runs = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);

  const reread = () => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void client.invalidateQueries({ queryKey: keys.runs });
    }, REREAD_MS);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    for (const run of runs) statuses.current.set(run.id, run.status);
  }, [runs]);

  const onRun = (run: RunSummary) => {
    const before = statuses.current.get(run.id);
    statuses.current.set(run.id, run.status);
    const shown = putRun(client, run);
    // a new run, or one that may belong to another filter now
    if (!shown || before !== run.status) reread();
  };
  const stream = useStream("*", { run: onRun, ready: (gap) => gap && reread() });
  return { ...query, runs, total: query.data?.pages[0]?.total ?? null, stream };
}
