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

const column = (at: number) => ({
  first_step: at,
  last_step: at,
  completions: 2,
  correct: 1,
  truncated: 0,
  reward: { min: 0, q1: 0, median: 0.5, q3: 1, max: 1, mean: 0.5 },
  length: { min: 3, q1: 3, median: 3, q3: 3, max: 3, mean: 3 },
  rewards: [1, 1],
  lengths: [2],
});

const appearance = (at: number) => ({
  step: at,
  index: 0,
  completions: 2,
  correct: 1,
  truncated: 0,
  reward_mean: 0.5,
  mean_length: 3,
  has_signal: true,
});

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
    [`GET /api/v1/runs/${RUN}/rollout-distributions`]: () => ({
      run_id: RUN,
      reward_bins: [
        { low: 0, high: 0 },
        { low: 1, high: 1 },
      ],
      length_bins: [{ low: 3, high: 3 }],
      columns: steps.map(column),
    }),
    [`GET /api/v1/runs/${RUN}/prompts`]: () => [
      { prompt_id: "problem-10", steps: 2, first_step: 10, last_step: 20, first_reward: 0.5, last_reward: 0.5 },
    ],
    [`GET /api/v1/runs/${RUN}/prompts/history`]: () => ({ run_id: RUN, prompt_id: "problem-10", appearances: steps.map(appearance) }),
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

  it("shows distributions of all steps, and those of the step that is shown in words", async () => {
    open(`/runs/${RUN}?tab=rollouts`);
    expect(await screen.findByText("Step 20: 2 completions, reward 0.5 (0 to 1), 3 tokens (3 to 3), 50 % correct, 0 % truncated")).toBeVisible();
    expect(screen.getByRole("list", { name: "Reward: share of completions" })).toHaveTextContent("0: 50 %1: 50 %");
  });

  it("follows one prompt across training, and goes back", async () => {
    const { router } = open(`/runs/${RUN}?tab=rollouts&step=10`);
    await user.click(await screen.findByRole("link", { name: "Follow this prompt" }));
    expect(await screen.findByRole("region", { name: "Step 10" })).toBeVisible();
    expect(screen.getByRole("region", { name: "Step 20" })).toBeVisible();
    expect(router.state.location.searchStr).toContain("prompt=problem-10");
    await waitFor(() => expect(screen.getAllByRole("listbox")).toHaveLength(4));
    await user.click(screen.getByRole("button", { name: "All prompts of a step" }));
    expect(await screen.findByRole("slider", { name: "Step of the rollouts" })).toBeVisible();
  });

  it("goes through steps and shades by key, and links to a group", async () => {
    const { router } = open(`/runs/${RUN}?tab=rollouts`);
    await tokens();
    await user.keyboard("[[");
    await waitFor(() => expect(router.state.location.searchStr).toContain("step=10"));
    await user.keyboard("s");
    await waitFor(() => expect(router.state.location.searchStr).toContain("shade=weight"));
    await user.click(await screen.findByRole("link", { name: "Group 1" }));
    await waitFor(() => expect(router.state.location.searchStr).toContain("group=0"));
  });

  it("says when the first come", async () => {
    open(`/runs/${RUN}?tab=rollouts`, { steps: [] });
    expect(await screen.findByText(/every 10 steps/)).toBeVisible();
  });
});
