import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import { renderApp } from "@/test/app";
import { makeCellRun, makeExperiment } from "@/test/experiments";

import { comparedOf, comparedSearch } from "./compared";

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

  it("is compared by configuration, unless the address asks otherwise", () => {
    const compared = comparedOf(makeExperiment());
    expect(compared.runs).toHaveLength(4);
    const plain = comparedSearch({}, compared);
    expect(plain.by).toBe("hand");
    expect(plain.hand.map((group) => group.label)).toEqual(["GRPO", "SA-AH-GRPO alpha 2"]);
    expect(comparedSearch({ by: "run" }, compared).hand).toEqual([]);
  });
});
