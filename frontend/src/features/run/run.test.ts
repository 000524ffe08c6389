import { describe, expect, it } from "vitest";

import type { LogLine } from "@/api/types";
import { makeFullRun } from "@/test/runs";

import { asCommand, asLiteral, asPython, asRequest, changesOf } from "./configChanges";
import { helpOf } from "./fieldHelp";
import { flatten, sections, showValue } from "./flatten";
import { LogFeed, matches, mergeLines, passes } from "./logFeed";
import { validateRunSearch } from "./search";
import { differOnlyInProgress } from "./useSteady";
import { readRange, writeRange } from "./useZoomInLink";

const line = (id: number, changes: Partial<LogLine> = {}): LogLine => ({
  id,
  attempt: 1,
  time: "2026-11-24T09:00:00Z",
  level: "info",
  source: "trainer",
  message: `line ${id}`,
  ...changes,
});

describe("the run page's URL", () => {
  it("keeps what is well formed and leaves defaults out", () => {
    expect(validateRunSearch({ zoom: "12.5:800", szoom: "a:b", alert: "kl-blowup" })).toEqual({ zoom: "12.5:800", alert: "kl-blowup" });
    expect(validateRunSearch({ tab: "logs", step: "20", x: "time", smooth: "0.6", log: "true" })).toEqual({
      tab: "logs",
      step: 20,
      x: "time",
      smooth: 0.6,
      log: true,
    });
    expect(validateRunSearch({ tab: "charts", step: "-1", x: "step", smooth: "7x", log: "no" })).toEqual({});
    expect(validateRunSearch({ smooth: "5" })).toEqual({ smooth: 0.99 });
    expect(validateRunSearch({ fence: "true", chart: "kl", level: "warning", q: 42, as: "yaml" })).toEqual({
      fence: true,
      chart: "kl",
      level: "warning",
      q: "42",
      as: "yaml",
    });
    expect(validateRunSearch({ fence: "no", chart: "", level: "debug", q: "", as: "xml" })).toEqual({});
  });
});

describe("a configuration as rows", () => {
  it("has dotted paths, the variant first, and lists of plain values in one row", () => {
    expect(flatten({ alpha: 2, name: "sa_ah_grpo", prompt: { a: 1 }, labels: ["x", "y"], options: {} })).toEqual([
      { path: "name", value: "sa_ah_grpo" },
      { path: "alpha", value: 2 },
      { path: "prompt.a", value: 1 },
      { path: "labels", value: ["x", "y"] },
      { path: "options", value: {} },
    ]);
    expect(flatten({ functions: [{ kind: "regex" }] })).toEqual([{ path: "functions.1.kind", value: "regex" }]);
  });

  it("has a section for each part and one for what stands at the top", () => {
    expect(sections({ seed: 3, model: { dtype: "float32" } })).toEqual([
      { name: "run", rows: [{ path: "seed", value: 3 }] },
      { name: "model", rows: [{ path: "dtype", value: "float32" }] },
    ]);
  });

  it("writes values for people", () => {
    expect([null, "", true, false, 1e-6, ["a", 1], [], {}, { a: 1 }].map(showValue)).toEqual(
      ["–", "–", "on", "off", "0.000001", "a, 1", "–", "–", '{"a":1}'],
    );
  });
});

describe("differences of configurations", () => {
  it("name fields by path, and lists as a whole", () => {
    const before = { seed: 1, algorithm: { name: "grpo" }, tags: ["a"], same: { x: [1] } };
    const after = { seed: 2, algorithm: { name: "ah_grpo", alpha: 0.5 }, tags: ["a", "b"], same: { x: [1] } };
    expect(changesOf(before, after)).toEqual([
      { path: "seed", before: 1, after: 2 },
      { path: "algorithm.name", before: "grpo", after: "ah_grpo" },
      { path: "algorithm.alpha", before: undefined, after: 0.5 },
      { path: "tags", before: ["a"], after: ["a", "b"] },
    ]);
  });
});

