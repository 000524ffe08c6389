import { describe, expect, it } from "vitest";

import { align, type ChartSeries, nearest, smooth } from "./data";
import { formatYTick } from "./axes";
import { readings } from "./readings";
import { countOutside, fenced, paddedRange, yRange } from "./scale";

const line = (x: number[], y: number[]): ChartSeries => ({ id: "a", label: "a", color: "red", x, y });

describe("smooth", () => {
  it("leaves values alone at weight 0", () => {
    expect(smooth([1, 5, 2], 0)).toEqual([1, 5, 2]);
  });

  it("is the bias-corrected moving average", () => {
    // weight 0.5: 0.5 / 0.5 = 1; (0.25 + 1.5) / 0.75 = 7/3; (0.875 + 0) / 0.875 = 1
    const [a, b, c] = Array.from(smooth([1, 3, 0], 0.5));
    expect(a).toBeCloseTo(1, 12);
    expect(b).toBeCloseTo(7 / 3, 12);
    expect(c).toBeCloseTo(1, 12);
  });

  it("keeps a constant constant and passes over what is not finite", () => {
    expect(Array.from(smooth([2, NaN, 2, Infinity, 2], 0.9))).toEqual([2, NaN, expect.closeTo(2, 12), Infinity, expect.closeTo(2, 12)]);
  });
});

describe("align", () => {
  it("puts series of different steps on one x; an absent point is no gap", () => {
    const data = align([line([1, 3], [10, 30]), line([2, 3], [5, 6])], 0, false);
    expect(data.x).toEqual([1, 2, 3]);
    expect(data.raw).toEqual([
      [10, undefined, 30],
      [undefined, 5, 6],
    ]);
  });

  it("makes gaps with marks of what is not finite", () => {
    const data = align([line([1, 2, 3], [1, NaN, -Infinity])], 0, false);
    expect(data.raw).toEqual([[1, null, null]]);
    expect(data.bad).toEqual([[2, 3]]);
  });

  it("shows only what is positive on a log axis, without calling the rest bad", () => {
    const data = align([line([1, 2, 3], [0, -1, 2])], 0, true);
    expect(data.raw).toEqual([[null, null, 2]]);
    expect(data.bad).toEqual([[]]);
  });
});

describe("bands", () => {
  it("are aligned and smoothed as their line is", () => {
    const mean = { ...line([1, 2], [1, 3]), band: { low: [0, 2], high: [2, Number.NaN] }, n: [5, 1] };
    const data = align([line([1, 2, 3], [0, 0, 0]), mean], 0.5, false);
    // weight 0.5: 0, then (0 + 0.5 * 2) / 0.75
    expect(data.bands).toEqual([{ series: 1, low: [0, expect.closeTo(4 / 3), undefined], high: [2, null, undefined], whole: false }]);
    expect(readings([mean, { ...mean, id: "b", faint: true }], 1)).toMatchObject([{ text: "1", spread: "± 1, n 5" }]);
    expect(readings([mean], 2)[0]?.spread).toBe("n 1");
    expect(readings([line([1], [1])], 1)[0]?.spread).toBe("");
  });

  it("widen the scale, by no more than the lines are high on either side", () => {
    expect(paddedRange(0, 1, null)).toEqual([-0.06, 1.06]);
    expect(paddedRange(0, 1, [-0.5, 1.5])).toEqual([-0.62, 1.62]);
    expect(paddedRange(0, 1, [-40, 90])).toEqual([expect.closeTo(-1.18), expect.closeTo(2.18)]);
    expect(paddedRange(null, null, null)).toEqual([0, 1]);
  });
});

describe("a line whose x are its own", () => {
  it("is drawn from the very columns it came in", () => {
    const one = { ...line([1, 2], [3, 4]), range: { low: [2, 4], high: [5, 4] } };
    const data = align([one], 0, false);
    expect([data.x, data.raw[0], data.bands[0]?.low]).toEqual([one.x, one.y, one.range.low]);
    expect(data.raw[0]).toBe(one.y);
  });

  it("is put in order where its x are not", () => {
    expect(align([line([5, 3], [1, 2])], 0, false)).toMatchObject({ x: [3, 5], raw: [[2, 1]] });
  });
});

describe("outliers", () => {
  const values = [1, 2, 1.5, 1.2, 1.8, 1.1, 1.4, 1.6, 90];
  const data = align([line(values.map((_, i) => i), values)], 0, false);
  const all = [0, 8] as const;

  it("do not decide the scale when they are ignored, and are counted", () => {
    expect(yRange(data, all, false, false)[1]).toBeGreaterThan(90);
    const range = yRange(data, all, false, true);
    expect(range).toEqual([1 - 0.06, 2 + 0.06]);
    expect(countOutside(data, all, range)).toBe(1);
  });

  it("are none where the shown values are alike, are few, or mostly equal", () => {
    expect(fenced(data, [0, 7])).toBeNull();
    expect(fenced(align([line([1, 2], [0, 9])], 0, false), [0, 3])).toBeNull();
    const spike = [1, 1, 1, 1, 1, 1, 1, 1, 5];
    expect(fenced(align([line(spike.map((_, i) => i), spike)], 0, false), all)).toBeNull();
  });

  it("of a mean's range count where they are not ignored", () => {
    const coarse = { ...line([0, 1], [1, 2]), range: { low: [0, 2], high: [10, 2] } };
    expect(yRange(align([coarse], 0, false), [0, 1], false, false)).toEqual([-0.6, 10.6]);
  });
});

describe("nearest", () => {
  it("finds the closest x, the earlier one on a tie", () => {
    const x = [0, 10, 20];
    expect([-5, 4, 5, 6, 14, 99].map((wanted) => nearest(x, wanted))).toEqual([0, 0, 0, 1, 1, 2]);
    expect(nearest([], 3)).toBe(-1);
  });
});

describe("readings", () => {
  it("reads the point under the cursor, else the last", () => {
    const one = line([1, 2, 3], [0.1, NaN, 0.3]);
    expect(readings([one], null)[0]?.text).toBe("0.3");
    expect(readings([one], 1.2)[0]?.text).toBe("0.1");
    expect(readings([one], 2)[0]?.text).toBe("NaN");
    expect(readings([line([], [])], null)[0]?.text).toBe("–");
  });
});

it("ticks have the digits that tell them apart", () => {
  expect([31.8, 31.82, 31.84].map((value) => formatYTick(value, 0.02))).toEqual(["31.8", "31.82", "31.84"]);
  expect([0, 0.5, 1].map((value) => formatYTick(value, 0.5))).toEqual(["0", "0.5", "1"]);
  expect(formatYTick(25_000, 5000)).toBe("25K");
});
