import { describe, expect, it } from "vitest";

import { makeRow } from "@/test/comparison";

import { COLUMNS, leaderOf } from "./columns";
import { bySection, differenceText } from "./differences";
import { MAX_COMPARED, readCompareSearch, validateCompareSearch } from "./search";

const row = makeRow;

const named = (key: string) => {
  const column = COLUMNS.find((candidate) => candidate.key === key);
  if (!column) throw new Error(key);
  return column;
};

describe("columns", () => {
  it("writes each quantity, and a dash where there is none", () => {
    expect(named("peak").text(row("a"))).toBe("0.860 (80)");
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
    expect(readCompareSearch({})).toMatchObject({ runs: [], hide: [], smooth: 0, x: "step", log: false, q: "", by: "auto", hand: [] });
  });

  it("keeps groups, baseline and what is drawn", () => {
    const written = {
      runs: "a,b,c",
      by: "hand",
      group: ["one: two:a,b", ":c", "empty:"],
      baseline: "b",
      diff: "true",
      sx: "optimizer.learning_rate",
      sy: "no <script>",
      axes: "seed,final_reward",
      picked: "seed:0.25:0.5,final_reward:0.9:0.1,alpha",
      pair: "a,x,b,y",
      jobs: "j1,j2",
    };
    const params = validateCompareSearch(written);
    expect(params).toEqual({
      runs: "a,b,c",
      by: "hand",
      group: ["one: two:a,b"],
      baseline: "b",
      diff: true,
      sx: "optimizer.learning_rate",
      axes: "seed,final_reward",
      picked: "seed:0.250:0.500",
      pair: "a,x,b,y",
      jobs: "j1,j2",
    });
    expect(readCompareSearch(params).picked).toEqual({ seed: [0.25, 0.5] });
    expect(readCompareSearch(params).hand).toEqual([{ label: "one: two", ids: ["a", "b"] }]);
    expect(validateCompareSearch({ runs: "a", by: "hand", baseline: "gone" })).toEqual({ runs: "a" });
  });

  it("bounds how many runs are compared, and takes an id of digits", () => {
    const many = Array.from({ length: 130 }, (_, index) => `r${index}`).join(",");
    expect(readCompareSearch(validateCompareSearch({ runs: many })).runs).toHaveLength(MAX_COMPARED);
    expect(validateCompareSearch({ runs: 123456789012 })).toEqual({ runs: "123456789012" });
  });
});
