import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import type { Checkpoint, CheckpointJob, JobSummary } from "@/api/types";
import { Refusal, renderApp } from "@/test/app";
import { makeFullRun, makeRun } from "@/test/runs";

import { patched } from "./useJobs";

const user = userEvent.setup({ pointerEventsCheck: 0 });
const RUN = "abcdefghjkmn";
const CHECKPOINT: Checkpoint = {
  id: "checkpoint01",
  run_id: RUN,
  attempt: 1,
  step: 40,
  kind: "adapter",
  size: 2048,
  files: [{ path: "adapter_model.safetensors", size: 2048, sha256: "ab".repeat(32) }],
  metrics: { "eval/pass@1": 0.5 },
  best: false,
  created_at: "2026-11-24T09:00:00Z",
};
const SPEC = { kind: "sample", prompt: "6*7=", template: true, num_completions: 1, greedy: false } as unknown as JobSummary["spec"];

function job(changes: Partial<JobSummary> = {}): JobSummary {
  return {
    id: "job000000001",
    kind: "sample",
    run_id: RUN,
    checkpoint_id: CHECKPOINT.id,
    step: 40,
    spec: SPEC,
    status: "completed",
    status_reason: "",
    waits_for: null,
    phase: "",
    phase_message: "",
    worker: null,
    created_by: "ana",
    created_at: "2026-11-24T09:00:00Z",
    started_at: "2026-11-24T09:00:02Z",
    finished_at: "2026-11-24T09:00:05Z",
    metrics: {},
    files: null,
    actions: ["delete"],
    ...changes,
  };
}

function open(jobs: JobSummary[], results: Record<string, CheckpointJob["result"]> = {}, answers = {}) {
  const details = Object.fromEntries(
    jobs.map((one) => [`GET /api/v1/jobs/${one.id}`, () => ({ ...one, result: results[one.id] ?? null })]),
  );
  const config = { rollout: { temperature: 0.8 }, data: { kind: "multiplication" }, rewards: {}, model: { dtype: "float32" }, evaluation: {} };
  return renderApp(`/runs/${RUN}?tab=checkpoints`, {
    [`GET /api/v1/runs/${RUN}`]: () => makeFullRun({ id: RUN, config, status: "completed" }),
    [`GET /api/v1/runs/${RUN}/checkpoints`]: () => [CHECKPOINT],
    [`GET /api/v1/runs/${RUN}/jobs`]: () => jobs,
    "GET /api/v1/metrics/registry": () => ({ groups: [], metrics: [] }),
    ...details,
    ...answers,
  });
}

const card = (name: RegExp | string) => screen.findByRole("article", { name });

describe("jobs on a checkpoint", () => {
  it("say what they wait for, what they do and why they failed", async () => {
    open([
      job({ id: "a", status: "queued", waits_for: "No worker is online.", actions: ["stop"] }),
      job({ id: "b", kind: "evaluate", spec: { kind: "evaluate" } as JobSummary["spec"], status: "running", phase: "evaluating", phase_message: "held-out problems 32/128" }),
      job({ id: "c", kind: "export", spec: { kind: "export", what: "merged" } as JobSummary["spec"], status: "failed", status_reason: "The disk is full." }),
    ]);
    expect(await card("Prompt: 6*7=")).toHaveTextContent("No worker is online.");
    expect(await card("Evaluation")).toHaveTextContent("held-out problems 32/128");
    expect(await card("Export of the merged model")).toHaveTextContent("The disk is full.");
  });

  it("show completions token by token, shaded by entropy", async () => {
    const completion = {
      text: "42",
      tokens: ["4", "2"],
      token_ids: [1, 2],
      entropy: [0, 2],
      logprob: [-0.5, "-Infinity" as never],
      truncated: true,
    };
    open([job()], { job000000001: { kind: "sample", prompt: "<user>6*7=", prompt_tokens: 5, completions: [completion] } });
    const shown = await screen.findByRole("listbox", { name: "Completion 1, token by token" });
    const [first, second] = within(shown).getAllByRole("option");
    expect(first?.style.background).toBe("");
    expect(second?.style.background).toContain("100%");
    expect(screen.getByText("Truncated")).toBeInTheDocument();
    await user.pointer({ target: first as HTMLElement });
    const tip = await screen.findByText("1 of 2");
    expect(tip.closest("[role=status]")).not.toHaveTextContent("Horizon weight");
  });

  it("show an evaluation's figures and an export's download", async () => {
    open(
      [
        job({ id: "e", kind: "evaluate", spec: { kind: "evaluate", data: { kind: "gsm8k" } } as JobSummary["spec"] }),
        job({ id: "x", kind: "export", spec: { kind: "export", what: "adapter" } as JobSummary["spec"], files: { ...CHECKPOINT, id: "f1", run_id: "x" } }),
      ],
      {
        e: {
          kind: "evaluate",
          metrics: { "eval/pass@1": 0.625, "eval/mean_length": 51 },
          problems: 8,
          data: { kind: "gsm8k" },
          examples: [{ prompt: "1+1=", answer: "2", completion: "3", correct: false, truncated: false }],
        },
        x: { kind: "export", what: "adapter", dtype: "float32", parameters: 1234, base_model: "tiny", base_license: "apache-2.0", size: 2048 },
      },
    );
    const evaluated = await card("Evaluation on gsm8k");
    expect(await within(evaluated).findByText(/^62\.5/)).toBeInTheDocument();
    expect(within(evaluated).getByText("Wrong")).toBeInTheDocument();
    const exported = await card("Export of the adapter");
    const link = await within(exported).findByRole("link", { name: /^Download/ });
    expect(link).toHaveAttribute("href", "/api/v1/runs/x/checkpoints/f1/archive");
  });

  it("of checkpoints that are gone stay in sight", async () => {
    open([job({ checkpoint_id: "gone", step: 20 })]);
    const region = await screen.findByRole("region", { name: "Checkpoints that are no longer kept" });
    expect(within(region).getByRole("article")).toHaveTextContent("step 20");
  });
});

