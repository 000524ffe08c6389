import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, expect, it, vi } from "vitest";

import { Refusal, renderApp } from "@/test/app";
import { makeRun } from "@/test/runs";

const LIST = "GET /api/v1/runs";

beforeAll(() => {
  // a wide screen, in both senses: cards are for narrow ones
  const matchMedia = (media: string) => ({
    matches: media.includes("min-width"),
    media,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  });
  Object.assign(window, { matchMedia });
  // jsdom lays nothing out: the frame of the table would have no height, and so no rows
  Object.defineProperty(Element.prototype, "clientHeight", { configurable: true, get: () => 800 });
  Object.defineProperty(Element.prototype, "clientWidth", { configurable: true, get: () => 1200 });
});

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

it("leaves a link to a view that holds nothing but the project as it is", async () => {
  const view = { id: "v", project: "default", name: "Mine", query: "project=default", owner: "ana", created_at: "", updated_at: "" };
  const { router } = renderApp("/?view=Mine&project=default", { [LIST]: two, "GET /api/v1/views": () => [view] });
  const navigated = vi.spyOn(router, "commitLocation");
  await screen.findByRole("button", { name: "Mine" });
  await screen.findByRole("link", { name: "first" });
  expect(navigated).not.toHaveBeenCalled();
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

const BULK = "POST /api/v1/runs/bulk";
const two = () => page([makeRun({ id: "one", name: "first" }), makeRun({ id: "two", name: "second" })]);

it("offers to compare once two runs are chosen, and says what a stop would do before it does", async () => {
  const bodies: { dry_run: boolean; runs: string[] }[] = [];
  const answer = async (request: Request) => {
    const body = (await request.clone().json()) as { dry_run: boolean; runs: string[] };
    bodies.push(body);
  };
  renderApp("/", {
    [LIST]: two,
    [BULK]: (request) => {
      void answer(request);
      const refused = { run_id: "two", name: "second", outcome: "refused", detail: "The run 'second' is completed: it cannot be stopped now." };
      return { results: [{ run_id: "one", name: "first", outcome: "done", detail: "stopping" }, refused], done: 1, unchanged: 0, refused: 1 };
    },
  });
  await userEvent.click(await screen.findByRole("checkbox", { name: "Select first" }));
  const bar = screen.getByRole("toolbar", { name: "Selected runs" });
  expect(within(bar).getByRole("button", { name: "Compare" })).toBeDisabled();
  await userEvent.click(screen.getByRole("checkbox", { name: "Select second" }));
  expect(within(bar).getByRole("button", { name: "Compare" })).toBeEnabled();
  await userEvent.click(within(bar).getByRole("button", { name: "Stop" }));
  const dialog = await screen.findByRole("dialog", { name: "Stop 2 runs?" });
  expect(await within(dialog).findByText(/1 run will be left as it is: it is completed/)).toBeVisible();
  await userEvent.click(within(dialog).getByRole("button", { name: "Stop 1 run" }));
  expect(await screen.findByText("1 run: done.")).toBeInTheDocument();
  expect(bodies.map((body) => body.dry_run)).toEqual([true, false]);
});

it("keeps order, columns and conditions in the URL", async () => {
  const columns = [{ name: "metric.reward.max", source: "metric", kind: "number", label: "reward max", description: "Largest.", unit: "" }];
  const { router, asked } = renderApp("/?where=seed=0&col=name,seed,metric.reward.max", {
    [LIST]: () => page([{ ...makeRun({ name: "first" }), values: { "metric.reward.max": 0.75 } }]),
    "GET /api/v1/runs/columns": () => columns,
  });
  expect(await screen.findByText("0.7500")).toBeVisible();
  const last = () => new URL(asked.filter((one) => one.url.includes("/runs?")).at(-1)?.url ?? "").searchParams;
  expect(last().getAll("column")).toEqual(["metric.reward.max"]);
  expect(last().getAll("where")).toEqual(["seed=0"]);
  await userEvent.click(screen.getByRole("button", { name: "reward max" }));
  expect(router.state.location.search).toMatchObject({ sort: "-metric.reward.max" });
  await userEvent.keyboard("{Shift>}");
  await userEvent.click(screen.getByRole("button", { name: /^Name/ }));
  await userEvent.keyboard("{/Shift}");
  screen.getByRole("separator", { name: "Width of Seed" }).focus();
  await userEvent.keyboard("{ArrowRight}");
  await userEvent.click(screen.getByRole("button", { name: "Remove Seed is 0" }));
  expect(router.state.location.search).toMatchObject({ width: "seed:98" });
  expect(router.state.location.search).not.toHaveProperty("where");
});
