/** Which checkpoint of which run stands on either side. */

import type { Checkpoint, Comparison } from "@/api/types";

export interface Side {
  runId: string;
  /** Null while the run has none, or they are not read yet. */
  checkpointId: string | null;
}

/**
 * What the address names (`run, checkpoint, run, checkpoint`) as far as it is there; else the first runs of
 * two groups, and their newest checkpoints.
 */
export function choosePair(comparison: Comparison, named: readonly string[], lists?: readonly (readonly Checkpoint[])[]): Side[] {
  const known = new Set(comparison.runs.map((run) => run.run_id));
  const firsts = [...comparison.groups.map(({ id }) => id), ...comparison.runs.map((run) => run.run_id)];
  return [0, 1].map((i) => {
    const asked = named[2 * i] ?? "";
    const runId = known.has(asked) ? asked : (firsts[i] ?? firsts[0] ?? "");
    const list = lists?.[i] ?? [];
    const wanted = list.find(({ id }) => id === named[2 * i + 1]);
    const newest = list.reduce<Checkpoint | undefined>((best, one) => (best && best.step >= one.step ? best : one), undefined);
    return { runId, checkpointId: (wanted ?? newest)?.id ?? null };
  });
}
