import { expect, it } from "vitest";

import type { PromptAppearance, RolloutColumn } from "@/api/types";

import { binLabel, columnOf, columnWords, placeOf, shares } from "./distribution";
import { spaced } from "./spaced";
import { mayWrapBefore, plainText, tokenPieces } from "./tokens";

const spread = (mean: number) => ({ min: 0, q1: 0, median: mean, q3: 1, max: 1, mean });
const column = (first_step: number, last_step: number): RolloutColumn => ({
  first_step,
  last_step,
  completions: 4,
  correct: 1,
  truncated: 2,
  reward: spread(0.25),
  length: { ...spread(5), min: 2, max: 9 },
  rewards: [3, 1],
  lengths: [4],
});

it("finds the column of a step and says what it holds", () => {
  const columns = [column(10, 20), column(30, 40)];
  expect([5, 10, 25, 30, 99].map((step) => columnOf(columns, step))).toEqual([0, 0, 0, 1, 1]);
  expect(columnWords(column(10, 10))).toBe("Step 10: 4 completions, reward 0.25 (0 to 1), 5 tokens (2 to 9), 25 % correct, 50 % truncated");
  expect(columnWords({ ...column(1, 2), reward: null, length: null })).toContain("Steps 1 to 2: 4 completions, 25 %");
});

it("places values among bins", () => {
  const single = [0, 1, 5].map((value) => ({ low: value, high: value }));
  expect(placeOf(0, single)).toBeCloseTo(1 / 6);
  expect(placeOf(3, single)).toBeCloseTo(4 / 6);
  expect(placeOf(5, single)).toBeCloseTo(5 / 6);
  expect(placeOf(30, [{ low: 10, high: 30 }, { low: 30, high: 50 }])).toBe(0.5);
  expect(shares([3, 1])).toEqual([0.75, 0.25]);
  expect(shares([0, 0])).toEqual([0, 0]);
  expect(binLabel({ low: 1, high: 1 })).toBe("1");
});

it("spreads appearances over training, with the one that was asked for", () => {
  const all = Array.from({ length: 11 }, (_, step) => ({ step }) as PromptAppearance);
  expect(spaced(all, 3).map(({ step }) => step)).toEqual([0, 5, 10]);
  expect(spaced(all, 3, 7).map(({ step }) => step)).toEqual([0, 5, 7, 10]);
  expect(spaced(all.slice(0, 3), 3, 7)).toHaveLength(3);
});

it("leaves out-of-sight tokens as text with the same characters and breaks", () => {
  const tokens = ["6*7", "=", " ", "42", "\n", "x", ""];
  const drawn = tokens.flatMap((token) => tokenPieces(token).map(({ text, breaks }) => (breaks ? `${text}\n` : text))).join("");
  const text = plainText(tokens, undefined);
  expect(text.replaceAll("\u200b", "")).toBe(drawn);
  const wraps = tokens.filter((token, index) => mayWrapBefore(tokens[index - 1], token)).length;
  expect(text.split("\u200b")).toHaveLength(wraps + 1);
  expect(plainText(["42"], "=").startsWith("\u200b")).toBe(true);
});
