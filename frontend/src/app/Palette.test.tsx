import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import { renderApp } from "@/test/app";
import { makeRun } from "@/test/runs";

const run = makeRun({ id: "abcdefghjkmn", name: "the one looked for", tags: ["nightly"] });

function setUp() {
  const user = userEvent.setup();
  const shown = renderApp("/workers", {
    "GET /api/v1/workers": () => [],
    "GET /api/v1/queue": () => [],
    "GET /api/v1/runs": (request) => {
      const fits = (new URL(request.url).searchParams.get("q") ?? "").split(" ").every((word) => "the one looked for".includes(word));
      return { items: fits ? [run] : [], next_cursor: null, total: fits ? 1 : 0 };
    },
    "GET /api/v1/runs/abcdefghjkmn": () => run,
  });
  return { user, ...shown };
}

it("finds runs on the server and opens one", async () => {
  const { user, router, asked } = setUp();
  await screen.findByRole("heading", { name: "Workers" });
  await user.keyboard("{Control>}k{/Control}");
  await user.type(await screen.findByRole("combobox", { name: /What to do/ }), "looked");
  await waitFor(() => expect(asked.some(({ url }) => url.includes("q=looked"))).toBe(true));
  const option = await screen.findByRole("option", { name: /the one looked for/, selected: true });
  expect(option).toHaveTextContent("abcdefgh · nightly");
  await user.keyboard("{Enter}");
  await waitFor(() => expect(router.state.location.pathname).toBe("/runs/abcdefghjkmn"));
  expect(screen.queryByRole("combobox", { name: /What to do/ })).not.toBeInTheDocument();
});

it("goes to pages, and lists the keys from the same registry", async () => {
  const { user, router } = setUp();
  await screen.findByRole("heading", { name: "Workers" });
  await user.keyboard("?");
  const dialog = await screen.findByRole("dialog", { name: "Keyboard shortcuts" });
  expect(dialog).toHaveTextContent("Go to ProjectsGthenP");
  await user.keyboard("{Escape}");
  await user.keyboard("{Control>}k{/Control}");
  await user.type(await screen.findByRole("combobox", { name: /What to do/ }), "go proj");
  await user.click(await screen.findByRole("option", { name: /Go to Projects/ }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/projects"));
  await user.keyboard("gw");
  await waitFor(() => expect(router.state.location.pathname).toBe("/workers"));
});

it("turns single keys off for those who speak their input", async () => {
  const { user, router } = setUp();
  await screen.findByRole("heading", { name: "Workers" });
  await user.keyboard("?");
  await user.click(await screen.findByRole("switch", { name: "Single keys do something" }));
  await user.keyboard("{Escape}");
  await user.keyboard("gp");
  await user.keyboard("{Control>}k{/Control}");
  await screen.findByRole("combobox", { name: /What to do/ });
  expect(router.state.location.pathname).toBe("/workers");
  localStorage.clear();
});
