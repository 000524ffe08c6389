import { describe, expect, it } from "vitest";

import type { Checkpoint, Comparison, Estimate, Versus } from "@/api/types";
import { makeComparison, makeRow } from "@/test/comparison";

import { choosePair } from "./checkpointPairs";
import { valuesOf } from "./differences";
import { groupings } from "./groupings";
import { collect } from "./HandGroups";
import { scaleOf } from "./IntervalMark";
import { byRun, drawnOf, hasMeans, linesOf, seedsText } from "./lines";
import { defaultAxes, dimensionsOf, parallelAxes, share, textOf, ticksOf } from "./relations";
import { estimateText, shortWords, toneOf, versusText } from "./statistics";

const FOUR = makeComparison(
  [
    makeRow("a", { seed: 0, final_reward: 0.5 }),
    makeRow("b", { seed: 1, final_reward: 0.7 }),
    makeRow("c", { seed: 0, final_reward: 0.9, final_pass_at_1: null }),
    makeRow("d", { seed: 1, final_reward: null, final_pass_at_1: null }),
  ],
  {
    groups: [
      ["GRPO", ["a", "b"]],
      ["SA-AH-GRPO", ["c", "d"]],
    ],
    differences: [
      { path: "algorithm.alpha", values: { c: 2, d: 2 } },
      { path: "algorithm.name", values: { a: "grpo", b: "grpo", c: "sa_ah_grpo", d: "sa_ah_grpo" } },
      { path: "optimizer.learning_rate", values: { a: 1e-5, b: 1e-5, c: 1e-3, d: 1e-4 } },
      { path: "seed", values: { a: 0, b: 1, c: 0, d: 1 } },
    ],
  },
);

describe("lines", () => {
  it("are groups in their order, with colours that differ", () => {
    const lines = linesOf(FOUR, ["c"]);
    expect(lines.map(({ id, label, hidden, baseline }) => [id, label, hidden, baseline])).toEqual([
      ["a", "GRPO", false, true],
      ["c", "SA-AH-GRPO", true, false],
    ]);
    expect(lines[0]?.color).not.toBe(lines[1]?.color);
    expect(hasMeans(lines)).toBe(true);
    expect(byRun(lines).get("d")?.id).toBe("c");
  });

  it("stay apart when there are many", () => {
    const rows = Array.from({ length: 40 }, (_, i) => makeRow(`r${i}`));
    const looks = linesOf(makeComparison(rows), []).map(({ color, dash }) => `${color} ${dash.join()}`);
    expect(new Set(looks).size).toBe(40);
  });

  it("are drawn up to a hundred, the baseline among them", () => {
    const rows = Array.from({ length: 120 }, (_, i) => makeRow(`r${i}`));
    const lines = linesOf({ ...makeComparison(rows), baseline: "r110" }, []);
    const drawn = drawnOf(lines);
    expect(drawn.map(({ id }) => id)).toContain("r110");
    expect(drawn).toHaveLength(100);
    expect(drawnOf(lines.slice(0, 3))).toHaveLength(3);
  });

  it("tell their seeds shortly", () => {
    expect(seedsText([3])).toBe("seed 3");
    expect(seedsText([4, 0, 1, 2, 3])).toBe("seeds 0 to 4");
    expect(seedsText([0, 7])).toBe("seeds 0, 7");
  });
});

describe("groups", () => {
  it("can be made by any field that differs", () => {
    const values = groupings(FOUR, "auto").map(({ value }) => value);
    expect(values).toEqual([
      "auto", "run", "seeds", "algorithm", "model", "tags", "algorithm.alpha", "optimizer.learning_rate", "seed", "hand",
    ]);
    expect(groupings(FOUR, "auto")[0]?.label).toBe("Automatic: seeds");
    expect(groupings(FOUR, "auto", "algorithm × alpha")[0]?.label).toBe("algorithm × alpha");
    expect(groupings(FOUR, "data.kind").map(({ value }) => value)).toContain("data.kind");
  });

  it("are made by hand by equal names", () => {
    const names = new Map([
      ["c", " late "],
      ["a", "late"],
      ["b", ""],
    ]);
    expect(collect(FOUR, names)).toEqual([{ label: "late", ids: ["a", "c"] }]);
  });

  it("say each value of a field once", () => {
    const [alpha] = FOUR.differences;
    expect(alpha && valuesOf(alpha, ["a", "c", "d"])).toEqual(["not set", "2"]);
  });
});

