import { describe, expect, it } from "vitest";

import type { FieldProblem } from "./check";
import { countUnder, mergeProblems, placeProblems, stripPrefix } from "./problems";
import { runConfigForm as form } from "./testSchema";
import { effective } from "./values";

const config = effective(form, { data: { kind: "jsonl", path: "a" }, rewards: { functions: [{ kind: "regex" }] } });
const problem = (path: string, message = "is wrong"): FieldProblem => ({ path, message, remedy: "Correct it." });
const place = (path: string, message?: string) => [...placeProblems(form, config, [problem(path, message)])];

describe("placeProblems", () => {
  it.each([
    ["optimizer.learning_rate", "optimizer.learning_rate"],
    ["rewards.functions.0.pattern", "rewards.functions.0.pattern"],
    ["rewards.functions.0.kind", "rewards.functions.0"],
    ["evaluation.pass_k", "evaluation.pass_k"],
    ["data.prompt.prompt_template", "data.prompt.prompt_template"],
    ["algorithm.name", "algorithm"],
    ["rollout", "rollout"],
    ["", ""],
  ])("shows %s at %s", (path, shown) => {
    expect(place(path)).toEqual([[shown, [expect.objectContaining({ message: "is wrong" })]]]);
  });

  it("shows what the form has no field for at the section, by name", () => {
    expect(place("optimizer.lr")).toEqual([["optimizer", [expect.objectContaining({ message: "lr: is wrong" })]]]);
  });

  it("links the fields a message speaks of", () => {
    const message = "generation_batch_size (60) must be a multiple of num_generations (8): try 64";
    expect(place("rollout", message)[0]?.[1][0]?.mentions).toEqual(["rollout.generation_batch_size", "rollout.num_generations"]);
    const whole = "model 'tiny' cannot read data.kind 'jsonl': model.dtype must be float32";
    expect(place("", whole)[0]?.[1][0]?.mentions).toEqual(["data", "model.dtype"]);
  });
});

describe("mergeProblems", () => {
  const server = [problem("optimizer.learning_rate"), problem("rollout")];

  it("drops a server's word on a value that has been changed since, and keeps a section's", () => {
    const now = { optimizer: { learning_rate: 2 }, rollout: { num_generations: 4 } };
    const checked = { optimizer: { learning_rate: 5 }, rollout: { num_generations: 3 } };
    expect(mergeProblems([], server, checked, now)).toEqual([problem("rollout")]);
    expect(mergeProblems([], server, now, now)).toEqual(server);
  });

  it("says a thing once", () => {
    const client = [problem("optimizer.learning_rate", "is too large")];
    expect(mergeProblems(client, server, {}, {})).toEqual([...client, problem("rollout")]);
  });
});

it("counts under a section and in all", () => {
  const map = placeProblems(form, config, [problem("rollout"), problem("rollout.top_p"), problem("rewards.functions.0.pattern")]);
  expect([countUnder(map, "rollout"), countUnder(map, "rewards"), countUnder(map, "")]).toEqual([2, 1, 3]);
});

it("takes the body's prefix off", () => {
  expect(["config.seed", "body.config.seed", "config", "name"].map(stripPrefix)).toEqual(["seed", "seed", "", "name"]);
});
