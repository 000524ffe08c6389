import type { Run, RunSummary } from "@/api/types";

/** A run as the API describes it, with what a test cares about put in. */
export function makeRun(changes: Partial<RunSummary> = {}): RunSummary {
  return {
    id: "abcdefghjkmn",
    name: "SA-AH-GRPO, tiny, seed 0",
    project: "default",
    status: "running",
    status_reason: "",
    phase: "training",
    phase_message: "",
    step: 12,
    max_steps: 100,
    algorithm: "sa_ah_grpo",
    alpha: 2,
    model: "tiny",
    data: "multiplication",
    seed: 0,
    tags: [],
    priority: 0,
    created_by: "ana",
    created_at: "2026-11-24T09:00:00Z",
    started_at: "2026-11-24T09:00:05Z",
    finished_at: null,
    last_event_at: "2026-11-24T09:01:00Z",
    eta_seconds: 70,
    last_reward: 0.5,
    last_pass_at_1: 0.42,
    worker: "laptop",
    waits_for: null,
    kind: "train",
    parent_run_id: null,
    experiment_id: null,
    deleted_at: null,
    actions: ["stop", "clone"],
    ...changes,
  };
}

export function makeFullRun(changes: Partial<Run> = {}): Run {
  return {
    ...makeRun(),
    config: { seed: 0, algorithm: { name: "sa_ah_grpo", alpha: 2 } },
    schema_version: 1,
    notes: "",
    preset: null,
    queue: "cpu",
    from_checkpoint: null,
    due_at: null,
    attempts: [],
    timing: { queue_seconds: 5, run_seconds: 60, device_hours: { cpu: 1 / 60 } },
    version: 1,
    ...changes,
  };
}
