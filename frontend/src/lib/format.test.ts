import { describe, expect, it } from "vitest";

import {
  algorithmLabel,
  formatAgo,
  formatAligned,
  formatBytes,
  formatDuration,
  formatFixed,
  formatNumber,
  formatPercent,
  shortModel,
} from "./format";

describe("numbers", () => {
  it.each([
    [0, "0"],
    [12, "12"],
    [-3, "−3"],
    [0.123456, "0.1235"],
    [0.5, "0.5"],
    [1234.56, "1,234.6"],
    [91760, "91,760"],
    [3_400_000, "3.4M"],
    [0.0001, "1e−4"],
    [0.0000667, "6.67e−5"],
    [NaN, "NaN"],
    [-Infinity, "−∞"],
    [null, "–"],
  ])("%s is written %s", (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });

  it("keeps decimals where values change live", () => {
    expect(formatFixed(0.5)).toBe("0.500");
    expect(formatFixed(-0.25, 1)).toBe("−0.3");
    expect(formatFixed(null)).toBe("–");
    expect([0.5, -1.25, 12.345678, 999.96, 8, 2e-6].map(formatAligned)).toEqual(["0.5000", "−1.250", "12.35", "1000.0", "8", "2e−6"]);
    expect(formatPercent(0.6371)).toBe("63.7\u202f%");
    expect(formatPercent(null)).toBe("–");
  });
});

describe("durations, sizes and times", () => {
  it.each([
    [42, "42 s"],
    [200, "3 min 20 s"],
    [7500, "2 h 05 min"],
    [273_600, "3 d 4 h"],
    [-1, "0 s"],
    [null, "–"],
  ])("%s s is %s", (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  it("writes sizes", () => {
    expect(formatBytes(721)).toBe("721 B");
    expect(formatBytes(1_740_112)).toBe("1.7 MB");
    expect(formatBytes(300 * 1024 ** 2)).toBe("300 MB");
  });

  it("writes how long ago something was", () => {
    const now = new Date("2026-11-24T12:00:00Z");
    expect(formatAgo("2026-11-24T11:59:55Z", now)).toBe("just now");
    expect(formatAgo("2026-11-24T12:00:09Z", now)).toBe("just now");
    expect(formatAgo("2026-11-24T11:59:20Z", now)).toBe("40 s ago");
    expect(formatAgo("2026-11-24T11:57:00Z", now)).toBe("3 min ago");
    expect(formatAgo("2026-11-24T03:00:00Z", now)).toBe("9 h ago");
    expect(formatAgo("2026-11-20T12:00:00Z", now)).toBe("4 d ago");
    expect(formatAgo("2026-09-01T12:00:00Z", now)).toMatch(/1 Sept? 2026/);
  });
});

it("names algorithms and models", () => {
  expect(algorithmLabel("sa_ah_grpo", 0.5)).toBe("SA-AH-GRPO α 0.5");
  expect(algorithmLabel("grpo", 0)).toBe("GRPO");
  expect(shortModel("Qwen/Qwen2.5-3B-Instruct")).toBe("Qwen2.5-3B-Instruct");
  expect(shortModel("tiny")).toBe("tiny");
});
