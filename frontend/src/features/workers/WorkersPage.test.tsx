import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import type { Worker } from "@/api/types";
import { renderApp } from "@/test/app";

const worker = (changes: Partial<Worker> = {}): Worker => ({
  id: "w1",
  name: "gpu-box",
  host: "gpu-box",
  pid: 42,
  status: "online",
  queues: ["gpu"],
  slots: 1,
  devices: [{ kind: "cuda", index: 0, name: "NVIDIA H100", memory_gb: 80 }],
  labels: ["h100"],
  versions: { ahora: "0.1.0" },
  started_at: "2026-11-24T09:00:00Z",
  last_seen_at: "2026-11-24T09:10:00Z",
  running: [{ run_id: "r1", name: "long run", attempt: 2, status: "running" }],
  draining: false,
  drained_by: "",
  drain_reason: "",
  use: {
    cpu: 12,
    memory_gb: 20,
    memory_total_gb: 128,
    devices: [{ slot: 0, utilization: 97, memory_gb: 41.5, power_watts: 640, temperature_c: 64 }],
  },
  ...changes,
});

const QUEUE = "GET /api/v1/queue";
const LIST = "GET /api/v1/workers";

it("shows how busy a worker's devices are", async () => {
  renderApp("/workers", { [QUEUE]: () => [], [LIST]: () => [worker()] });
  const devices = await screen.findByRole("list", { name: "Devices" });
  expect(within(devices).getByText("640 W, 64 °C")).toBeVisible();
  expect(within(devices).getByRole("progressbar", { name: "Memory 41.5 of 80 GB" })).toBeVisible();
  expect(within(devices).getByRole("progressbar", { name: /^CPU 12/ })).toBeVisible();
});

it("says why a slot takes no runs", async () => {
  const use = { cpu: 1, memory_gb: 20, memory_total_gb: 128, devices: [{ slot: 0, trouble: "Memory of its GPU is still held." }] };
  renderApp("/workers", { [QUEUE]: () => [], [LIST]: () => [worker({ running: [], use })] });
  expect(await screen.findByText("Takes no runs now. Memory of its GPU is still held.")).toBeVisible();
});

it("drains a worker with a reason, and lets it take runs again", async () => {
  let now = worker();
  renderApp("/workers", {
    [QUEUE]: () => [],
    [LIST]: () => [now],
    "POST /api/v1/workers/w1/drain": () => (now = worker({ draining: true, drained_by: "ana", drain_reason: "new driver" })),
    "POST /api/v1/workers/w1/undrain": () => (now = worker()),
  });
  await userEvent.click(await screen.findByRole("button", { name: "Drain gpu-box" }));
  await userEvent.type(screen.getByRole("textbox", { name: /Reason/ }), "new driver");
  await userEvent.click(screen.getByRole("button", { name: "Drain" }));
  expect(await screen.findByText("Takes no more runs, says ana: new driver")).toBeVisible();
  expect(screen.getByText("Draining")).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Take runs again" }));
  expect(await screen.findByRole("button", { name: "Drain gpu-box" })).toBeVisible();
});
