import { describe, expect, it } from "vitest";

import { Columns } from "@/api/columns";
import { SeriesStore } from "@/api/seriesStore";
import { toCsv, toSvg } from "@/components/charts/files";
import { align, type ChartSeries } from "@/components/charts/data";
import { logTicks, ticks } from "@/components/charts/ticks";

import { moveTo, ordered, parseLayout } from "./chartLayout";
import { marksOf, metricSource, stepsOf } from "./metricSource";
import { chosenSteps, profiles, profileSource } from "./weightProfile";

const columns = (steps: number[], coarse = false) =>
  new Columns(steps.map((step) => ({ step, value: step / 10, elapsed: step * 2, tokens: step * 100, low: 0, high: 1 })), coarse).points;

const wire = (key: string, steps: number[], values: number[], downsampled = false) => ({
  run_id: "a",
  key,
  steps,
  values,
  elapsed: steps.map((step) => step * 2),
  tokens: steps.map((step) => step * 100),
  total_points: steps.length,
  downsampled,
  low: downsampled ? values : null,
  high: downsampled ? values : null,
});

describe("borders of attempts", () => {
  const borders = [
    { label: "attempt 2", step: 4, wall: 70 },
    { label: "attempt 3", step: 0, wall: 200 },
  ];

  it("stand where the attempt went on, on each axis", () => {
    const points = columns([1, 2, 4, 6, 50]);
    expect(marksOf(borders, points, "step")).toEqual([{ label: "attempt 2", x: 4 }]);
    expect(marksOf(borders, points, "time")).toEqual([{ label: "attempt 2", x: 8 }]);
    expect(marksOf(borders, points, "tokens")).toEqual([{ label: "attempt 2", x: 400 }]);
    expect(marksOf(borders, points, "wall")).toEqual([{ label: "attempt 2", x: 70 }]);
  });

  it("are none where no point is before them", () => {
    expect(marksOf(borders, columns([5, 6]), "step")).toEqual([]);
    expect(marksOf(borders, columns([]), "step")).toEqual([]);
  });
});

describe("the lines of a metric", () => {
  it("are the same until a point comes, and finer where detail is there", () => {
    const store = new SeriesStore();
    store.load([wire("reward", [1, 5, 9], [0, 0, 0], true)]);
    const detail = new Map([["reward", columns([4, 5, 6])]]);
    const source = metricSource(store, "a", [{ key: "reward" }], "step", [], detail);
    const first = source.read();
    expect(source.read()).toBe(first);
    expect([...(first.series[0]?.x as Float64Array)]).toEqual([1, 4, 5, 6, 9]);
    store.append("a", [{ step: 10, elapsed: 20, tokens: 1000, values: { reward: 1 } }]);
    expect([...(source.read().series[0]?.x as Float64Array)]).toEqual([1, 4, 5, 6, 9, 10]);
  });

  it("are asked for finely only where they are coarse, by steps, with a point more on each side", () => {
    const store = new SeriesStore();
    store.load([wire("reward", [1, 5, 9, 13], [0, 0, 0, 0], true), wire("loss", [1, 2], [0, 0])]);
    expect(stepsOf(store, "a", ["reward"], "step", [6, 8])).toEqual([5, 9]);
    expect(stepsOf(store, "a", ["reward"], "time", [12, 17])).toEqual([5, 9]);
    expect(stepsOf(store, "a", ["reward"], "tokens", [-1, 5000])).toEqual([1, 13]);
    expect(stepsOf(store, "a", ["loss"], "step", [1, 2])).toBeNull();
  });
});

describe("the layout of charts", () => {
  it("moves one into the place of another", () => {
    expect(moveTo(["a", "b", "c"], "c", "a")).toEqual(["c", "a", "b"]);
    expect(moveTo(["a", "b", "c"], "a", "c")).toEqual(["b", "c", "a"]);
    expect(ordered([{ key: "a" }, { key: "b" }, { key: "c" }], ["c", "gone"]).map(({ key }) => key)).toEqual(["c", "a", "b"]);
  });

  it("is empty where nothing sensible is stored", () => {
    const empty = { pinned: [], order: {} };
    for (const text of [null, "", "no", "null", '{"pinned":[1],"order":{"a":3}}']) expect(parseLayout(text)).toEqual(empty);
    const kept = { pinned: ["loss"], order: { Policy: ["kl"] } };
    expect(parseLayout(JSON.stringify(kept))).toEqual(kept);
  });
});

describe("weight by position", () => {
  it("has a curve for some steps, without positions that nothing reached", () => {
    expect(chosenSteps([3, 4, 5], 5)).toEqual([3, 4, 5]);
    expect(chosenSteps([1, 2, 3, 4, 5, 6, 7, 8, 9], 3)).toEqual([1, 5, 9]);
    expect(chosenSteps([])).toEqual([]);
    const curves = profiles(new Map([[8, columns([2])], [1, columns([1, 2])]]));
    expect(curves.map(({ label, x, y }) => ({ label, x, y }))).toEqual([
      { label: "step 1", x: [1], y: [0.1] },
      { label: "step 2", x: [1, 8], y: [0.2, 0.2] },
    ]);
  });

  it("follows the store", () => {
    const store = new SeriesStore();
    const source = profileSource(store, "a", ["horizon/weight_at/2"]);
    expect(source.read().series).toEqual([]);
    store.append("a", [{ step: 1, elapsed: 0, tokens: 0, values: { "horizon/weight_at/2": 0.5 } }]);
    expect(source.read().series).toMatchObject([{ label: "step 1", x: [2], y: [0.5] }]);
  });
});

describe("charts as files", () => {
  const one: ChartSeries = { id: "r", label: "=reward", color: "red", dash: [4, 2], x: [1, 2, 4], y: [0.5, NaN, 1] };
  const other: ChartSeries = { id: "l", label: 'a "b", c', color: "blue", x: [2], y: [3] };

  it("CSV has a column a line, and no formulas", () => {
    expect(toCsv([one, other], "step")).toBe('step,\'=reward,"a ""b"", c"\r\n1,0.5,\r\n2,NaN,3\r\n4,1,\r\n');
  });

  it("SVG shows lines with gaps, crosses, marks and names, escaped", () => {
    const drawn = toSvg({ series: [one, other], marks: [{ x: 2, label: "attempt 2" }] }, align([one, other], 0.5, false), {
      title: "a < b",
      unit: "nats",
      xAxis: "step",
      log: false,
      scales: { x: [1, 4], y: [0, 3] },
    });
    const document = drawn.match(/<svg[\s\S]*<\/svg>/)?.[0] ?? "";
    for (const part of ["a &lt; b (nats) by step", 'stroke-dasharray="4 2"', "attempt 2", ">=reward<"]) expect(document).toContain(part);
    expect(document.match(/M[\d.]+ [\d.]+M/)).not.toBeNull(); // the gap
  });

  it("ticks are round", () => {
    expect(ticks([0, 8])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(ticks([0, 0.7])).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]);
    expect(ticks([2, 2])).toEqual([2]);
    expect(logTicks([0.01, 10])).toEqual([0.01, 0.1, 1, 10]);
  });
});
