// Query options: one place for keys, so that whoever changes something knows what to invalidate.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import { api, unwrap } from "./client";
import type { operations } from "./schema";
import type { CurvesQuery, SeriesQuery } from "./types";

export type RunFilters = Omit<NonNullable<operations["list_runs"]["parameters"]["query"]>, "cursor" | "limit" | "offset" | "column">;

export const keys = {
  runs: ["runs"] as const,
  run: (id: string) => ["run", id] as const,
  experiments: ["experiments"] as const,
  datasets: ["datasets"] as const,
  views: ["views"] as const,
};

/** Why a run waits depends on workers, of which its stream does not tell. */
const QUEUED_MS = 10_000;
/** Columns of metrics are not in the stream of all runs either. */
const LIVE_MS = 5000;

export const me = () =>
  queryOptions({ queryKey: ["me"], queryFn: () => unwrap(api.GET("/api/v1/auth/me")), staleTime: Infinity });

export const runList = (filters: RunFilters, limit = 100) =>
  infiniteQueryOptions({
    queryKey: [...keys.runs, filters, limit],
    queryFn: ({ pageParam, signal }) =>
      unwrap(api.GET("/api/v1/runs", { params: { query: { ...filters, limit, cursor: pageParam } }, signal })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.items.some((item) => item.status === "queued")) ? QUEUED_MS : false,
  });

/** Rows of the run table from `offset` on, with the columns that not every row has. */
export const runPage = (filters: RunFilters, column: readonly string[], offset: number, limit: number) =>
  queryOptions({
    queryKey: [...keys.runs, "page", filters, column, offset, limit],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/runs", { params: { query: { ...filters, column: [...column], offset, limit } }, signal })),
    refetchInterval: ({ state }) => {
      const items = state.data?.items ?? [];
      if (column.length > 0 && items.some((item) => item.status === "running")) return LIVE_MS;
      return items.some((item) => item.status === "queued") ? QUEUED_MS : false;
    },
  });

export const runGroups = (filters: RunFilters, by: readonly string[], column: readonly string[]) =>
  queryOptions({
    queryKey: [...keys.runs, "groups", filters, by, column],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/runs/groups", { params: { query: { ...filters, by: [...by], column: [...column], limit: 1000 } }, signal })),
    placeholderData: keepPreviousData,
  });

/** The ids of runs that match, in order. */
export const runIds = (filters: RunFilters, limit: number) =>
  queryOptions({
    queryKey: ["run-ids", filters, limit],
    queryFn: () => unwrap(api.GET("/api/v1/runs/ids", { params: { query: { ...filters, limit } } })),
    staleTime: 0,
  });

export const runColumns = () =>
  queryOptions({ queryKey: ["run-columns"], queryFn: () => unwrap(api.GET("/api/v1/runs/columns")), staleTime: 60_000 });

export const columnValues = (column: string, filters: RunFilters = {}) =>
  queryOptions({
    queryKey: ["run-columns", column, filters],
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/runs/columns/values", { params: { query: { ...filters, column } }, signal })),
    staleTime: 30_000,
  });

export const savedViews = (project: string) =>
  queryOptions({
    queryKey: [...keys.views, project],
    queryFn: () => unwrap(api.GET("/api/v1/views", { params: { query: { project } } })),
  });

export const run = (runId: string) =>
  queryOptions({
    queryKey: keys.run(runId),
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/runs/{run_id}", { params: { path: { run_id: runId } }, signal })),
    refetchInterval: ({ state }) => (state.data?.status === "queued" ? QUEUED_MS : false),
  });

export const timeline = (runId: string) =>
  queryOptions({
    queryKey: [...keys.run(runId), "timeline"],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/runs/{run_id}/timeline", { params: { path: { run_id: runId } }, signal })),
  });

export const runUsage = (runId: string) =>
  queryOptions({
    queryKey: [...keys.run(runId), "usage"],
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/runs/{run_id}/usage", { params: { path: { run_id: runId } }, signal })),
  });

export const checkpoints = (runId: string) =>
  queryOptions({
    queryKey: [...keys.run(runId), "checkpoints"],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/runs/{run_id}/checkpoints", { params: { path: { run_id: runId } }, signal })),
  });

export const jobs = (runId: string) =>
  queryOptions({
    queryKey: [...keys.run(runId), "jobs"],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/runs/{run_id}/jobs", { params: { path: { run_id: runId } }, signal })),
  });

export const job = (jobId: string) =>
  queryOptions({
    queryKey: ["job", jobId],
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/jobs/{job_id}", { params: { path: { job_id: jobId } }, signal })),
  });

export const rolloutSteps = (runId: string) =>
  queryOptions({
    queryKey: [...keys.run(runId), "rollouts"],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/runs/{run_id}/rollouts", { params: { path: { run_id: runId } }, signal })),
  });

export const rollouts = (runId: string, step: number) =>
  queryOptions({
    queryKey: [...keys.run(runId), "rollouts", step],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/runs/{run_id}/rollouts/{step}", { params: { path: { run_id: runId, step } }, signal })),
    staleTime: 60_000,
  });

/** One group of a step. */
export const rolloutGroup = (runId: string, step: number, index: number) =>
  queryOptions({
    queryKey: [...keys.run(runId), "rollouts", step, index],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/runs/{run_id}/rollouts/{step}", { params: { path: { run_id: runId, step }, query: { index } }, signal })),
    staleTime: 60_000,
  });

