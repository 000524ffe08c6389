import { describe, expect, it } from "vitest";

import type { LogLine } from "@/api/types";

import { flatten, sections, showValue } from "./flatten";
import { LogFeed, mergeLines, passes } from "./logFeed";
import { validateRunSearch } from "./search";

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
    expect(validateRunSearch({ tab: "logs", step: "20", x: "time", smooth: "0.6", log: "true" })).toEqual({
      tab: "logs",
      step: 20,
      x: "time",
      smooth: 0.6,
      log: true,
    });
    expect(validateRunSearch({ tab: "charts", step: "-1", x: "step", smooth: "7x", log: "no" })).toEqual({});
    expect(validateRunSearch({ smooth: "5" })).toEqual({ smooth: 0.99 });
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

describe("log lines", () => {
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
