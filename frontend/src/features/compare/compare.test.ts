import { describe, expect, it } from "vitest";

import type { RunComparison } from "@/api/types";

import { COLUMNS, leaderOf } from "./columns";
import { bySection, differenceText } from "./differences";
import { MAX_COMPARED, readCompareSearch, validateCompareSearch } from "./search";

function row(run_id: string, over: Partial<RunComparison> = {}): RunComparison {
  return {
    run_id,
    name: run_id,
    status: "completed",
    project: "default",
    algorithm: "sa_ah_grpo",
    alpha: 2,
    model: "tiny",
    data: "multiplication",
    seed: 0,
    tags: [],
    num_examples: 128,
    steps: 100,
    baseline_pass_at_1: 0.535,
    peak_pass_at_1: 0.85,
    peak_step: 80,
    final_pass_at_1: 0.84,
    final_reward: 0.7,
    training_variance: 0.0246,
    detrended_variance: 0.01,
    sampling_floor: 0.009,
    variance_window: [11, 100],
    entropy_start: 0.5,
    entropy_end: 0.2,
    collapsed: false,
    effective_fraction: 0.83,
    ...over,
  };
}

const named = (key: string) => {
  const column = COLUMNS.find((candidate) => candidate.key === key);
  if (!column) throw new Error(key);
  return column;
};

describe("columns", () => {
  it("writes each quantity, and a dash where there is none", () => {
    expect(named("peak").text(row("a"))).toBe("0.850 (80)");
    expect(named("variance").text(row("a"))).toBe("0.0246");
    expect(named("entropy").text(row("a"))).toBe("0.500 → 0.200");
    expect(named("collapsed").text(row("a"))).toBe("no");
    const bare = row("a", { peak_pass_at_1: null, entropy_start: null, entropy_end: null, collapsed: null });
    expect(["peak", "entropy", "collapsed"].map((key) => named(key).text(bare))).toEqual(["–", "–", "–"]);
  });

  it("explains every column", () => {
    for (const column of COLUMNS) expect(column.help).toMatch(/\.$/);
  });
});

describe("leaderOf", () => {
  const sizes = new Map([
    ["a", 128],
    ["b", 128],
  ]);

  it("calls a lead within the sampling error what it is", () => {
    // standard error of the difference at p = 0.84 and 0.80, n = 128: 0.048; 1.96 of them 0.094
    const close = leaderOf(named("final"), [row("a"), row("b", { final_pass_at_1: 0.8 })], sizes);
    expect(close).toMatchObject({ runId: "a", clear: false });
    expect(close?.note).toContain("0.094");
  });

  it("sees a lead beyond it, and still asks for more seeds", () => {
    const far = leaderOf(named("final"), [row("a", { final_pass_at_1: 0.5 }), row("b")], sizes);
    expect(far).toMatchObject({ runId: "b", clear: true });
    expect(far?.note).toContain("several");
  });

  it("claims nothing without sizes, without a rival, in a tie or where less is not worse", () => {
    expect(leaderOf(named("final"), [row("a"), row("b", { final_pass_at_1: 0.1 })], new Map())?.clear).toBe(false);
    expect(leaderOf(named("final"), [row("a")], sizes)).toBeNull();
    expect(leaderOf(named("final"), [row("a"), row("b")], sizes)).toBeNull();
    expect(leaderOf(named("variance"), [row("a"), row("b", { training_variance: 1 })], sizes)).toBeNull();
  });
});

describe("differences", () => {
  it("writes values for people", () => {
    expect([undefined, null, true, 1e-4, 20_000, "dapo", ["a"]].map(differenceText)).toEqual([
      "not set",
      "empty",
      "on",
      "1e−4",
      "20000",
      "dapo",
      '["a"]',
    ]);
  });

  it("groups by section", () => {
    const paths = ["seed", "algorithm.alpha", "algorithm.name"].map((path) => ({ path, values: {} }));
    expect(bySection(paths).map(({ section, rows }) => [section, rows.length])).toEqual([
      ["", 1],
      ["algorithm", 2],
    ]);
  });
});

describe("compare search", () => {
  it("keeps what is well formed, and leaves defaults out", () => {
    const params = validateCompareSearch({ runs: "a,b,a,<x>", hide: "b,c", smooth: "2", x: "tokens", log: "true", q: "" });
    expect(params).toEqual({ runs: "a,b", hide: "b", smooth: 0.99, x: "tokens", log: true });
    expect(readCompareSearch({})).toEqual({ runs: [], hide: [], smooth: 0, x: "step", log: false, q: "" });
  });

  it("bounds how many runs are compared, and takes an id of digits", () => {
    const many = Array.from({ length: 60 }, (_, index) => `r${index}`).join(",");
    expect(readCompareSearch(validateCompareSearch({ runs: many })).runs).toHaveLength(MAX_COMPARED);
    expect(validateCompareSearch({ runs: 123456789012 })).toEqual({ runs: "123456789012" });
  });
});
