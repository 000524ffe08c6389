import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { cancelFrame, inFrame, nextShare } from "./frames";

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("requestAnimationFrame", (frame: () => void) => setTimeout(frame, 16));
});
afterEach(() => void vi.useRealTimers());

it("draws fewer charts a frame when one took too long, and more when there was time for all", () => {
  expect(nextShare(8, 8, 20)).toBe(4);
  expect(nextShare(8, 8, 5)).toBe(7);
  expect(nextShare(8, 8, 1)).toBe(9);
  expect(nextShare(8, 3, 1)).toBe(8);
  expect(nextShare(1, 1, 100)).toBe(1);
});

it("does what was asked for once, and what would show no difference yet only when it does", () => {
  const [now, later, never] = [vi.fn(), vi.fn(), vi.fn()];
  inFrame(later, performance.now() + 500);
  inFrame(never);
  inFrame(now);
  inFrame(now);
  cancelFrame(never);
  vi.advanceTimersByTime(100);
  expect(now).toHaveBeenCalledTimes(1);
  expect(later).not.toHaveBeenCalled();
  vi.advanceTimersByTime(500);
  expect([now, later, never].map((job) => job.mock.calls.length)).toEqual([1, 1, 0]);
  inFrame(later, performance.now() + 5000);
  vi.advanceTimersByTime(200);
  inFrame(later); // without waiting
  vi.advanceTimersByTime(200);
  expect(later).toHaveBeenCalledTimes(2);
});
