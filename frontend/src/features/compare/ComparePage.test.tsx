import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import type { Run } from "@/api/types";
import { renderApp } from "@/test/app";
import { makeFullRun } from "@/test/runs";

const user = userEvent.setup({ pointerEventsCheck: 0 });

const A = "aaaaaaaaaaaa";
const B = "bbbbbbbbbbbb";

function run(id: string, name: string): Run {
  return makeFullRun({ id, name, status: "completed", config: { evaluation: { num_examples: 128 } } });
}

function row(run_id: string, name: string, final: number) {
  return {
    run_id,
    name,
    status: "completed",
    project: "default",
    algorithm: "sa_ah_grpo",
    alpha: 2,
    model: "tiny",
    data: "multiplication",
    seed: 0,
    tags: [],
    num_examples: 128,
    steps: 100,
    baseline_pass_at_1: 0.535,
    peak_pass_at_1: 0.86,
    peak_step: 80,
    final_pass_at_1: final,
    final_reward: 0.7,
    training_variance: 0.0246,
    detrended_variance: 0.01,
    sampling_floor: 0.009,
    variance_window: [11, 100],
    entropy_start: 0.5,
    entropy_end: 0.2,
    collapsed: false,
    effective_fraction: 0.83,
  };
}

function open(path: string) {
  return renderApp(path, {
    [`GET /api/v1/runs/${A}`]: () => run(A, "alpha two"),
    [`GET /api/v1/runs/${B}`]: () => run(B, "plain"),
    "GET /api/v1/runs": () => ({ items: [run(A, "alpha two"), run(B, "plain")], next_cursor: null, total: 2 }),
    "GET /api/v1/metrics/registry": () => ({ groups: [], metrics: [] }),
    "GET /api/v1/compare": (request) => {
      const ids = new URL(request.url).searchParams.get("runs")?.split(",") ?? [];
      return {
        runs: ids.map((id) => (id === A ? row(A, "alpha two", 0.85) : row(B, "plain", 0.83))),
        differences: [{ path: "algorithm.alpha", values: { [A]: 2 } }],
        remarks: ["One seed each: differences may be chance."],
      };
    },
  });
}

describe("ComparePage", () => {
  it("shows summary, remarks and differences, and claims no lead that chance explains", async () => {
    open(`/compare?runs=${A},${B}`);
    const table = await screen.findByRole("table", { name: "Summary of the runs" });
    expect(within(table).getAllByText("0.0246")).toHaveLength(2);
    expect(within(table).getByText("highest, not clear")).toBeVisible();
    expect(within(table).queryByText("ahead")).not.toBeInTheDocument();
    expect(screen.getByText("One seed each: differences may be chance.")).toBeVisible();
    const differences = screen.getByRole("table", { name: "Configuration differences" });
    expect(within(differences).getByText("not set")).toBeVisible();
  });

  it("names runs that do not exist and takes them out of the URL", async () => {
    const { router, asked } = open(`/compare?runs=${A},zzz,${B}`);
    expect(await screen.findByText("zzz")).toBeVisible();
    expect(await screen.findByRole("table", { name: "Summary of the runs" })).toBeVisible();
    expect(asked.filter((request) => request.url.includes("/compare?")).every((request) => !request.url.includes("zzz"))).toBe(true);
    await user.click(screen.getByRole("button", { name: "Take out" }));
    await waitFor(() => expect(router.state.location.searchStr).toBe(`?runs=${A},${B}`));
  });

  it("keeps hidden and removed runs in the URL", async () => {
    const { router } = open(`/compare?runs=${A},${B}`);
    await user.click(await screen.findByLabelText("Hide the lines of plain"));
    await waitFor(() => expect(router.state.location.searchStr).toBe(`?runs=${A},${B}&hide=${B}`));
    await user.click(screen.getByLabelText("Take plain out"));
    await waitFor(() => expect(router.state.location.searchStr).toBe(`?runs=${A}`));
  });

  it("lets runs be picked when there are none", async () => {
    const { router } = open("/compare");
    await user.click(await screen.findByText("Pick runs"));
    await user.click(await screen.findByRole("checkbox", { name: /alpha two/ }));
    await user.click(screen.getByRole("checkbox", { name: /plain/ }));
    await waitFor(() => expect(router.state.location.searchStr).toBe(`?runs=${A},${B}`));
  });
});
