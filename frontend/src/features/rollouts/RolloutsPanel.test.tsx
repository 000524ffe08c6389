import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import type { Completion, Run } from "@/api/types";
import { renderApp } from "@/test/app";
import { makeFullRun } from "@/test/runs";

const user = userEvent.setup({ pointerEventsCheck: 0 });
const RUN = "abcdefghjkmn";

function completion(correct: boolean): Completion {
  return {
    text: correct ? "6*7=42" : "6*7=41",
    tokens: ["6*7", "=", correct ? "42" : "41"],
    token_ids: [1, 2, 3],
    entropy: [0.5, 0.25, 1],
    weight: correct ? [1, 1, 1] : [0.8, 0.7, 0.4],
    logprob: [-0.1, -0.2, -1],
    reward: Number(correct),
    rewards: { exact: Number(correct) },
    advantage: correct ? 0.7 : -0.7,
    truncated: false,
    correct,
  };
}

const step = (at: number) => ({ step: at, groups: 1, reward_mean: 0.5, completions: 2, with_signal: 1 });

function open(path: string, { steps = [10, 20], run = {} }: { steps?: number[]; run?: Partial<Run> } = {}) {
  const answer = (at: number) => () => ({
    run_id: RUN,
    step: at,
    groups: [
      {
        step: at,
        index: 0,
        prompt_id: `problem-${at}`,
        prompt: "6*7=",
        answer: "42",
        completions: [completion(true), completion(false)],
        reward_mean: 0.5,
        reward_std: 0.7,
        has_signal: true,
      },
    ],
  });
  return renderApp(path, {
    [`GET /api/v1/runs/${RUN}`]: () => makeFullRun({ id: RUN, config: { logging: { rollout_steps: 10 } }, ...run }),
    [`GET /api/v1/runs/${RUN}/rollouts`]: () => steps.map(step),
    [`GET /api/v1/runs/${RUN}/rollouts/10`]: answer(10),
    [`GET /api/v1/runs/${RUN}/rollouts/20`]: answer(20),
  });
}

const tokens = async () => (await screen.findAllByRole("listbox"))[0] as HTMLElement;

describe("RolloutsPanel", () => {
  it("follows the newest step until another is chosen", async () => {
    const { router } = open(`/runs/${RUN}?tab=rollouts`);
    expect(await screen.findByText("problem-20")).toBeVisible();
    expect(screen.getByRole("switch", { name: "Follow newest" })).toBeChecked();
    await user.click(screen.getByRole("button", { name: "Earlier rollouts" }));
    expect(await screen.findByText("problem-10")).toBeVisible();
    expect(router.state.location.searchStr).toContain("step=10");
    expect(screen.getByRole("switch", { name: "Follow newest" })).not.toBeChecked();
  });

  it("shows a token's values to the keyboard", async () => {
    open(`/runs/${RUN}?tab=rollouts&find=41`);
    (await tokens()).focus();
    await user.keyboard("{End}");
    const tip = within(screen.getByText("3 of 3").closest<HTMLElement>("[role=status]") ?? document.body);
    expect(tip.getByText("1 nats")).toBeVisible();
    expect(tip.getByText("0.4")).toBeVisible();
    expect(tip.getByText("−0.28")).toBeVisible();
    await user.keyboard("{Escape}");
    expect(screen.queryByText("3 of 3")).not.toBeInTheDocument();
  });

  it("shades by what is chosen and says on which scale", async () => {
    const { router } = open(`/runs/${RUN}?tab=rollouts`);
    await tokens();
    await user.click(screen.getByText("Advantage × weight"));
    await waitFor(() => expect(router.state.location.searchStr).toContain("shade=credit"));
    expect(await screen.findByText("0.7", { selector: "span" })).toBeVisible();
    expect(screen.getByText(/^What the update pushes/)).toBeVisible();
  });

  it("filters by verdict and text", async () => {
    open(`/runs/${RUN}?tab=rollouts`);
    await tokens();
    await user.click(screen.getByText("Wrong 1"));
    await waitFor(() => expect(screen.getAllByRole("listbox")).toHaveLength(1));
    await user.type(screen.getByLabelText("Search prompts and completions"), "nothing");
    expect(await screen.findByText("No completion of this step is like that")).toBeVisible();
    await user.click(screen.getByText("Show all"));
    await waitFor(() => expect(screen.getAllByRole("listbox")).toHaveLength(2));
  });

  it("says when the first come", async () => {
    open(`/runs/${RUN}?tab=rollouts`, { steps: [] });
    expect(await screen.findByText(/every 10 steps/)).toBeVisible();
  });
});
