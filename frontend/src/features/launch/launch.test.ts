// @vitest-environment jsdom
import { describe, expect, it } from "vitest";

import { emptyDetails } from "./draft";
import { parseSeeds } from "./seeds";
import { checkDetails, launchBodies, SubmissionKeys } from "./submission";
import { anyMatches, summarise } from "./summary";
import { runConfigForm as form } from "./testSchema";
import { changedPaths, effective, getIn, nodeAt } from "./values";
import { fromYaml, toYaml } from "./yaml";

describe("parseSeeds", () => {
  it.each([
    ["", []],
    ["7", [7]],
    ["0,1, 2", [0, 1, 2]],
    ["0-4", [0, 1, 2, 3, 4]],
    ["3..4 1 3", [3, 4, 1]],
  ])("%j", (text, seeds) => expect(parseSeeds(text)).toEqual({ seeds, error: null }));

  it.each([["a"], ["-1"], ["4-1"], ["0-99"], ["1.5"], ["2147483648"]])("refuses %j with a reason", (text) => {
    expect(parseSeeds(text).error).toMatch(/./);
  });
});

describe("launchBodies", () => {
  const origin = { kind: "preset", id: "demo" } as const;

  it("sends one body without touching the seed when none was given", () => {
    const [body, ...rest] = launchBodies({ seed: 3 }, { ...emptyDetails(), name: " mine " }, origin);
    expect(rest).toEqual([]);
    expect(body).toEqual({ config: { seed: 3 }, name: "mine", project: "default", tags: [], notes: "", priority: 0, preset: "demo", parent_run_id: null });
  });

  it("sends one a seed, told apart by name and found by one tag", () => {
    const details = { ...emptyDetails(), name: "mine", seeds: "0-1", tags: ["a"], groupTag: "g" };
    const bodies = launchBodies({ seed: 3 }, details, { kind: "default", id: "" });
    expect(bodies.map((body) => [body.config.seed, body.name, body.tags, body.preset])).toEqual([
      [0, "mine seed 0", ["a", "g"], null],
      [1, "mine seed 1", ["a", "g"], null],
    ]);
  });

  it("names the run it was cloned from", () => {
    const [body] = launchBodies({ seed: 3 }, emptyDetails(), { kind: "run", id: "abc" });
    expect(body).toMatchObject({ preset: null, parent_run_id: "abc" });
  });

  it("keeps the key of a body until the submission is through", () => {
    const keys = new SubmissionKeys();
    const [body] = launchBodies({ seed: 3 }, emptyDetails(), origin);
    if (!body) throw new Error("no body");
    const first = keys.keyOf(body);
    expect(keys.keyOf({ ...body })).toBe(first);
    expect(keys.keyOf({ ...body, notes: "other" })).not.toBe(first);
    keys.clear();
    expect(keys.keyOf(body)).not.toBe(first);
  });

  it("checks what stands beside the configuration", () => {
    const bad = { ...emptyDetails(), priority: "high", project: "a b", seeds: "x" };
    expect(checkDetails(bad).map((problem) => problem.path)).toEqual(["priority", "project", "seeds"]);
    expect(checkDetails(emptyDetails())).toEqual([]);
  });
});

describe("yaml", () => {
  it("gives back what it was given", () => {
    const config = effective(form, { data: { kind: "gsm8k", prompt: { prompt_template: "Q: {question}\nA:" } } });
    expect(fromYaml(toYaml(config))).toEqual({ config, error: null });
  });

  it("tells a syntax error with its line", () => {
    const { error } = fromYaml("seed: 1\nmodel: [\n");
    expect(error?.line).toBeGreaterThanOrEqual(2);
    expect(fromYaml("- 1").error?.message).toContain("mapping");
    expect(fromYaml("learning_rate: 1e-4").config).toEqual({ learning_rate: 1e-4 });
  });
});

describe("summary and search", () => {
  const config = effective(form, { algorithm: { name: "sa_ah_grpo", alpha: 2 }, optimizer: { adam_beta2: 0.95 } });
  const changed = changedPaths(form, { algorithm: { name: "sa_ah_grpo" } }, config);
  const line = (key: string) => {
    const node = nodeAt(form, config, [key]);
    if (!node) throw new Error(key);
    return summarise(node, getIn(config, [key]) ?? null, changed, [key]);
  };

  it("puts the variant, then what was changed, first", () => {
    expect(line("algorithm").slice(0, 3)).toEqual([
      { label: "", value: "sa_ah_grpo", changed: false },
      { label: "alpha", value: "2", changed: true },
      { label: "loss_type", value: "dapo", changed: false },
    ]);
  });

  it("shows an advanced value once it was changed", () => {
    expect(line("optimizer")[0]).toEqual({ label: "adam_beta2", value: "0.95", changed: true });
    expect(line("optimizer").some((part) => part.label === "adam_beta1")).toBe(false);
    expect(line("optimizer").find((part) => part.label === "learning_rate")?.value).toBe("1e-4");
  });

  it("finds a field by any of its words", () => {
    const rollout = nodeAt(form, config, ["rollout"]);
    if (!rollout) throw new Error("rollout");
    const value = getIn(config, ["rollout"]) ?? null;
    expect(anyMatches(rollout, value, ["rollout"], "nucleus")).toBe(true);
    expect(anyMatches(rollout, value, ["rollout"], "learning rate")).toBe(false);
  });
});