it("has a page of its own with its log, and a way back to the run", async () => {
  const { router } = renderApp("/runs/job000000001?tab=charts", {
    "GET /api/v1/runs/job000000001": () => makeFullRun({ id: "job000000001", kind: "sample", parent_run_id: RUN, name: "Sample step 40" }),
    "GET /api/v1/runs/job000000001/logs": () => ({ items: [], next_cursor: null }),
  });
  expect(await screen.findByRole("heading", { name: "Sample step 40" })).toBeInTheDocument();
  expect(screen.queryByRole("tab", { name: "Charts" })).not.toBeInTheDocument();
  expect(screen.getByRole("tab", { name: "Logs", selected: true })).toBeInTheDocument();
  expect(screen.queryByText("Pass@1")).not.toBeInTheDocument();
  const back = screen.getByRole("link", { name: "The run and its checkpoints" });
  expect(back).toHaveAttribute("href", `/runs/${RUN}?tab=checkpoints`);
  expect(router.state.location.pathname).toBe("/runs/job000000001");
});

describe("asking for a job", () => {
  const post = `POST /api/v1/checkpoints/${CHECKPOINT.id}/jobs`;

  it("sends what was filled in, once, and leaves the rest to the run", async () => {
    const { asked } = open([], {}, { [post]: () => ({ ...job({ status: "queued" }), result: null }) });
    await user.click(await screen.findByRole("button", { name: "Try on a prompt" }));
    const form = await screen.findByRole("dialog");
    expect(within(form).getByLabelText("Temperature")).toHaveAttribute("placeholder", "0.8");
    await user.type(within(form).getByLabelText("Prompt"), "6*7=");
    await user.click(within(form).getByLabelText("Greedy"));
    await user.dblClick(within(form).getByRole("button", { name: "Sample" }));
    const requests = asked.filter((request) => request.method === "POST" && request.url.includes("/checkpoints/"));
    expect(requests).toHaveLength(1);
    const body: unknown = await requests[0]?.json();
    expect(body).toEqual({
      spec: { kind: "sample", prompt: "6*7=", template: true, greedy: true, num_completions: 4 },
      priority: 10,
    });
    expect(requests[0]?.headers.get("Idempotency-Key")).toMatch(/^[0-9a-f]{32}$/);
    expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
  });

  it("keeps the form and says beside the field what is wrong", async () => {
    const wrong = [{ path: "spec.pass_k", message: "is above num_samples", remedy: "Raise it." }];
    open([], {}, { [post]: () => new Refusal(422, "pass_k does not fit", wrong) });
    await user.click(await screen.findByRole("button", { name: "Evaluate" }));
    const form = await screen.findByRole("dialog");
    const field = within(form).getByLabelText("Pass@k");
    await user.type(field, "2.5");
    await user.click(within(form).getByRole("button", { name: "Evaluate" }));
    expect(await within(form).findByRole("alert")).toHaveTextContent("whole numbers");
    await user.clear(field);
    await user.type(field, "8");
    await user.click(within(form).getByRole("button", { name: "Evaluate" }));
    expect(await within(form).findByText("is above num_samples. Raise it.")).toBeInTheDocument();
    expect(field).toHaveAttribute("aria-invalid", "true");
    expect(field).toHaveValue("8");
  });
});

it("takes a job's state from the stream and keeps what the stream has not", () => {
  const moved = patched(job({ status: "queued", files: CHECKPOINT }), makeRun({ status: "running", phase: "sampling", worker: "box" }));
  expect([moved.status, moved.phase, moved.worker, moved.kind, moved.files]).toEqual(["running", "sampling", "box", "sample", CHECKPOINT]);
});