const estimate = (mean: number, low: number | null = null, high: number | null = null): Estimate => ({ mean, low, high, n: 5, method: "t" });

describe("statistics in words", () => {
  const versus = (changes: Partial<Versus>): Versus => ({
    kind: "difference",
    estimate: estimate(0.0912, 0.0111, 0.1714),
    paired: true,
    p: 0.0625,
    smallest_p: 0.0625,
    verdict: "higher",
    words: "higher than the baseline; 5 pairs cannot give a p below 0.0625",
    ...changes,
  });

  it("writes means, differences and ratios with their intervals", () => {
    expect(estimateText(estimate(1))).toBe("");
    expect(versusText(versus({}))).toBe("difference +0.0912 (0.0111 to 0.171)");
    expect(versusText(versus({ kind: "ratio", estimate: estimate(3.6) }))).toBe("ratio 3.6");
    expect(shortWords(versus({}))).toBe("higher than the baseline");
    expect([toneOf(versus({})), toneOf(versus({ verdict: "unclear" }))]).toEqual(["accent", "neutral"]);
  });

  it("draws intervals on a scale that keeps the means apart", () => {
    const scale = scaleOf([estimate(1, -100, 100), estimate(2)], false);
    expect(scale(2) - scale(1)).toBeGreaterThan(30);
    expect(scale(-100)).toBe(scale(-50));
    const log = scaleOf([estimate(0.01), estimate(0.1), estimate(1)], true);
    expect(log(0.1) - log(0.01)).toBeCloseTo(log(1) - log(0.1), 6);
  });
});

describe("configuration against result", () => {
  const all = dimensionsOf(FOUR);
  const named = (key: string) => {
    const found = all.find((one) => one.key === key);
    if (!found) throw new Error(key);
    return found;
  };

  it("knows numbers, categories and what is missing", () => {
    const rate = named("optimizer.learning_rate");
    expect([rate.log, rate.low, rate.high]).toEqual([true, 1e-5, 1e-3]);
    expect(share(rate, 1e-4)).toBeCloseTo(0.5);
    expect(named("algorithm.name").categories).toEqual(["grpo", "sa_ah_grpo"]);
    expect(textOf(named("algorithm.name"), "d")).toBe("sa_ah_grpo");
    expect(textOf(named("algorithm.alpha"), "a")).toBe("–");
    expect(named("algorithm.alpha").complete).toBe(false);
    expect(named("entropy_drop").value("a")).toBeCloseTo(0.3);
  });

  it("starts with what was varied and the result", () => {
    const { x, y } = defaultAxes(all);
    expect([x?.key, y?.key]).toEqual(["optimizer.learning_rate", "final_pass_at_1"]);
    expect(parallelAxes(all).map(({ key }) => key)).toEqual([
      "algorithm.name",
      "optimizer.learning_rate",
      "final_pass_at_1",
      "final_reward",
      "training_variance",
    ]);
  });

  it("has round ticks within the range", () => {
    expect(ticksOf(named("final_reward"), 4).map(({ text }) => text)).toEqual(["0.5", "0.6", "0.7", "0.8", "0.9"]);
    expect(ticksOf(named("final_reward"), 3).map(({ text }) => text)).toEqual(["0.5", "0.7", "0.9"]);
    expect(ticksOf(named("algorithm.alpha"), 5)).toEqual([{ at: 0.5, text: "2" }]);
  });
});

describe("two checkpoints", () => {
  const list = (...steps: number[]) => steps.map((step): Checkpoint => ({ id: `k${step}`, step }) as Checkpoint);

  it("are the newest of the first runs of two groups, unless named", () => {
    const lists = [list(10, 30, 20), list()];
    expect(choosePair(FOUR, [], lists)).toEqual([
      { runId: "a", checkpointId: "k30" },
      { runId: "c", checkpointId: null },
    ]);
    expect(choosePair(FOUR, ["b", "k10", "gone", "k"], lists)[0]).toEqual({ runId: "b", checkpointId: "k10" });
    expect(choosePair(FOUR, ["b", "k10", "gone", "k"], lists)[1]?.runId).toBe("c");
    const lone: Comparison = makeComparison([makeRow("a")]);
    expect(choosePair(lone, []).map(({ runId }) => runId)).toEqual(["a", "a"]);
  });
});
