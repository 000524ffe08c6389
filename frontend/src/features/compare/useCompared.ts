import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import { isStatus } from "@/api/errors";
import { comparison as comparisonQuery, type ComparisonView } from "@/api/queries";
import { SeriesStore } from "@/api/seriesStore";
import type { StreamState } from "@/api/stream";
import type { Comparison } from "@/api/types";
import { useStream } from "@/api/useStream";
import { isFinal } from "@/components/runs/StatusBadge";

import { drawnOf, type Line, linesOf } from "./lines";
import { type CompareSearch, MAX_COMPARED, writeGroup } from "./search";

/** Statistics and mean curves move slowly; the lines of single runs are live. */
export const AGAIN_MS = 5000;

export interface Compared {
  comparison: Comparison | undefined;
  lines: readonly Line[];
  /** Those that charts draw. */
  drawn: readonly Line[];
  /** None of the runs exists. */
  nothing: boolean;
  error: Error | null;
  retry: () => void;
  /** Some run is not finished. */
  moving: boolean;
  live: Live;
}

/** Points of the runs, and what tells which of them were read. */
export interface Live {
  store: SeriesStore;
  /** In the keys of queries that fill the store. */
  name: string;
  stream: StreamState;
}

let stores = 0;

/** Everything the page shows about some runs. */
export function useCompared(search: CompareSearch): Compared {
  const client = useQueryClient();
  const view = useView(search);
  const query = useQuery({
    ...comparisonQuery(view),
    enabled: view.runs.length > 0,
    refetchInterval: ({ state }) => againAfter(state.data as Comparison | undefined),
  });
  // the client's types forget that a query may hold nothing
  const comparison = query.data as Comparison | undefined;
  const [{ store, name }] = useState(() => ({ store: new SeriesStore(), name: `compare-${(stores += 1)}` }));
  const again = () => void client.invalidateQueries({ queryKey: [name] });
  const hide = search.hide;
  const lines = useMemo(() => (comparison ? linesOf(comparison, hide) : []), [comparison, hide]);
  const drawn = useMemo(() => drawnOf(lines), [lines]);
  const open = useMemo(() => {
    const shown = new Set(drawn.flatMap((line) => line.runIds));
    const runs = (comparison?.runs ?? []).filter((run) => shown.has(run.run_id) && !isFinal(run.status));
    // a stream takes no more; the means of the others are read every few seconds
    return runs.slice(0, MAX_COMPARED).map((run) => run.run_id);
  }, [comparison, drawn]);
  const stream = useStream(open, {
    metrics: ({ run_id, points }) => store.append(run_id, points),
    run: (run) => {
      const before = comparison?.runs.find((one) => one.run_id === run.id)?.status;
      if (before === run.status) return;
      if (run.status === "queued" || run.status === "starting") {
        // a new attempt: later points of the one before do not count any more
        store.clear(run.id);
        again();
      }
      void query.refetch();
    },
    ready: (gap) => {
      if (gap) again();
    },
  });
  const nothing = isStatus(query.error, 404);
  return {
    comparison: nothing ? undefined : comparison,
    lines,
    drawn,
    nothing,
    error: nothing || comparison ? null : query.error,
    retry: () => void query.refetch(),
    moving: isMoving(comparison),
    live: useMemo(() => ({ store, name, stream: open.length > 0 ? stream : "live" }), [store, name, stream, open]),
  };
}

/** Statistics of hundreds of runs take the server most of a second: they are asked for less often. */
function againAfter(comparison: Comparison | undefined): number | false {
  if (!comparison || !isMoving(comparison)) return false;
  return comparison.runs.length > MAX_COMPARED ? 3 * AGAIN_MS : AGAIN_MS;
}

function isMoving(comparison: Comparison | undefined): boolean {
  return comparison?.runs.some((run) => !isFinal(run.status)) ?? false;
}

/** What is asked of the API, the same object until it changes. */
export function useView(search: CompareSearch): ComparisonView {
  const text = JSON.stringify({
    runs: search.runs,
    experiment: search.experiment,
    group_by: search.by,
    group: search.hand.map(writeGroup),
    baseline: search.baseline,
  });
  return useMemo(() => JSON.parse(text) as ComparisonView, [text]);
}
