import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";

import type { Alert, Rule } from "@/api/types";
import { renderApp } from "@/test/app";
import { makeFullRun } from "@/test/runs";

const user = userEvent.setup({ pointerEventsCheck: 0 });
const RUN = "abcdefghjkmn";

const alert = (changes: Partial<Alert> = {}): Alert => ({
  id: 1,
  run_id: RUN,
  run_name: "Run",
  project: "default",
  rule: "kl-blowup",
  name: "KL blow-up",
  metric: "kl",
  active: true,
  step: 103,
  last_step: 120,
  value: 1.8,
  sentence: "kl was 1.8 at step 120: above 1, since step 103.",
  advice: "Lower the learning rate.",
  paused: true,
  occurrences: 2,
  first_at: "2026-11-24T09:00:00Z",
  last_at: "2026-11-24T09:01:00Z",
  resolved_at: null,
  acknowledged_at: null,
  acknowledged_by: null,
  ...changes,
});

const rule = (changes: Partial<Rule> = {}): Rule => ({
  key: "kl-blowup",
  name: "KL blow-up",
  condition: { kind: "threshold", metric: "kl", op: ">", value: 1, reports: 3 },
  action: "notify",
  enabled: true,
  advice: "Lower the learning rate.",
  origin: "built-in",
  built_in: true,
  words: "kl is above 1 in 3 reports in a row.",
  ...changes,
});

describe("the run page", () => {
  it("shows alerts, and those that are over or known behind a button", async () => {
    let acknowledged = false;
    renderApp(`/runs/${RUN}`, {
      [`GET /api/v1/runs/${RUN}`]: () => makeFullRun({ id: RUN, alerts: ["KL blow-up"] }),
      [`GET /api/v1/runs/${RUN}/alerts`]: () => [
        alert({ acknowledged_at: acknowledged ? "2026-11-24T09:02:00Z" : null, acknowledged_by: acknowledged ? "ana" : null }),
        alert({ id: 2, rule: "not-finite", name: "NaN", active: false, sentence: "loss was NaN." }),
      ],
      [`POST /api/v1/runs/${RUN}/alerts/kl-blowup/acknowledge`]: () => {
        acknowledged = true;
        return alert();
      },
    });
    const card = await screen.findByRole("article", { name: "KL blow-up" });
    expect(card).toHaveTextContent("kl was 1.8 at step 120");
    expect(card).toHaveTextContent("paused the run");
    expect(screen.queryByRole("article", { name: "NaN" })).not.toBeInTheDocument();
    await user.click(within(card).getByRole("button", { name: "Acknowledge" }));
    await user.click(await screen.findByRole("button", { name: "2 earlier alerts" }));
    expect(screen.getByRole("article", { name: "KL blow-up" })).toHaveTextContent("acknowledged by ana");
  });
});

describe("telling when a run ends", () => {
  beforeEach(() => localStorage.clear());

  const open = () =>
    renderApp(`/runs/${RUN}`, {
      [`GET /api/v1/runs/${RUN}`]: () => makeFullRun({ id: RUN }),
      [`GET /api/v1/runs/${RUN}/alerts`]: () => [],
    });

  it("asks the browser only after a click, and says when it refuses", async () => {
    const requestPermission = vi.fn(() => Promise.resolve("denied"));
    vi.stubGlobal("Notification", { permission: "default", requestPermission });
    open();
    const button = await screen.findByRole("button", { name: "Tell me when this ends" });
    expect(requestPermission).not.toHaveBeenCalled();
    await user.click(button);
    expect(requestPermission).toHaveBeenCalledOnce();
    expect(await screen.findByText(/does not allow notifications/)).toBeVisible();
    expect(button).toHaveAttribute("aria-pressed", "false");
  });
});

describe("the rules page", () => {
  it("switches, edits and resets a rule", async () => {
    const sent: unknown[] = [];
    let current = rule();
    renderApp("/rules", {
      "GET /api/v1/metrics/registry": () => ({ groups: [], metrics: [] }),
      "GET /api/v1/projects/default/rules": () => [current],
      "PUT /api/v1/projects/default/rules/kl-blowup": async (request: Request) => {
        const body = (await request.clone().json()) as Partial<Rule>;
        sent.push(body);
        current = rule({ ...body, origin: "project" });
        return current;
      },
      "DELETE /api/v1/projects/default/rules/kl-blowup": () => {
        current = rule();
        return {};
      },
    });
    await user.click(await screen.findByRole("switch", { name: "KL blow-up" }));
    await waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]).toMatchObject({ enabled: false, condition: { value: 1 } });
    await user.click(screen.getByRole("button", { name: "Edit KL blow-up" }));
    const value = screen.getByLabelText("Value");
    await user.clear(value);
    await user.type(value, "2.5");
    await user.click(screen.getByRole("switch", { name: /Pause the run/ }));
    await user.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(sent[1]).toMatchObject({ action: "pause", condition: { value: 2.5, reports: 3 } }));
    await user.click(await screen.findByRole("button", { name: "Undo the changes of KL blow-up" }));
    expect(await screen.findByText("built in")).toBeVisible();
  });
});
