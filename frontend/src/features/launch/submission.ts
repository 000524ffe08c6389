/** What a launch sends: one body a seed, each with the idempotency key of its submission. */

import { randomKey } from "@/lib/randomKey";

import type { LaunchDetails, Origin } from "./draft";
import type { FieldProblem } from "./check";
import { axesOf, checkAxes, experimentName, type GridAxis } from "./grid";
import { parseSeeds } from "./seeds";
import type { JsonObject } from "./schema";

export interface LaunchBody {
  config: JsonObject;
  name: string | null;
  project: string;
  tags: string[];
  notes: string;
  priority: number;
  preset: string | null;
  parent_run_id: string | null;
}

/** The bodies to send, in the order of seeds. Call only when `checkDetails` found nothing. */
export function launchBodies(config: JsonObject, details: LaunchDetails, origin: Origin): LaunchBody[] {
  const seeds = parseSeeds(details.seeds).seeds ?? [];
  const several = seeds.length > 1;
  const name = details.name.trim();
  const tags = several && details.groupTag.trim() ? [...details.tags, details.groupTag.trim()] : details.tags;
  const body = (seed: number | null): LaunchBody => ({
    config: seed === null ? config : { ...config, seed },
    name: name === "" ? null : several ? `${name} seed ${seed}` : name,
    project: details.project.trim() || "default",
    tags: [...new Set(tags)],
    notes: details.notes,
    priority: Number(details.priority),
    preset: origin.kind === "preset" ? origin.id : null,
    parent_run_id: origin.kind === "run" ? origin.id : null,
  });
  return seeds.length === 0 ? [body(null)] : seeds.map((seed) => body(seed));
}

export interface ExperimentBody extends LaunchBody {
  name: string;
  axes: GridAxis[];
  seeds: number[];
}

/** The body that launches a grid. Call only when `checkDetails` found nothing. */
export function experimentBody(config: JsonObject, details: LaunchDetails, origin: Origin, title: string): ExperimentBody {
  const [body] = launchBodies(config, { ...details, seeds: "" }, origin);
  if (!body) throw new Error("A launch has at least one body.");
  return {
    ...body,
    name: details.name.trim() || experimentName(title, details.axes),
    axes: axesOf(details.axes),
    seeds: parseSeeds(details.gridSeeds).seeds ?? [],
  };
}

/** Problems of what stands beside the configuration, by the name of its field. */
export function checkDetails(details: LaunchDetails, grid = false): FieldProblem[] {
  const problems: FieldProblem[] = grid ? checkAxes(details.axes) : [];
  const add = (path: string, message: string, remedy: string) => problems.push({ path, message, remedy });
  const priority = details.priority.trim();
  if (!/^[-+]?\d+$/.test(priority) || Math.abs(Number(priority)) > 100) {
    add("priority", "is not a whole number from -100 to 100", "Use 0 unless the run must jump the queue.");
  }
  if (details.name.trim().length > 190) add("name", "is too long", "Use at most 190 characters.");
  if (details.notes.length > 20_000) add("notes", "are too long", "Use at most 20,000 characters.");
  const project = details.project.trim();
  if (project && !/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(project)) {
    add("project", "has characters that are not allowed", "Use letters, digits, dots, dashes and underscores.");
  }
  const long = details.tags.find((tag) => tag.length > 60);
  if (long !== undefined) add("tags", `"${long.slice(0, 20)}…" is too long`, "Use at most 60 characters a tag.");
  if (details.tags.length > 49) add("tags", "are too many", "Use at most 49.");
  const { error } = parseSeeds(grid ? details.gridSeeds : details.seeds);
  if (error !== null) add("seeds", error, "");
  return problems;
}

/**
 * Keys of a submission, one a body. The same bodies keep their keys until they were all accepted, so
 * that neither a double click nor a retry after a lost answer launches a run twice.
 */
export class SubmissionKeys {
  private readonly keys = new Map<string, string>();

  keyOf(body: LaunchBody | ExperimentBody): string {
    const text = JSON.stringify(body);
    const key = this.keys.get(text) ?? randomKey();
    this.keys.set(text, key);
    return key;
  }

  clear(): void {
    this.keys.clear();
  }
}
