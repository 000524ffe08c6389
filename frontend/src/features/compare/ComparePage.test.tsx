import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import { renderApp } from "@/test/app";
import { makeComparison, makeRow } from "@/test/comparison";
import { makeRun } from "@/test/runs";

const user = userEvent.setup({ pointerEventsCheck: 0 });

const A = "aaaaaaaaaaaa";
const B = "bbbbbbbbbbbb";
const C = "cccccccccccc";
const NAMES: Record<string, string> = { [A]: "alpha two", [B]: "plain", [C]: "plain again" };

function open(path: string) {
  return renderApp(path, {
    "GET /api/v1/runs": () => ({
      items: [A, B].map((id) => makeRun({ id, name: NAMES[id] ?? id, status: "completed" })),
      next_cursor: null,
      total: 2,
    }),
    "GET /api/v1/metrics/registry": () => ({ groups: [], metrics: [] }),
    "GET /api/v1/compare": (request) => {
      const query = new URL(request.url).searchParams;
      const ids = query.get("runs")?.split(",") ?? [];
      const known = ids.filter((id) => id in NAMES);
      const rows = known.map((id) => makeRow(id, { name: NAMES[id] ?? id, final_pass_at_1: id === A ? 0.85 : 0.83 }));
      const found = makeComparison(rows, {
        ...(query.get("group_by") === "algorithm" ? { groups: [["GRPO", [B, C]], ["SA-AH-GRPO alpha 2", [A]]] as const } : {}),
        differences: [{ path: "algorithm.alpha", values: { [A]: 2 } }],
        remarks: ["One seed each: differences may be chance."],
      });
      return { ...found, unknown: ids.filter((id) => !(id in NAMES)), keys: [], baseline: query.get("baseline") ?? found.baseline };
    },
    "GET /api/v1/compare/export": () => ({}),
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
    const differences = await screen.findByRole("table", { name: "Configuration differences" });
    expect(within(differences).getByText("not set")).toBeVisible();
  });

  it("names runs that do not exist and takes them out of the URL", async () => {
    const { router } = open(`/compare?runs=${A},zzz,${B}`);
    expect(await screen.findByText("zzz")).toBeVisible();
    expect(await screen.findByRole("table", { name: "Summary of the runs" })).toBeVisible();
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

  it("shows groups as the URL says, with what is too few", async () => {
    const { asked } = open(`/compare?runs=${A},${B},${C}&by=algorithm&baseline=${B}`);
    const table = await screen.findByRole("table", { name: "Statistics of the groups" });
    expect(within(table).getByText("n = 2, seeds 0, 1")).toBeVisible();
    expect(within(table).getByText("1 seeds: too few to tell")).toBeVisible();
    expect(within(table).getAllByText("p = 0.25, smallest 0.25")[0]).toBeVisible();
    const query = asked.find((request) => request.url.includes("/compare?"))?.url ?? "";
    expect(query).toContain(`group_by=algorithm&baseline=${B}`);
    await user.click(screen.getByRole("button", { name: "Export" }));
    const report = await screen.findByRole("menuitem", { name: /Report/ });
    expect(report).toHaveAttribute("href", expect.stringContaining(`group_by=algorithm&baseline=${B}&format=html`));
  });

  it("makes groups by hand", async () => {
    const { router } = open(`/compare?runs=${A},${B}`);
    await user.click(await screen.findByRole("combobox", { name: "Group by" }));
    await user.click(await screen.findByRole("option", { name: /By hand/ }));
    const name = await screen.findByLabelText("Group of plain");
    await user.clear(name);
    await user.type(name, "mine");
    await user.clear(screen.getByLabelText("Group of alpha two"));
    await user.click(screen.getByRole("button", { name: "Group" }));
    await waitFor(() => expect(router.state.location.search).toMatchObject({ by: "hand", group: `mine:${B}` }));
  });
});
