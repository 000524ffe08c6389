/** An experiment as a comparison: its runs, with each configuration as a group. */

import type { Experiment } from "@/api/types";

import { type CompareSearch, type HandGroup, MAX_COMPARED, readCompareSearch, validateCompareSearch, writeGroup } from "../compare/search";

export interface ComparedRuns {
  runs: string[];
  groups: HandGroup[];
}

/** The runs that can be compared at once, by configuration. */
export function comparedOf(experiment: Experiment): ComparedRuns {
  const there = experiment.cells.map((cell) => ({
    label: cell.label,
    ids: cell.runs.filter((run) => !run.deleted).map((run) => run.run_id),
  }));
  const runs = there.flatMap((cell) => cell.ids).slice(0, MAX_COMPARED);
  const groups = there
    .map(({ label, ids }) => ({ label, ids: ids.filter((id) => runs.includes(id)) }))
    .filter(({ ids }) => ids.length > 0);
  return { runs, groups };
}

/** The view that the URL asks for; without a word on groups they are the configurations. */
export function comparedSearch(params: Record<string, unknown>, { runs, groups }: ComparedRuns): CompareSearch {
  const own = params.by === undefined || (params.by === "hand" && params.group === undefined);
  return readCompareSearch(
    validateCompareSearch({
      ...params,
      runs: runs.join(","),
      ...(own ? { by: "hand", group: groups.map(writeGroup) } : {}),
    }),
  );
}
