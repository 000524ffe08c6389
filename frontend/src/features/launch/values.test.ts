import { describe, expect, it } from "vitest";

import { runConfigForm as form } from "./testSchema";
import { changedPaths, defaultOf, effective, getIn, nodeAt, parsePath, sameJson, setIn, startValue, switchVariant } from "./values";

const union = (path: string) => {
  const node = nodeAt(form, {}, parsePath(path));
  if (node?.kind !== "union") throw new Error(`${path} is no union`);
  return node;
};

describe("setIn", () => {
  it("copies only what is on the way", () => {
    const before = { a: { b: 1 }, c: [1, 2] };
    const after = setIn(before, ["c", 1], 9);
    expect(after).toEqual({ a: { b: 1 }, c: [1, 9] });
    expect(getIn(after, ["a"])).toBe(before.a);
    expect(before.c).toEqual([1, 2]);
    expect(setIn(undefined, ["x", "y"], 1)).toEqual({ x: { y: 1 } });
  });

  it("does not follow names an object inherits", () => {
    expect(getIn({}, ["constructor"])).toBeUndefined();
  });
});

describe("sameJson", () => {
  it("ignores the order of keys but not of lists", () => {
    expect(sameJson({ a: 1, b: [1, 2] }, { b: [1, 2], a: 1 })).toBe(true);
    expect(sameJson([1, 2], [2, 1])).toBe(false);
    expect(sameJson({ a: 1 }, { a: 1, b: null })).toBe(false);
  });
});

describe("switchVariant", () => {
  it("carries over what was set, and nothing else", () => {
    const current = { ...(defaultOf(union("algorithm")) as object), name: "grpo", epsilon_high: 0.28 };
    const next = switchVariant(union("algorithm"), current, "sa_ah_grpo");
    expect(next).toMatchObject({ name: "sa_ah_grpo", epsilon_high: 0.28, alpha: 0.5, epsilon: 0.2 });
    expect(switchVariant(union("algorithm"), next, "grpo")).not.toHaveProperty("alpha");
  });

  it("brings back what the variant held before", () => {
    const left = { name: "sa_ah_grpo", alpha: 2, epsilon: 0.1 };
    const next = switchVariant(union("algorithm"), { name: "grpo", epsilon: 0.3 }, "sa_ah_grpo", left);
    expect(next).toMatchObject({ alpha: 2, epsilon: 0.3 });
  });

  it("leaves each kind of data its own default of a field of the same name", () => {
    const arithmetic = switchVariant(union("data"), { kind: "jsonl", path: "a.jsonl", held_out_fraction: 0.1 }, "arithmetic");
    expect(arithmetic).toMatchObject({ kind: "arithmetic", held_out_fraction: 0.2 });
  });
});

describe("changedPaths", () => {
  const start = { algorithm: { name: "grpo" }, max_steps: 60 };

  it("counts an absent field as its default", () => {
    expect(changedPaths(form, start, effective(form, start))).toEqual(new Set());
  });

  it("names each changed field, the tag of a union and a whole list", () => {
    const now = setIn(setIn(start, ["algorithm"], { name: "sa_ah_grpo", alpha: 2 }), ["evaluation", "pass_k"], [4]);
    expect(changedPaths(form, start, now)).toEqual(new Set(["algorithm.name", "algorithm.alpha", "evaluation.pass_k"]));
  });

  it("resets to the start, or to the default where the start had no such field", () => {
    const alpha = nodeAt(form, { algorithm: { name: "ah_grpo" } }, ["algorithm", "alpha"]);
    const steps = nodeAt(form, {}, ["max_steps"]);
    if (!alpha || !steps) throw new Error("no such field");
    expect(startValue(form, start, ["max_steps"], steps)).toBe(60);
    expect(startValue(form, start, ["algorithm", "alpha"], alpha)).toBe(0.5);
  });
});
