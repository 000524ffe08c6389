import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { Rereads } from "./rereads";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("reads at once, then once in two seconds, and the last time too", async () => {
  const client = new QueryClient();
  const read = vi.spyOn(client, "invalidateQueries").mockResolvedValue();
  const rereads = new Rereads(client);
  for (let i = 0; i < 50; i += 1) {
    rereads.ask(["run", "a", "alerts"]);
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(read).toHaveBeenCalledTimes(3);
  await vi.advanceTimersByTimeAsync(5000);
  expect(read).toHaveBeenCalledTimes(4);
  rereads.ask(["run", "a", "alerts"]);
  rereads.ask(["run", "a", "jobs"]);
  expect(read).toHaveBeenCalledTimes(6);
  rereads.ask(["run", "a", "jobs"]);
  rereads.stop();
  await vi.advanceTimersByTimeAsync(5000);
  expect(read).toHaveBeenCalledTimes(6);
});
