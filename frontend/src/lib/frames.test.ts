import { expect, it } from "vitest";

import { nextShare } from "./frames";

it("draws fewer charts a frame when one took too long, and more when there was time for all", () => {
  expect(nextShare(8, 8, 20)).toBe(4);
  expect(nextShare(8, 8, 5)).toBe(7);
  expect(nextShare(8, 8, 1)).toBe(9);
  expect(nextShare(8, 3, 1)).toBe(8);
  expect(nextShare(1, 1, 100)).toBe(1);
});
