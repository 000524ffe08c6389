/** What a link to the launch form says; defaults are left out. */
export interface LaunchSearch {
  /** Name of the preset to start from. */
  preset?: string;
  /** Id of the run to clone. */
  from?: string;
  /** Id of the dataset to train on. */
  dataset?: string;
  view?: "yaml";
  /** A grid of runs instead of one. */
  grid?: true;
}

/** Keeps what is well formed of a URL that anybody may have typed. */
export function validateLaunchSearch(search: Record<string, unknown>): LaunchSearch {
  const result: LaunchSearch = {};
  if (typeof search.from === "string" && /^[\w-]{1,64}$/.test(search.from)) result.from = search.from;
  else if (typeof search.dataset === "string" && /^[\w-]{1,64}$/.test(search.dataset)) result.dataset = search.dataset;
  else if (typeof search.preset === "string" && search.preset) result.preset = search.preset;
  if (search.view === "yaml") result.view = "yaml";
  if (search.grid === true || search.grid === "true") result.grid = true;
  return result;
}
