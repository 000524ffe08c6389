import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";

import { Refusal, renderApp } from "@/test/app";
import { makeFullRun } from "@/test/runs";

const RUN = "GET /api/v1/runs/abcdefghjkmn";

it("shows why a run failed, and offers what its state allows", async () => {
  const reason = "The device ran out of memory. Lower rollout.max_completion_length.";
  const run = makeFullRun({ name: "too big", status: "failed", status_reason: reason, actions: ["clone", "delete"] });
  renderApp("/runs/abcdefghjkmn?tab=config", { [RUN]: () => run });
  const failure = await screen.findByRole("region", { name: "Why the run failed" });
  expect(failure).toHaveTextContent(reason);
  expect(screen.getByRole("heading", { name: "too big", level: 1 })).toBeVisible();
  expect(screen.getByRole("button", { name: "Delete" })).toBeVisible();
  expect(screen.queryByRole("button", { name: "Stop" })).not.toBeInTheDocument();
});

it("asks before it stops a run, and sends the reason", async () => {
  const { asked } = renderApp("/runs/abcdefghjkmn?tab=config", {
    [RUN]: () => makeFullRun(),
    "POST /api/v1/runs/abcdefghjkmn/stop": () => makeFullRun({ status: "stopping", actions: ["clone"] }),
  });
  await userEvent.click(await screen.findByRole("button", { name: "Stop" }));
  const dialog = screen.getByRole("dialog");
  await userEvent.type(within(dialog).getByRole("textbox"), "wrong seed");
  await userEvent.click(within(dialog).getByRole("button", { name: "Stop run" }));
  expect(await screen.findByText("Stopping")).toBeVisible();
  const stop = asked.find((request) => request.url.endsWith("/stop"));
  expect(await stop?.json()).toEqual({ reason: "wrong seed" });
});

it("pauses a run at once and offers to resume it", async () => {
  const { asked } = renderApp("/runs/abcdefghjkmn?tab=config", {
    [RUN]: () => makeFullRun({ actions: ["pause", "stop"] }),
    "POST /api/v1/runs/abcdefghjkmn/pause": () => makeFullRun({ status: "paused", actions: ["resume"] }),
    "POST /api/v1/runs/abcdefghjkmn/resume": () => makeFullRun({ status: "queued", actions: ["pause"] }),
  });
  await userEvent.click(await screen.findByRole("button", { name: "Pause" }));
  await userEvent.click(await screen.findByRole("button", { name: "Resume" }));
  expect(await screen.findByText("Queued")).toBeVisible();
  expect(asked.filter((request) => request.method === "POST").map((request) => request.url.split("/").pop())).toEqual(["pause", "resume"]);
});

it("tries a run again, from the start when that is asked for", async () => {
  const { asked } = renderApp("/runs/abcdefghjkmn?tab=config", {
    [RUN]: () => makeFullRun({ status: "failed", actions: ["retry"] }),
    "POST /api/v1/runs/abcdefghjkmn/retry": () => makeFullRun({ status: "queued", actions: [] }),
  });
  await userEvent.click(await screen.findByRole("button", { name: "Try again" }));
  const dialog = screen.getByRole("dialog");
  await userEvent.click(within(dialog).getByRole("switch", { name: "Begin anew" }));
  await userEvent.click(within(dialog).getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("Queued")).toBeVisible();
  const retry = asked.find((request) => request.url.endsWith("/retry"));
  expect(await retry?.json()).toEqual({ reason: "", from_start: true });
});

it("changes the priority, and refuses what is none", async () => {
  const { asked } = renderApp("/runs/abcdefghjkmn?tab=config", {
    [RUN]: () => makeFullRun({ status: "queued", priority: 0 }),
    "PATCH /api/v1/runs/abcdefghjkmn": () => makeFullRun({ status: "queued", priority: 7 }),
  });
  await userEvent.click(await screen.findByRole("button", { name: "More actions" }));
  await userEvent.click(await screen.findByRole("menuitem", { name: "Priority 0…" }));
  const input = await screen.findByRole("textbox", { name: /^Priority/ });
  await userEvent.clear(input);
  await userEvent.type(input, "700");
  expect(screen.getByRole("button", { name: "Save priority" })).toBeDisabled();
  await userEvent.clear(input);
  await userEvent.type(input, "7{Enter}");
  const edit = await vi.waitUntil(() => asked.find((request) => request.method === "PATCH"));
  expect(await edit.json()).toEqual({ priority: 7 });
});

it("keeps the tab in the URL", async () => {
  const { router } = renderApp("/runs/abcdefghjkmn?tab=config", {
    [RUN]: () => makeFullRun(),
    "GET /api/v1/runs/abcdefghjkmn/timeline": () => [
      { time: "2026-11-24T09:00:00Z", from_status: null, to_status: "queued", actor: "user", actor_name: "ana", reason: "", attempt: null },
    ],
  });
  expect(await screen.findByText("sa_ah_grpo")).toBeVisible();
  await userEvent.click(screen.getByRole("tab", { name: "Timeline" }));
  expect(await screen.findByText("by ana (user)")).toBeVisible();
  expect(router.state.location.search).toEqual({ tab: "timeline" });
});

it("says so when there is no such run", async () => {
  renderApp("/runs/abcdefghjkmn", { [RUN]: () => new Refusal(404, "No run has this id.") });
  expect(await screen.findByText("There is no such run")).toBeVisible();
});

it("does not overwrite notes that somebody else saved meanwhile", async () => {
  let run = makeFullRun({ notes: "first" });
  const { asked } = renderApp("/runs/abcdefghjkmn?tab=config", {
    [RUN]: () => run,
    "PATCH /api/v1/runs/abcdefghjkmn": (request) =>
      request.headers.get("if-match") === '"1"' ? new Refusal(412, "The run was edited.") : { ...run, notes: "mine" },
  });
  await userEvent.click(await screen.findByRole("button", { name: "Edit notes" }));
  await userEvent.type(screen.getByRole("textbox", { name: "Notes" }), " mine");
  run = makeFullRun({ notes: "theirs", version: 2 });
  await userEvent.click(screen.getByRole("button", { name: "Save notes" }));
  expect(await screen.findByText(/Its notes are now: theirs/)).toBeVisible();
  expect(screen.getByRole("textbox", { name: "Notes" })).toHaveValue("first mine");
  await userEvent.click(screen.getByRole("button", { name: "Replace their notes" }));
  expect(await screen.findByText("mine")).toBeVisible();
  const edits = asked.filter((request) => request.method === "PATCH");
  expect(edits.map((request) => request.headers.get("if-match"))).toEqual(['"1"', null]);
});
