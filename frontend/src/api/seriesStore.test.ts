import { describe, expect, it, vi } from "vitest";

import { Columns, spliced } from "./columns";
import { NO_POINTS, SeriesStore } from "./seriesStore";
import type { Series } from "./types";

const point = (step: number, value: number) => ({ step, value, elapsed: step * 2, tokens: step * 10, low: value, high: value });

function series(steps: number[], values: unknown[]): Series {
  return {
    run_id: "a",
    key: "reward",
    steps,
    values: values as number[],
    elapsed: steps.map((step) => step * 2),
    tokens: steps.map((step) => step * 10),
    total_points: steps.length,
    downsampled: false,
  };
}

describe("columns", () => {
  it("take points at the end without copying, and others in their place", () => {
    const columns = new Columns([point(1, 0.1), point(3, 0.3)]);
    const first = columns.points;
    columns.add(point(4, 0.4));
    expect(columns.points.steps.buffer).toBe(first.steps.buffer);
    for (const late of [point(3, 0.33), point(2, 0.2), point(0, 0)]) columns.add(late);
    expect([...columns.points.steps]).toEqual([0, 1, 2, 3, 4]);
    expect([...columns.points.values]).toEqual([0, 0.1, 0.2, 0.33, 0.4]);
    expect([...columns.points.elapsed]).toEqual([0, 2, 4, 6, 8]);
    expect([...first.steps]).toEqual([1, 3]);
  });

  it("grow", () => {
    const columns = new Columns();
    for (let step = 0; step < 1000; step += 1) columns.add(point(step, step / 2));
    expect(columns.points.steps).toHaveLength(1000);
    expect(columns.points.values[999]).toBe(499.5);
    expect(columns.live).toBe(1000);
  });

  it("are spliced: what is finer takes the place of what it covers", () => {
    const whole = new Columns([1, 5, 9, 13].map((step) => point(step, 0)), true).points;
    const part = new Columns([4, 5, 6, 7, 9].map((step) => point(step, 1))).points;
    const joined = spliced(whole, part);
    expect([...joined.steps]).toEqual([1, 4, 5, 6, 7, 9, 13]);
    expect([...joined.values]).toEqual([0, 1, 1, 1, 1, 1, 0]);
    expect(joined.coarse).toBe(false);
    expect(spliced(whole, NO_POINTS)).toBe(whole);
  });
});

describe("SeriesStore", () => {
  it("keeps points that came live while the series was read", () => {
    const store = new SeriesStore();
    store.append("a", [{ step: 3, elapsed: 6, tokens: 30, values: { reward: 0.3 } }]);
    store.load([series([1, 2], [0.1, 0.2])]);
    expect([...store.get("a", "reward").steps]).toEqual([1, 2, 3]);
  });

  it("takes what was read for the steps it covers", () => {
    const store = new SeriesStore();
    store.append("a", [{ step: 1, elapsed: 2, tokens: 10, values: { reward: 9 } }]);
    store.load([series([1, 2], [0.1, 0.2])]);
    expect([...store.get("a", "reward").values]).toEqual([0.1, 0.2]);
  });

  it("makes numbers of NaN and infinities, read and live", () => {
    const store = new SeriesStore();
    store.load([series([1, 2], ["NaN", "-Infinity"])]);
    store.append("a", [{ step: 3, elapsed: 6, tokens: 30, values: { reward: "Infinity" } }]);
    expect([...store.get("a", "reward").values]).toEqual([NaN, -Infinity, Infinity]);
  });

  it("holds the range of what a point stands for", () => {
    const store = new SeriesStore();
    store.load([{ ...series([1, 2], [0.1, 0.2]), downsampled: true, low: [0, 0.2], high: [0.4, 0.2] }]);
    store.append("a", [{ step: 3, elapsed: 6, tokens: 30, values: { reward: 0.3 } }]);
    const points = store.get("a", "reward");
    expect([points.coarse, [...points.low], [...points.high]]).toEqual([true, [0, 0.2, 0.3], [0.4, 0.2, 0.3]]);
  });

  it("counts what came live since it was read", () => {
    const store = new SeriesStore();
    const live = (step: number) => store.append("a", [{ step, elapsed: 0, tokens: 0, values: { reward: 1 } }]);
    expect([live(1), live(2), live(3)]).toEqual([1, 2, 3]);
    store.load([series([1, 2], [0.1, 0.2])]);
    expect(live(4)).toBe(2);
  });

  it("tells only those who look at a series that it changed", () => {
    const store = new SeriesStore();
    const reward = vi.fn();
    const entropy = vi.fn();
    const keys = vi.fn();
    store.subscribe([{ runId: "a", key: "reward" }], reward);
    const leave = store.subscribe([{ runId: "a", key: "entropy" }], entropy);
    store.subscribeKeys(keys);
    store.append("a", [{ step: 1, elapsed: 1, tokens: 1, values: { reward: 1 } }]);
    store.append("a", [{ step: 2, elapsed: 2, tokens: 2, values: { reward: 1 } }]);
    expect(reward).toHaveBeenCalledTimes(2);
    expect(entropy).not.toHaveBeenCalled();
    expect(keys).toHaveBeenCalledTimes(1);
    leave();
    store.append("a", [{ step: 3, elapsed: 3, tokens: 3, values: { entropy: 1 } }]);
    expect(entropy).not.toHaveBeenCalled();
    expect(store.keys("a")).toEqual(["entropy", "reward"]);
  });

  it("forgets the points of a run whose attempt was superseded", () => {
    const store = new SeriesStore();
    const reward = vi.fn();
    store.load([series([1, 2], [0.1, 0.2])]);
    store.subscribe([{ runId: "a", key: "reward" }], reward);
    store.clear("a");
    expect(store.get("a", "reward")).toBe(NO_POINTS);
    expect(reward).toHaveBeenCalledOnce();
  });
});
