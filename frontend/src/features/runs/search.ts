import type { RunFilters } from "@/api/queries";
import type { RunStatus } from "@/api/types";

export const STATUSES: readonly RunStatus[] = [
  "queued",
  "starting",
  "running",
  "pausing",
  "paused",
  "stopping",
  "stopped",
  "completed",
  "failed",
  "lost",
];

export const SORTS = ["created_at", "name", "status", "last_reward", "last_pass_at_1", "step", "priority", "started_at", "finished_at"] as const;
export type SortField = (typeof SORTS)[number];

/** Filters and order of the run table, as the URL holds them; defaults are left out. */
export interface RunsSearch {
  q?: string;
  status?: RunStatus[];
  tag?: string[];
  algorithm?: string;
  project?: string;
  sort?: string;
  deleted?: boolean;
}

export const DEFAULT_SORT = "-created_at";

/** Keeps what is well formed of a URL that anybody may have typed. */
export function validateRunsSearch(search: Record<string, unknown>): RunsSearch {
  const result: RunsSearch = {};
  const statuses = list(search.status).filter((one): one is RunStatus => STATUSES.includes(one as RunStatus));
  const tags = list(search.tag);
  if (typeof search.q === "string" && search.q) result.q = search.q;
  if (statuses.length > 0) result.status = statuses;
  if (tags.length > 0) result.tag = tags;
  if (typeof search.algorithm === "string" && search.algorithm) result.algorithm = search.algorithm;
  if (typeof search.project === "string" && search.project) result.project = search.project;
  if (typeof search.sort === "string" && search.sort !== DEFAULT_SORT && isSort(search.sort)) result.sort = search.sort;
  if (search.deleted === true || search.deleted === "true") result.deleted = true;
  return result;
}

function list(value: unknown): string[] {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return [...new Set(values.filter((one): one is string => typeof one === "string" && one !== ""))];
}

function isSort(sort: string): boolean {
  return SORTS.some((field) => field === sort.replace(/^-/, ""));
}

/** The same as the API takes it. */
export function toFilters(search: RunsSearch): RunFilters {
  return { ...search, sort: search.sort ?? DEFAULT_SORT };
}

/** The order after a click on a column: first descending, names ascending, then the other way round. */
export function nextSort(current: string | undefined, field: SortField): string {
  const first = field === "name" || field === "status" ? field : `-${field}`;
  const other = first.startsWith("-") ? field : `-${field}`;
  return (current ?? DEFAULT_SORT) === first ? other : first;
}

/** Whether anything but the order is chosen. */
export function isFiltered(search: RunsSearch): boolean {
  return Object.keys(search).some((key) => key !== "sort");
}
