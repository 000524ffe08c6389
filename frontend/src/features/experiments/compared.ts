/** An experiment as a comparison of all its runs. */

import type { Experiment } from "@/api/types";

import { type CompareSearch, readCompareSearch, validateCompareSearch } from "../compare/search";
import { lastPart } from "../launch/fieldNames";

/** Runs of one experiment, as the server allows them. */
const MOST_RUNS = 500;

/** Ids of its runs that are not deleted, by configuration. */
export function runsOf({ cells }: Experiment): string[] {
  return cells.flatMap((cell) => cell.runs.filter((run) => !run.deleted).map((run) => run.run_id));
}

/** The view that the URL asks for; without a word on groups the server groups by configuration. */
export function comparedSearch(params: Record<string, unknown>, experiment: string, runs: readonly string[]): CompareSearch {
  const search = readCompareSearch(validateCompareSearch({ ...params, runs: runs.join(",") }, MOST_RUNS), MOST_RUNS);
  return { ...search, experiment };
}

/** `algorithm × learning_rate`: what its configurations differ in. */
export function axesText(fields: readonly string[]): string {
  return fields.map(lastPart).join(" × ");
}
