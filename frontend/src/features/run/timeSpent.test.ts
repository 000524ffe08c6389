import { expect, it } from "vitest";

import type { Attempt, StatusChange } from "@/api/types";
import { makeFullRun } from "@/test/runs";

import { stateSeconds, timeSpent } from "./timeSpent";

const attempt = (changes: Partial<Attempt>): Attempt => ({
  id: "a",
  number: 1,
  status: "active",
  reason: "",
  error_type: "",
  worker: "laptop",
  host: "laptop",
  device: "cpu:0",
  claimed_at: "2026-11-24T09:00:00Z",
  finished_at: null,
  queue_seconds: 5,
  run_seconds: 60,
  start_step: 0,
  provenance: null,
  ...changes,
});

it("adds up the time of all attempts, the running one up to now", () => {
  const attempts = [
    attempt({ finished_at: "2026-11-24T09:30:00Z", run_seconds: 1800 }),
    attempt({ number: 2, device: "cuda:0", claimed_at: "2026-11-24T10:00:00Z" }),
  ];
  const spent = timeSpent(makeFullRun({ attempts }), new Date("2026-11-24T11:00:00Z"));
  expect(spent.ran).toBe(1800 + 3600);
  expect(spent.deviceHours).toEqual([
    ["cpu", 0.5],
    ["cuda", 1],
  ]);
});

it("takes the server's word when this clock is behind", () => {
  const spent = timeSpent(makeFullRun({ attempts: [attempt({})] }), new Date("2026-11-24T08:00:00Z"));
  expect(spent.ran).toBe(60);
});

it("says how long each state lasted", () => {
  const at = (time: string) => ({ time }) as StatusChange;
  expect(stateSeconds([at("2026-11-24T09:00:00Z"), at("2026-11-24T09:00:42Z")])).toEqual([42, null]);
});
