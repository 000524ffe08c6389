import { useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import { isStatus } from "@/api/errors";
import { comparison as comparisonQuery, run as runQuery } from "@/api/queries";
import { putRun } from "@/api/runCache";
import type { Comparison, Run } from "@/api/types";
import { type LiveSeries, useLiveSeries } from "@/api/useSeries";
import { isFinal } from "@/components/runs/StatusBadge";
import { runColor, runDash } from "@/theme/runColors";

/** The table's numbers move slowly; the charts are live. */
const AGAIN_MS = 5000;

export interface ComparedRun {
  id: string;
  /** Null while it is being read. */
  run: Run | null;
  name: string;
  color: string;
  dash: number[];
  hidden: boolean;
}

export interface Compared {
  /** The runs that exist, in the order of the URL. */
  runs: ComparedRun[];
  /** Ids that belong to no run. */
  unknown: string[];
  /** The first failure but an unknown run, if any. */
  error: Error | null;
  isPending: boolean;
  comparison: { data: Comparison | undefined; error: Error | null };
  series: LiveSeries;
  retry: () => void;
}

/** Everything the page shows about some runs. The place in the URL gives a run its colour. */
export function useCompared(ids: readonly string[], hidden: readonly string[]): Compared {
  const client = useQueryClient();
  const queries = useQueries({ queries: ids.map((id) => runQuery(id)) });
  const states = ids.map((id, index) => {
    const query = queries[index];
    return { id, index, query, unknown: query !== undefined && isStatus(query.error, 404) && !query.data };
  });
  const settled = states.every(({ query, unknown }) => unknown || query?.data !== undefined);
  const knownKey = states
    .filter(({ unknown }) => !unknown)
    .map(({ id }) => id)
    .join(",");
  // while a run that was added is being read, the others stay as they are
  const [held, setHeld] = useState("");
  if (settled && held !== knownKey) setHeld(knownKey);
  const known = useIds(held);
  const moving = states.some(({ query }) => query?.data && !isFinal(query.data.status));
  const comparison = useQuery({
    ...comparisonQuery(known),
    enabled: known.length > 0,
    refetchInterval: moving ? AGAIN_MS : false,
  });
  const series = useLiveSeries(known, {
    on: {
      run: (run) => {
        const before = client.getQueryData(runQuery(run.id).queryKey);
        putRun(client, run);
        if (before?.status !== run.status) void comparison.refetch();
      },
    },
  });
  const failed = states.find(({ query, unknown }) => query?.error && !unknown && !query.data)?.query;
  return {
    runs: states
      .filter(({ unknown }) => !unknown)
      .map(({ id, index, query }) => ({
        id,
        run: query?.data ?? null,
        name: query?.data?.name ?? id,
        color: runColor(index),
        dash: runDash(index),
        hidden: hidden.includes(id),
      })),
    unknown: states.filter(({ unknown }) => unknown).map(({ id }) => id),
    error: failed?.error ?? null,
    isPending: !settled,
    comparison: {
      // the client's types forget that a pair has two entries
      data: known.length > 0 ? (comparison.data as Comparison | undefined) : undefined,
      error: comparison.error,
    },
    series,
    retry: () => {
      for (const { query } of states) if (query?.error) void query.refetch();
      if (comparison.error) void comparison.refetch();
    },
  };
}

/** The ids of a comma-separated list, the same list until it changes: the stream and the points hang on it. */
function useIds(text: string): string[] {
  return useMemo(() => (text === "" ? [] : text.split(",")), [text]);
}
