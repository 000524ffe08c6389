import type { Comparison, MeasureInfo, RunComparison, RunGroup } from "@/api/types";

/** A row of a comparison, with what a test cares about put in. */
export function makeRow(run_id: string, changes: Partial<RunComparison> = {}): RunComparison {
  return {
    run_id,
    name: run_id,
    status: "completed",
    project: "default",
    algorithm: "sa_ah_grpo",
    alpha: 2,
    model: "tiny",
    data: "multiplication",
    seed: 0,
    tags: [],
    num_examples: 128,
    steps: 100,
    baseline_pass_at_1: 0.535,
    peak_pass_at_1: 0.86,
    peak_step: 80,
    final_pass_at_1: 0.84,
    final_reward: 0.7,
    training_variance: 0.0246,
    detrended_variance: 0.01,
    sampling_floor: 0.009,
    variance_window: [11, 100],
    entropy_start: 0.5,
    entropy_end: 0.2,
    collapsed: false,
    effective_fraction: 0.83,
    ...changes,
  };
}

const MEASURES: readonly MeasureInfo[] = [
  { name: "final_pass_at_1", label: "Pass@1 final", unit: "share", help: "Solved at the end.", scale: "linear" },
  { name: "final_reward", label: "Reward final", unit: "", help: "Mean at the end.", scale: "linear" },
  { name: "training_variance", label: "Training variance", unit: "reward²", help: "Of the rewards.", scale: "log" },
  { name: "entropy_drop", label: "Entropy drop", unit: "nats", help: "Start minus end.", scale: "linear" },
];

interface Parts {
  groups?: readonly (readonly [label: string, runIds: string[]])[];
  differences?: Comparison["differences"];
  remarks?: string[];
}

/** A comparison of rows; without groups each stands alone. */
export function makeComparison(rows: RunComparison[], parts: Parts = {}): Comparison {
  const groups = (parts.groups ?? rows.map((row) => [row.name, [row.run_id]] as const)).map(([label, run_ids], place): RunGroup => {
    const versus = {
      kind: "difference" as const,
      estimate: { mean: 0.09, low: 0.01, high: 0.17, n: run_ids.length, method: "t" as const },
      paired: true,
      p: 0.25,
      smallest_p: 0.25,
      verdict: "few" as const,
      words: `${run_ids.length} seeds: too few to tell`,
    };
    return {
      id: run_ids[0] ?? "",
      label,
      run_ids,
      seeds: run_ids.map((_, seed) => seed),
      collapsed: 0,
      measures: Object.fromEntries(
        MEASURES.map(({ name }) => [
          name,
          { estimate: { mean: 0.5, low: 0.4, high: 0.6, n: run_ids.length, method: "t" }, versus: place > 0 ? versus : null },
        ]),
      ),
    };
  });
  return {
    runs: rows,
    unknown: [],
    group_by: parts.groups ? "seeds" : "run",
    groups,
    baseline: groups[0]?.id ?? "",
    measures: [...MEASURES],
    keys: ["reward"],
    differences: parts.differences ?? [],
    remarks: parts.remarks ?? [],
  };
}