describe("a run launched from elsewhere", () => {
  const run = makeFullRun({ name: "it's mine", preset: "demo", tags: ["a b"], config: { seed: 2, algorithm: { name: "grpo" } } });

  it("is a preset with changes on the command line, quoted", () => {
    expect(asCommand(run, { seed: 1, algorithm: { name: "ah_grpo", alpha: 0.5 } })).toBe(
      `ahora launch demo \\\n  --set seed=2 \\\n  --set 'algorithm.name="grpo"' \\\n  --name 'it'\\''s mine' \\\n  --tag 'a b'\n`,
    );
  });

  it("is a file where no preset says it, or a field is gone", () => {
    for (const preset of [undefined, { seed: 1, extra: 1, algorithm: { name: "grpo" } }]) {
      expect(asCommand(run, preset)).toMatch(/^cat > run.yaml <<'END_OF_CONFIG'\nseed: 2\nalgorithm:\n {2}name: grpo\nEND_OF_CONFIG\nahora launch run.yaml/);
    }
  });

  it("is a request and a script", () => {
    expect(asRequest(run, "http://host:1")).toContain('"name": "it\'s mine"');
    expect(asPython(run, "http://host:1")).toContain('name="it\'s mine"');
    expect(asLiteral({ a: [true, null, "x", 1e-6], b: {}, c: [] })).toBe(
      '{\n    "a": [\n        True,\n        None,\n        "x",\n        0.000001,\n    ],\n    "b": {},\n    "c": [],\n}',
    );
  });
});

it("finds a field's help behind references and variants", () => {
  const schema = {
    properties: { seed: { description: "Seed." }, data: { oneOf: [{ $ref: "#/$defs/A" }, { $ref: "#/$defs/B" }] } },
    $defs: { A: { properties: {} }, B: { properties: { path: { description: "Path." } } } },
  };
  const help = helpOf(schema);
  expect([help("run", "seed"), help("data", "path"), help("data", "none"), helpOf(undefined)("run", "seed")]).toEqual([
    "Seed.",
    "Path.",
    undefined,
    undefined,
  ]);
});

describe("log lines", () => {
  it("mark what was searched for, as it is written", () => {
    expect(matches("A (b) a", "(B)")).toEqual([
      { text: "A ", hit: false },
      { text: "(b)", hit: true },
      { text: " a", hit: false },
    ]);
    expect(matches("text", "")).toEqual([{ text: "text", hit: false }]);
  });

  it("are merged in order, each once", () => {
    expect(mergeLines([line(1), line(2)], [line(3), line(4)]).map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    expect(mergeLines([line(2), line(3)], [line(3), line(1)]).map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(mergeLines([], []).length).toBe(0);
  });

  it("pass the filters as the server decides", () => {
    expect(passes(line(1), "info", "LINE")).toBe(true);
    expect(passes(line(1), "warning", "")).toBe(false);
    expect(passes(line(1, { level: "error" }), "warning", "")).toBe(true);
    expect(passes(line(1), null, "nothing")).toBe(false);
  });

  it("reach the panel only while it listens", () => {
    const feed = new LogFeed();
    const got: number[] = [];
    feed.push([line(1)]);
    const leave = feed.subscribe((lines) => got.push(...lines.map(({ id }) => id)));
    feed.push([line(2), line(3)]);
    leave();
    feed.push([line(4)]);
    expect(got).toEqual([2, 3]);
  });
});

it("a run's progress is no other run", () => {
  const run = makeFullRun();
  expect(differOnlyInProgress(run, { ...run, step: run.step + 1, last_reward: 0.9, eta_seconds: null })).toBe(true);
  expect(differOnlyInProgress(run, { ...run, tags: ["new"] })).toBe(false);
  expect(differOnlyInProgress(undefined, run)).toBe(false);
});

it("a zoom is written into the link as it is read from it", () => {
  expect(writeRange([12.5, 800])).toBe("12.5:800");
  expect(writeRange(null)).toBeUndefined();
  expect(readRange("12.5:800")).toEqual([12.5, 800]);
  expect([readRange("800:12"), readRange("a:b"), readRange(undefined)]).toEqual([null, null, null]);
});
