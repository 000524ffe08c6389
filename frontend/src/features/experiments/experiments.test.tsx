import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import { renderApp } from "@/test/app";
import { makeCellRun, makeExperiment } from "@/test/experiments";
import { makeRun } from "@/test/runs";

import { axesText, comparedSearch, runsOf } from "./compared";
import { isTurn, withRuns } from "./live";

const user = userEvent.setup({ pointerEventsCheck: 0 });

describe("an experiment", () => {
  it("shows each run by configuration and seed, and stops all at once after asking", async () => {
    const experiment = makeExperiment();
    experiment.cells[0]?.runs.splice(0, 1, makeCellRun({ status: "completed", step: 60, last_pass_at_1: 0.5 }));
    const { asked } = renderApp("/experiments/exp000000001", {
      "GET /api/v1/experiments/exp000000001": () => experiment,
      "POST /api/v1/experiments/exp000000001/stop": () => ({ runs: [], done: 0 }),
    });
    const table = await screen.findByRole("table", { name: "Runs by configuration and seed" });
    const [, first] = within(table).getAllByRole("row");
    expect(first).toHaveTextContent(/GRPO\s*Completed50.0.%/);
    expect(within(table).getAllByRole("link")).toHaveLength(4);
    expect(screen.getByText("No results yet")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Stop all" }));
    expect(asked.some((request) => request.url.endsWith("/stop"))).toBe(false);
    await user.click(screen.getByRole("button", { name: "Stop all runs" }));
    await waitFor(() => expect(asked.some((request) => request.url.endsWith("/stop"))).toBe(true));
  });

  it("is listed, and says what to do where there is none", async () => {
    renderApp("/experiments", { "GET /api/v1/experiments": () => ({ items: [], next_cursor: null, total: null }) });
    expect(await screen.findByText("No experiment yet")).toBeVisible();
    const link = screen.getByRole("link", { name: /Compare three algorithms/ });
    expect(link).toHaveAttribute("href", "/launch?preset=demo-sa-ah-grpo&grid=true");
  });

  it("is compared as a whole, by configuration unless the address asks otherwise", () => {
    const experiment = makeExperiment();
    const runs = runsOf(experiment);
    expect(runs).toHaveLength(4);
    const many = [...runs, ...Array.from({ length: 400 }, (_, index) => `more${index}`)];
    const plain = comparedSearch({}, "exp000000001", many);
    expect([plain.experiment, plain.by, plain.runs.length]).toEqual(["exp000000001", "auto", 404]);
    expect(comparedSearch({ by: "run", baseline: "more399" }, "exp000000001", many)).toMatchObject({ by: "run", baseline: "more399" });
    expect(axesText(["algorithm.name", "optimizer.learning_rate"])).toBe("algorithm × learning_rate");
  });

  it("takes what the stream tells of its runs, and touches no other cell", () => {
    const experiment = makeExperiment();
    const [first] = runsOf(experiment);
    const news = makeRun({ id: first ?? "", status: "running", step: 12, last_reward: 0.5 });
    const after = withRuns(experiment, new Map([[news.id, news]]));
    expect(after.cells[0]?.runs[0]).toMatchObject({ status: "running", step: 12, last_reward: 0.5, deleted: false });
    expect(after.cells[0]?.runs[1]).toBe(experiment.cells[0]?.runs[1]);
    expect(after.cells[1]).toBe(experiment.cells[1]);
    expect(after.summary).toMatchObject({ statuses: { queued: 3, running: 1 }, steps: 12 });
    expect(isTurn(experiment, news)).toBe(true);
    expect(isTurn(after, { ...news, step: 13 })).toBe(false);
  });
});
