import { describe, expect, it, vi } from "vitest";

import { mergePoints, NO_POINTS, SeriesStore } from "./seriesStore";
import type { Series } from "./types";

const point = (step: number, value: number) => ({ step, value, elapsed: step * 2, tokens: step * 10 });

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

describe("mergePoints", () => {
  it("appends, replaces by step and puts late points in their place", () => {
    const first = mergePoints(NO_POINTS, [point(1, 0.1), point(3, 0.3)]);
    const then = mergePoints(first, [point(4, 0.4), point(3, 0.33), point(2, 0.2), point(0, 0)]);
    expect(then.steps).toEqual([0, 1, 2, 3, 4]);
    expect(then.values).toEqual([0, 0.1, 0.2, 0.33, 0.4]);
    expect(then.elapsed).toEqual([0, 2, 4, 6, 8]);
    expect(first.steps).toEqual([1, 3]);
  });
});

describe("SeriesStore", () => {
  it("keeps points that came live while the series was read", () => {
    const store = new SeriesStore();
    store.append("a", [{ step: 3, elapsed: 6, tokens: 30, values: { reward: 0.3 } }]);
    store.load([series([1, 2], [0.1, 0.2])]);
    expect(store.get("a", "reward").steps).toEqual([1, 2, 3]);
  });

  it("takes what was read for the steps it covers", () => {
    const store = new SeriesStore();
    store.append("a", [{ step: 1, elapsed: 2, tokens: 10, values: { reward: 9 } }]);
    store.load([series([1, 2], [0.1, 0.2])]);
    expect(store.get("a", "reward").values).toEqual([0.1, 0.2]);
  });

  it("makes numbers of NaN and infinities, read and live", () => {
    const store = new SeriesStore();
    store.load([series([1, 2], ["NaN", "-Infinity"])]);
    store.append("a", [{ step: 3, elapsed: 6, tokens: 30, values: { reward: "Infinity" } }]);
    expect(store.get("a", "reward").values).toEqual([NaN, -Infinity, Infinity]);
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
