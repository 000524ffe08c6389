/** Which completions of a step are shown. */

import type { Completion, RolloutGroup } from "@/api/types";

export type Mark = "correct" | "wrong" | "truncated" | "unscored";
export const FILTERS = ["all", "correct", "wrong", "truncated", "nosignal"] as const;
export type Filter = (typeof FILTERS)[number];

export const FILTER_LABELS: Record<Filter, string> = {
  all: "All",
  correct: "Correct",
  wrong: "Wrong",
  truncated: "Truncated",
  nosignal: "No signal",
};

/** The marks of a completion, most telling first. */
export function marksOf(completion: Completion): Mark[] {
  const verdict: Mark = completion.reward === null ? "unscored" : completion.correct ? "correct" : "wrong";
  return completion.truncated ? [verdict, "truncated"] : [verdict];
}

export interface ShownGroup {
  group: RolloutGroup;
  /** Positions of the completions that are shown. */
  shown: number[];
}

/** Groups with the completions that pass filter and search; a text in the prompt shows the whole group. */
export function filterGroups(groups: RolloutGroup[], filter: Filter, query: string): ShownGroup[] {
  const needle = query.trim().toLowerCase();
  return groups
    .filter((group) => filter !== "nosignal" || !group.has_signal)
    .map((group) => {
      const inPrompt = [group.prompt, group.answer, group.prompt_id].some((text) => text.toLowerCase().includes(needle));
      const shown = group.completions.flatMap((completion, index) => {
        const found = inPrompt || completion.text.toLowerCase().includes(needle);
        return found && passes(completion, filter) ? [index] : [];
      });
      return { group, shown };
    })
    .filter(({ shown }) => shown.length > 0);
}

function passes(completion: Completion, filter: Filter): boolean {
  switch (filter) {
    case "all":
    case "nosignal":
      return true;
    case "correct":
      return completion.correct;
    case "wrong":
      return !completion.correct && completion.reward !== null;
    case "truncated":
      return completion.truncated;
  }
}

/** How many completions each filter would show. */
export function filterCounts(groups: RolloutGroup[]): Record<Filter, number> {
  const count = (filter: Filter) => filterGroups(groups, filter, "").reduce((sum, { shown }) => sum + shown.length, 0);
  return {
    all: count("all"),
    correct: count("correct"),
    wrong: count("wrong"),
    truncated: count("truncated"),
    nosignal: count("nosignal"),
  };
}
