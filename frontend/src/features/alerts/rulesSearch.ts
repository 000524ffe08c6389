/** What a link to the rules says: a run, or a project (default the default one). */
export interface RulesSearch {
  run?: string;
  project?: string;
}

export function validateRulesSearch(search: Record<string, unknown>): RulesSearch {
  if (typeof search.run === "string" && search.run) return { run: search.run };
  if (typeof search.project === "string" && search.project && search.project !== "default") return { project: search.project };
  return {};
}
