import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import { Refusal, renderApp } from "@/test/app";
import { makeRun } from "@/test/runs";

const LIST = "GET /api/v1/runs";
const page = (items: unknown[]) => ({ items, next_cursor: null, total: items.length });

it("shows runs and asks the API for what the URL says", async () => {
  const runs = [makeRun({ id: "one", name: "first" }), makeRun({ id: "two", name: "second", status: "failed", status_reason: "Out of memory." })];
  const { asked } = renderApp("/?status=running&status=failed&q=x", { [LIST]: () => page(runs) });
  expect(await screen.findByRole("link", { name: "first" })).toHaveAttribute("href", "/runs/one");
  expect(screen.getByRole("heading", { name: "Runs", level: 1 })).toBeVisible();
  expect(screen.getByText("Out of memory.")).toBeVisible();
  const search = new URL(asked.find((request) => request.url.includes("/runs?"))?.url ?? "").searchParams;
  expect(search.getAll("status")).toEqual(["running", "failed"]);
  expect(search.get("q")).toBe("x");
});

it("tells a newcomer how to launch the demo", async () => {
  renderApp("/", { [LIST]: () => page([]) });
  expect(await screen.findByText("No runs yet")).toBeVisible();
  expect(screen.getByText("ahora demo")).toBeVisible();
});

it("offers to clear filters that no run passes", async () => {
  const { router } = renderApp("/?q=nothing", { [LIST]: () => page([]) });
  const main = await screen.findByRole("main");
  await screen.findByText("No run passes these filters");
  const [clear] = within(main).getAllByRole("button", { name: "Clear filters" }).slice(-1);
  if (clear) await userEvent.click(clear);
  expect(router.state.location.search).toEqual({});
});

it("says what went wrong and tries again", async () => {
  let answer: unknown = new Refusal(403, "This token opens nothing here.");
  renderApp("/", { [LIST]: () => answer });
  expect(await screen.findByRole("alert")).toHaveTextContent("This token opens nothing here.");
  answer = page([makeRun({ name: "there it is" })]);
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("link", { name: "there it is" })).toBeVisible();
});

it("offers to compare once two runs are chosen", async () => {
  renderApp("/", { [LIST]: () => page([makeRun({ id: "one", name: "first" }), makeRun({ id: "two", name: "second" })]) });
  await userEvent.click(await screen.findByRole("checkbox", { name: "Select first" }));
  const bar = screen.getByRole("toolbar", { name: "Selected runs" });
  expect(within(bar).getByRole("button", { name: "Compare" })).toBeDisabled();
  await userEvent.click(screen.getByRole("checkbox", { name: "Select second" }));
  expect(within(bar).getByRole("button", { name: "Compare" })).toBeEnabled();
});
