import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";

import { Refusal, renderApp } from "@/test/app";
import { makeExperiment } from "@/test/experiments";
import { makeFullRun, makeRun } from "@/test/runs";

import type { JsonObject } from "./schema";
import { runConfigForm, runConfigSchema } from "./testSchema";
import { effective } from "./values";

const config = effective(runConfigForm, {
  algorithm: { name: "sa_ah_grpo", alpha: 2 },
  data: { kind: "multiplication" },
  rewards: { functions: [{ kind: "exact_text" }] },
  max_steps: 60,
});

const preset = {
  name: "demo",
  title: "Demo on a tiny model",
  description: "Learns in half a minute.",
  requires_gpu: false,
  config,
};

const sent: Promise<unknown>[] = [];

const preview = {
  cells: [
    { index: 0, label: "GRPO", values: { "algorithm.name": "grpo" }, max_steps: 60, device: "cpu", estimate: null, waits_for: null, problems: [] },
    {
      index: 1,
      label: "SA-AH-GRPO alpha 2",
      values: { "algorithm.name": "sa_ah_grpo", "algorithm.alpha": 2 },
      max_steps: 60,
      device: "cpu",
      estimate: { hours: 0.5, low: 0.4, high: 0.6, based_on: 3, alike: "same model and device" },
      waits_for: null,
      problems: [],
    },
  ],
  seeds: [0, 1, 2, 3, 4],
  runs: 10,
  combinations: 3,
  collapsed: [{ values: { "algorithm.name": "grpo", "algorithm.alpha": 2 }, into: 0, reason: "grpo has no alpha" }],
  device_hours: { cpu: { hours: 0.5, low: 0.4, high: 0.6, based_on: 3, alike: "same model and device" } },
  unmeasured: 1,
  problems: [],
};

const dataset = {
  id: "data00000001",
  name: "sums",
  sha256: "a".repeat(64),
  size: 900,
  rows: 12,
  columns: [],
  prompt_column: "question",
  answer_column: "result",
  created_by: "ana",
  created_at: "2026-11-24T09:00:00Z",
  runs: 0,
};

interface Options {
  validate?: () => unknown;
  create?: (request: Request) => unknown;
}

function open(path: string, { validate, create }: Options = {}) {
  const app = renderApp(path, {
    "GET /api/v1/config/schema": () => runConfigSchema,
    "GET /api/v1/config/presets": () => [preset],
    "POST /api/v1/config/validate": validate ?? (() => ({ config, waits_for: null, workers: ["desk"] })),
    "POST /api/v1/experiments/preview": () => preview,
    "POST /api/v1/experiments": (request) => {
      sent.push(request.clone().json());
      return makeExperiment();
    },
    "GET /api/v1/experiments/exp000000001": () => makeExperiment(),
    "GET /api/v1/datasets": () => [dataset],
    "POST /api/v1/runs": create ?? (() => makeFullRun({ id: "newrun000001", name: "new run" })),
    "GET /api/v1/runs/abcdefghjkmn": () => makeFullRun({ name: "source", config: config as JsonObject, tags: ["old"] }),
    "GET /api/v1/runs/newrun000001": () => makeFullRun({ id: "newrun000001", name: "new run" }),
    "GET /api/v1/runs": () => ({ items: [makeRun({ name: "source" })], next_cursor: null, total: 1 }),
  });
  const launches = () => app.asked.filter((request) => request.method === "POST" && request.url.endsWith("/api/v1/runs"));
  return { ...app, launches };
}

/** The button twice: beside the form, and below it on small screens; styles decide which is seen. */
const launchButton = async (name = "Launch") => (await screen.findAllByText(name, { selector: "button" }))[0] as HTMLElement;

// looking up every ancestor's style takes longer than all the rest
const user = userEvent.setup({ pointerEventsCheck: 0 });

beforeEach(() => sessionStorage.clear());

