import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import type { ProjectDetail } from "@/api/types";
import { renderApp } from "@/test/app";

const project = (changes: Partial<ProjectDetail> = {}): ProjectDetail => ({
  name: "default",
  runs: 3,
  retention: { keep_checkpoints: null, checkpoint_days: 90, rollout_days: null },
  usage: { checkpoints: 3 * 1024 ** 3, rollouts: 5 * 1024 ** 2, metrics: 1024 },
  ...changes,
});

it("shows what a project holds, and saves what is kept of its runs", async () => {
  let body: unknown;
  renderApp("/projects", {
    "GET /api/v1/projects/default": () => project(),
    "PUT /api/v1/projects/default/retention": (request: Request) => {
      body = request.clone().json();
      return project({ retention: { keep_checkpoints: 2, checkpoint_days: null, rollout_days: null } });
    },
  });
  expect(await screen.findByText("3.0 GB")).toBeVisible();
  expect(screen.getByRole("link", { name: "3 runs" })).toHaveAttribute("href", "/?project=default");
  const save = screen.getByRole("button", { name: "Save" });
  expect(save).toBeDisabled();
  await userEvent.type(screen.getByLabelText("Newest checkpoints of each run"), "2");
  expect(screen.getByText(/deleted within minutes/)).toBeVisible();
  await userEvent.clear(screen.getByLabelText("Checkpoints, after the run's end"));
  await userEvent.click(save);
  expect(await body).toEqual({ keep_checkpoints: 2, checkpoint_days: null, rollout_days: null });
  expect(await screen.findByText("Saved for default")).toBeVisible();
  expect(screen.getByLabelText("Newest checkpoints of each run")).toHaveValue(2);
});