export const rolloutDistributions = (runId: string) =>
  queryOptions({
    queryKey: [...keys.run(runId), "rollouts", "distributions"],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/runs/{run_id}/rollout-distributions", { params: { path: { run_id: runId } }, signal })),
  });

export const prompts = (runId: string) =>
  queryOptions({
    queryKey: [...keys.run(runId), "rollouts", "prompts"],
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/runs/{run_id}/prompts", { params: { path: { run_id: runId } }, signal })),
  });

export const promptHistory = (runId: string, promptId: string) =>
  queryOptions({
    queryKey: [...keys.run(runId), "rollouts", "prompt", promptId],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/v1/runs/{run_id}/prompts/history", {
          params: { path: { run_id: runId }, query: { prompt_id: promptId } },
          signal,
        }),
      ),
  });

export const runAlerts = (runId: string) =>
  queryOptions({
    queryKey: [...keys.run(runId), "alerts"],
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/runs/{run_id}/alerts", { params: { path: { run_id: runId } }, signal })),
  });

/** Whose rules: a run's, or a project's. */
export type RulesPlace = { run: string } | { project: string };

export const rules = (place: RulesPlace) =>
  queryOptions({
    queryKey: ["rules", place],
    queryFn: ({ signal }) =>
      "run" in place
        ? unwrap(api.GET("/api/v1/runs/{run_id}/rules", { params: { path: { run_id: place.run } }, signal }))
        : unwrap(api.GET("/api/v1/projects/{name}/rules", { params: { path: { name: place.project } }, signal })),
  });

export const runMetrics = (runId: string) =>
  queryOptions({
    queryKey: [...keys.run(runId), "metrics"],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/runs/{run_id}/metrics", { params: { path: { run_id: runId } }, signal })),
  });

export const registry = () =>
  queryOptions({
    queryKey: ["registry"],
    queryFn: () => unwrap(api.GET("/api/v1/metrics/registry")),
    staleTime: Infinity,
  });

export const series = (query: SeriesQuery) =>
  queryOptions({
    queryKey: ["series", query],
    queryFn: ({ signal }) => unwrap(api.POST("/api/v1/metrics/query", { body: query, signal })),
    placeholderData: keepPreviousData,
  });

export interface ComparisonView {
  runs: readonly string[];
  /** Whose runs these are: then the server takes all of them, however many. */
  experiment: string | undefined;
  group_by: string;
  /** `LABEL:ID,ID`, once a group. */
  group: readonly string[];
  baseline: string | undefined;
}

/** The query of a comparison, as its routes take it. */
export const comparisonParams = ({ runs, experiment, group_by, group, baseline }: ComparisonView) => ({
  ...(experiment ? { experiment } : { runs: runs.join(",") }),
  group_by,
  ...(group.length > 0 ? { group: [...group] } : {}),
  ...(baseline ? { baseline } : {}),
});

export const comparison = (view: ComparisonView) =>
  queryOptions({
    queryKey: ["comparison", view],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/compare", { params: { query: { ...comparisonParams(view), partial: true } }, signal })),
    placeholderData: keepPreviousData,
  });

export const curves = (query: CurvesQuery) =>
  queryOptions({
    queryKey: ["curves", query],
    queryFn: ({ signal }) => unwrap(api.POST("/api/v1/compare/curves", { body: query, signal })),
    placeholderData: keepPreviousData,
  });

export const experimentList = (query: { q?: string; deleted?: boolean }) =>
  infiniteQueryOptions({
    queryKey: [...keys.experiments, "list", query],
    queryFn: ({ pageParam, signal }) =>
      unwrap(api.GET("/api/v1/experiments", { params: { query: { ...query, cursor: pageParam } }, signal })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
    refetchInterval: 5000,
  });

export const experiment = (id: string) =>
  queryOptions({
    queryKey: [...keys.experiments, id],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/experiments/{experiment_id}", { params: { path: { experiment_id: id } }, signal })),
  });

export const datasets = () =>
  queryOptions({ queryKey: keys.datasets, queryFn: () => unwrap(api.GET("/api/v1/datasets")) });

export const dataset = (id: string) =>
  queryOptions({
    queryKey: [...keys.datasets, id],
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/datasets/{dataset_id}", { params: { path: { dataset_id: id } }, signal })),
  });

export const projects = () =>
  queryOptions({ queryKey: ["projects"], queryFn: () => unwrap(api.GET("/api/v1/projects")) });

export const project = (name: string) =>
  queryOptions({
    queryKey: ["projects", name],
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/projects/{name}", { params: { path: { name } }, signal })),
  });

export const configSchema = () =>
  queryOptions({
    queryKey: ["config-schema"],
    queryFn: () => unwrap(api.GET("/api/v1/config/schema")),
    staleTime: Infinity,
  });

export const presets = () =>
  queryOptions({
    queryKey: ["presets"],
    queryFn: () => unwrap(api.GET("/api/v1/config/presets")),
    staleTime: Infinity,
  });

export const workers = () =>
  queryOptions({ queryKey: ["workers"], queryFn: () => unwrap(api.GET("/api/v1/workers")), refetchInterval: 5000 });

export const queue = () =>
  queryOptions({ queryKey: ["queue"], queryFn: () => unwrap(api.GET("/api/v1/queue")), refetchInterval: 5000 });