describe("LaunchPage", () => {
  it("draws the preset's values, and opens a union's fields with its choice", async () => {
    open("/launch?preset=demo");
    expect(await screen.findByLabelText("Max steps")).toHaveValue("60");
    expect(screen.getByLabelText("Alpha")).toHaveValue("2");
    expect(screen.getByRole("combobox", { name: "Algorithm" })).toHaveTextContent("sa_ah_grpo");
    expect(screen.queryByLabelText("Num iterations")).not.toBeInTheDocument();
    await user.click(screen.getByLabelText("Show advanced"));
    expect(screen.getByLabelText("Num iterations")).toHaveValue("1");
  });

  it("says what is wrong beside the field, why nothing can be launched, and takes a change back", async () => {
    const { launches } = open("/launch?preset=demo");
    const field = await screen.findByLabelText("Max steps");
    fireEvent.change(field, { target: { value: "0" } });
    expect(field).toBeInvalid();
    expect(screen.getByText("Is too small.")).toBeVisible();
    expect(screen.getAllByText("One field needs your attention.")).not.toHaveLength(0);
    await user.click(await launchButton());
    expect(launches()).toEqual([]);
    expect(field).toHaveFocus();
    await user.click(screen.getByText("Reset"));
    expect(field).toHaveValue("60");
    expect(field).toBeValid();
  });

  it("opens the section of a problem that only the server sees", async () => {
    const problem = { path: "data.prompt.prompt_template", message: "must contain {question}", remedy: "Add it." };
    open("/launch?preset=demo", { validate: () => new Refusal(422, "not valid", [problem]) });
    await screen.findAllByText("One field needs your attention.");
    await user.click(screen.getAllByText("Show")[0] as HTMLElement);
    expect(screen.getByLabelText("Prompt template")).toHaveFocus();
    expect(screen.getByText("Must contain {question}.")).toBeVisible();
  });

  it("launches once on a double click, with an idempotency key", async () => {
    const { router, launches } = open("/launch?preset=demo");
    const field = await screen.findByLabelText("Max steps");
    fireEvent.change(field, { target: { value: "40" } });
    await user.dblClick(await launchButton());
    await waitFor(() => expect(router.state.location.pathname).toBe("/runs/newrun000001"));
    expect(launches()).toHaveLength(1);
    const [request] = launches();
    expect(request?.headers.get("Idempotency-Key")).toMatch(/^[0-9a-f]{32}$/);
    expect(await request?.json()).toMatchObject({ preset: "demo", project: "default", config: { max_steps: 40, algorithm: { alpha: 2 } } });
  });

  it("launches one run a seed and shows them by their tag", async () => {
    const { router, launches } = open("/launch?preset=demo");
    fireEvent.change(await screen.findByLabelText("Seeds"), { target: { value: "0,2" } });
    await user.click(await launchButton("Launch 2 runs"));
    await waitFor(() => expect(router.state.location.pathname).toBe("/"));
    const bodies = (await Promise.all(launches().map((request) => request.json()))) as { config: { seed: number }; tags: string[] }[];
    expect(bodies.map((body) => body.config.seed)).toEqual([0, 2]);
    expect(router.state.location.searchStr).toBe(`?tag=${bodies[0]?.tags.join() ?? ""}`);
  });

  it("puts what a launch was refused for beside the field", async () => {
    const problem = { path: "config.model.model_name_or_path", message: "is no model", remedy: "Choose another." };
    open("/launch?preset=demo", { create: () => new Refusal(422, "not valid", [problem]) });
    await user.click(await launchButton());
    expect(await screen.findAllByText("One field needs your attention.")).not.toHaveLength(0);
    await user.click(screen.getByText("Model", { selector: "h2 span" }));
    expect(screen.getByLabelText("Model", { selector: "input" })).toBeInvalid();
  });

  it("clones a run with its tags, and keeps the draft over a reload", async () => {
    const { asked } = open("/launch?from=abcdefghjkmn");
    const field = await screen.findByLabelText("Alpha");
    fireEvent.change(field, { target: { value: "1e-4" } });
    expect(screen.getByText("old")).toBeVisible();
    await waitFor(() => expect(JSON.stringify(sessionStorage)).toContain("0.0001"));
    expect(asked.some((request) => request.url.endsWith("/runs/abcdefghjkmn"))).toBe(true);
    document.body.innerHTML = "";
    open("/launch?from=abcdefghjkmn");
    expect(await screen.findByLabelText("Alpha")).toHaveValue("1e-4");
    expect(screen.getByText(/draft was put back/)).toBeVisible();
  });

  it("adds, moves and removes reward functions", async () => {
    open("/launch?preset=demo");
    await user.click(await screen.findByText("Rewards", { selector: "span" }));
    const kinds = () => screen.getAllByLabelText(/^Kind of entry/).map((one) => one.textContent);
    await user.click(screen.getByText("Add"));
    await user.click(await screen.findByText("length_penalty"));
    expect(kinds()).toEqual(["exact_text", "length_penalty"]);
    expect(screen.getByLabelText("Hard limit")).toHaveValue("256");
    await user.click(screen.getByLabelText("Move entry 2 of Functions up"));
    expect(kinds()).toEqual(["length_penalty", "exact_text"]);
    await user.click(screen.getByLabelText("Remove entry 1 of Functions"));
    expect(kinds()).toEqual(["exact_text"]);
    expect(screen.getByLabelText("Remove entry 1 of Functions")).toBeDisabled();
  });

  it("edits the same configuration as YAML, and stops at a syntax error", async () => {
    open("/launch?preset=demo&view=yaml");
    const text = await screen.findByLabelText<HTMLTextAreaElement>("Configuration as YAML");
    fireEvent.change(text, { target: { value: "max_steps: 0\nalgorithm: {name: grpo}\n" } });
    expect(within(screen.getByRole("tabpanel")).getByText("max_steps")).toBeVisible();
    expect(screen.getByRole("button", { name: "Line 1" })).toBeVisible();
    fireEvent.change(text, { target: { value: "max_steps: 0\n\nmodel: [" } });
    expect(screen.getAllByText(/^Not YAML on line 3/)).not.toHaveLength(0);
    expect(screen.getByRole("tab", { name: "Form" })).toBeDisabled();
  });

  it("previews a grid and launches it as one experiment", async () => {
    const { router, launches } = open("/launch?preset=demo&grid=true");
    expect(await screen.findByRole("heading", { name: "Launch an experiment" })).toBeVisible();
    expect(await screen.findByText("10 runs")).toBeVisible();
    expect(screen.getByLabelText("Seeds")).toHaveValue("0-4");
    expect(screen.getByRole("button", { name: "ah_grpo" })).toHaveAttribute("aria-pressed", "true");
    expect(screen.getByText(/30 min 00 s/, { selector: "span.font-medium" })).toBeVisible();
    await user.click(screen.getByText("1 combination is left out"));
    expect(screen.getByText(/equals GRPO: grpo has no alpha/)).toBeVisible();
    await user.click(screen.getByRole("button", { name: "ah_grpo" }));
    await user.click(screen.getByRole("button", { name: "Alphas" }));
    fireEvent.change(screen.getByLabelText("Values of algorithm.alpha"), { target: { value: "0.5, 2" } });
    await user.click(screen.getByRole("button", { name: "Vary Max steps" }));
    expect(screen.getByLabelText("Values of max_steps")).toHaveValue("60");
    expect(screen.getAllByText("varied by the grid")).toHaveLength(3);
    await user.click(screen.getByLabelText("Remove axis 3"));
    const button = await launchButton("Launch 10 runs");
    await waitFor(() => expect(button).toHaveAttribute("aria-disabled", "false"));
    await user.dblClick(button);
    await waitFor(() => expect(router.state.location.pathname).toBe("/experiments/exp000000001"));
    expect(launches()).toEqual([]);
    expect(sent).toHaveLength(1);
    expect(await sent[0]).toMatchObject({
      name: "algorithm × alpha, Demo on a tiny model",
      seeds: [0, 1, 2, 3, 4],
      axes: [
        { field: "algorithm.name", values: ["grpo", "sa_ah_grpo"] },
        { field: "algorithm.alpha", values: [0.5, 2] },
      ],
    });
  });

  it("says of an axis what is wrong with it", async () => {
    open("/launch?preset=demo&grid=true");
    fireEvent.change(await screen.findByLabelText("Field of axis 1"), { target: { value: "algorithm.alhpa" } });
    expect(screen.getByText("No field of the configuration has this path.")).toBeVisible();
    fireEvent.change(screen.getByLabelText("Values of algorithm.alhpa"), { target: { value: "" } });
    expect(screen.getByText("Axis 1 algorithm.alhpa has no values.")).toBeVisible();
    await user.click(screen.getByLabelText("Remove axis 1"));
    expect(screen.getByText("No axis: one configuration, over the seeds.")).toBeVisible();
  });

  it("takes an uploaded dataset with its columns, and names the worker that could run it", async () => {
    open("/launch?preset=demo");
    expect(await screen.findAllByText("Valid. The worker desk can run it.")).not.toHaveLength(0);
    await user.click(screen.getByText("Data", { selector: "h2 span" }));
    await user.click(screen.getByRole("combobox", { name: "Data" }));
    await user.click(await screen.findByRole("option", { name: /jsonl/ }));
    await user.click(await screen.findByRole("combobox", { name: "Uploaded dataset" }));
    await user.click(await screen.findByRole("option", { name: /sums/ }));
    expect(screen.getByLabelText("Prompt column")).toHaveValue("question");
    expect(screen.getByLabelText("Answer column")).toHaveValue("result");
  });

  it("clones any run that is picked", async () => {
    const { router } = open("/launch?preset=demo");
    await user.click(await screen.findByText("Clone a run …"));
    await user.click(await screen.findByRole("link", { name: /source/ }));
    await waitFor(() => expect(router.state.location.searchStr).toBe("?from=abcdefghjkmn"));
    expect(await screen.findByText("The configuration of this run.")).toBeVisible();
  });

  it("tells when a preset is not there, with the others to choose from", async () => {
    open("/launch?preset=nope");
    expect(await screen.findByText(/There is no preset "nope"/)).toBeVisible();
    expect(screen.getByRole("link", { name: /Demo on a tiny model/ })).toBeVisible();
  });
});
