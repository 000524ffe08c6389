import type { CellRun, Experiment } from "@/api/types";

/** A run of an experiment's matrix. */
export function makeCellRun(changes: Partial<CellRun> = {}): CellRun {
  return {
    run_id: "run000000001",
    seed: 0,
    name: "GRPO, seed 0 · three",
    status: "queued",
    phase: "",
    step: 0,
    max_steps: 60,
    last_reward: null,
    last_pass_at_1: null,
    eta_seconds: null,
    waits_for: null,
    deleted: false,
    ...changes,
  };
}

/** An experiment of two methods and two seeds. */
export function makeExperiment(changes: Partial<Experiment> = {}): Experiment {
  const runs = (first: number) => [0, 1].map((seed) => makeCellRun({ run_id: `run00000000${first + seed}`, seed }));
  return {
    summary: {
      id: "exp000000001",
      name: "three",
      project: "default",
      tags: [],
      created_by: "ana",
      created_at: "2026-11-24T09:00:00Z",
      deleted_at: null,
      cells: 2,
      seeds: [0, 1],
      fields: ["algorithm.name"],
      runs: 4,
      statuses: { queued: 4 },
      steps: 0,
      max_steps: 240,
    },
    notes: "",
    preset: "demo",
    parent_run_id: null,
    config: {},
    axes: [{ field: "algorithm.name", values: ["grpo", "sa_ah_grpo"] }],
    cells: [
      { index: 0, label: "GRPO", values: { "algorithm.name": "grpo" }, runs: runs(1) },
      { index: 1, label: "SA-AH-GRPO alpha 2", values: { "algorithm.name": "sa_ah_grpo" }, runs: runs(3) },
    ],
    device_hours: {},
    actions: ["stop", "pause", "delete"],
    ...changes,
  };
}
