import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { fromWire } from "@/api/numbers";
import { series } from "@/api/queries";
import type { RunSummary } from "@/api/types";
import { isActive } from "@/components/runs/StatusBadge";
import { useDebounced } from "@/lib/useDebounced";

const REFRESH_MS = 5000;
/** Runs that stay in view so long are asked for, not those that scroll by. */
const SETTLE_MS = 100;

/** The reward curves of some runs, by run id, in one request; renewed while any of them is at work. */
export function useSparklines(runs: readonly RunSummary[]): ReadonlyMap<string, readonly number[]> {
  const ids = useDebounced(runs.map((run) => run.id).join(","), SETTLE_MS);
  const { data } = useQuery({
    ...series({
      runs: ids.split(","),
      keys: ["reward"],
      max_points: 60,
      envelope: false,
    }),
    enabled: ids !== "",
    staleTime: REFRESH_MS,
    refetchInterval: runs.some((run) => isActive(run.status)) ? REFRESH_MS : false,
  });
  return useMemo(() => new Map(data?.series.map((one) => [one.run_id, one.values.map(fromWire)])), [data]);
}
