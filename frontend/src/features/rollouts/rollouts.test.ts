import { describe, expect, it } from "vitest";

import type { Completion, RolloutGroup } from "@/api/types";

import { filterCounts, filterGroups, marksOf } from "./filter";
import { background, scaleOf, shadeInfo, strength, tokenValues } from "./shading";
import { mayWrapBefore, tokenName, tokenPieces } from "./tokens";

function completion(over: Partial<Completion> = {}): Completion {
  return {
    text: "6*7=42",
    tokens: ["6", "*", "7"],
    token_ids: [1, 2, 3],
    entropy: [0.5, 1, 0],
    weight: [1, 0.5, 0.25],
    logprob: [-0.5, -2, 0],
    reward: 1,
    rewards: { exact: 1 },
    advantage: -2,
    truncated: false,
    correct: true,
    ...over,
  };
}

function group(over: Partial<RolloutGroup> = {}): RolloutGroup {
  return {
    step: 1,
    index: 0,
    prompt_id: "p1",
    prompt: "What is six times seven?",
    answer: "42",
    completions: [completion(), completion({ text: "41", correct: false, reward: 0, truncated: true })],
    reward_mean: 0.5,
    reward_std: 0.7,
    has_signal: true,
    ...over,
  };
}

describe("shading", () => {
  it("gives one value a token", () => {
    expect(tokenValues(completion(), "credit")).toEqual([-2, -1, -0.5]);
    expect(tokenValues(completion(), "entropy")).toEqual([0.5, 1, 0]);
  });

  it("shares one scale over what is shown together", () => {
    expect(scaleOf([completion(), completion({ entropy: [3, 0, 0] })], "entropy")).toEqual({ low: 0, high: 3 });
    expect(scaleOf([completion()], "weight")).toEqual({ low: 0, high: 1 });
    expect(scaleOf([completion()], "logprob")).toEqual({ low: 0, high: -2 });
    expect(scaleOf([completion()], "credit")).toEqual({ low: -2, high: 2 });
    expect(scaleOf([], "entropy")).toEqual({ low: 0, high: 1 });
  });

  it("is full at the scale's end, clear at its start and split by sign where it diverges", () => {
    expect(strength(-2, { low: 0, high: -2 }, false)).toEqual({ amount: 1, negative: false });
    expect(strength(-1, { low: -2, high: 2 }, true)).toEqual({ amount: 0.5, negative: true });
    expect(strength(Number.NaN, { low: 0, high: 1 }, false)).toBeNull();
    expect(background(0, { low: 0, high: 1 }, shadeInfo("entropy"))).toBeUndefined();
    expect(background(-2, { low: -2, high: 2 }, shadeInfo("credit"))).toContain("--shade-down");
  });

  it("keeps a NaN of the wire out of the scale", () => {
    const broken = completion({ entropy: ["NaN" as unknown as number, 1, 0] });
    expect(scaleOf([broken], "entropy")).toEqual({ low: 0, high: 1 });
  });
});

describe("tokenPieces", () => {
  it("shows what has no glyph", () => {
    expect(tokenPieces("\n")).toEqual([{ text: "↵", symbol: true, breaks: true }]);
    expect(tokenPieces("  ").map((piece) => piece.text)).toEqual(["·", "·"]);
    expect(tokenPieces(" the")).toEqual([{ text: " the", symbol: false, breaks: false }]);
    expect(tokenPieces("a\tb").map((piece) => piece.text)).toEqual(["a", "⇥", "b"]);
    expect(tokenPieces("")).toEqual([{ text: "∅", symbol: true, breaks: false }]);
    expect(tokenName("\n")).toBe('"\\n"');
  });

  it("lets lines end between tokens, but not inside a number", () => {
    expect([mayWrapBefore("4", "2"), mayWrapBefore(",", "7"), mayWrapBefore("4", "<eos>"), mayWrapBefore(undefined, "1")]).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
});

describe("filter", () => {
  const flat = group({ index: 1, prompt: "other", prompt_id: "p2", has_signal: false, completions: [completion({ reward: null, correct: false })] });

  it("marks what a completion is", () => {
    expect(marksOf(completion())).toEqual(["correct"]);
    expect(marksOf(completion({ correct: false, truncated: true }))).toEqual(["wrong", "truncated"]);
    expect(marksOf(completion({ reward: null }))).toEqual(["unscored"]);
  });

  it("counts what each filter shows", () => {
    expect(filterCounts([group(), flat])).toEqual({ all: 3, correct: 1, wrong: 1, truncated: 1, nosignal: 1 });
  });

  it("searches completions, and shows the whole group for a text of its prompt", () => {
    expect(filterGroups([group(), flat], "all", "41").map(({ shown }) => shown)).toEqual([[1]]);
    expect(filterGroups([group(), flat], "all", "SIX times").map(({ shown }) => shown)).toEqual([[0, 1]]);
    expect(filterGroups([group()], "nosignal", "")).toEqual([]);
  });
});
