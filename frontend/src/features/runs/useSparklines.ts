import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { fromWire } from "@/api/numbers";
import { series } from "@/api/queries";
import type { RunSummary } from "@/api/types";
import { isActive } from "@/components/runs/StatusBadge";

const REFRESH_MS = 5000;

/** The reward curves of some runs, by run id, in one request; renewed while any of them is at work. */
export function useSparklines(runs: readonly RunSummary[]): ReadonlyMap<string, readonly number[]> {
  const { data } = useQuery({
    ...series({
      runs: runs.map((run) => run.id),
      keys: ["reward"],
      max_points: 60,
      envelope: false,
    }),
    enabled: runs.length > 0,
    staleTime: REFRESH_MS,
    refetchInterval: runs.some((run) => isActive(run.status)) ? REFRESH_MS : false,
  });
  return useMemo(() => new Map(data?.series.map((one) => [one.run_id, one.values.map(fromWire)])), [data]);
}
