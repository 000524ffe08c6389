import { useQuery } from "@tanstack/react-query";

import { api, unwrap } from "@/api/client";
import { configSchema, dataset as datasetQuery, presets as presetsQuery, run as runQuery } from "@/api/queries";
import type { DatasetDetail, Preset } from "@/api/types";

import { emptyDetails, type LaunchDetails, type Origin } from "./draft";
import { compileSchema, type JsonObject, type JsonSchema, type SectionNode } from "./schema";
import { asRunConfig } from "./useValidation";
import type { LaunchSearch } from "./search";

/** Everything the form needs before it can be drawn. */
export interface Start {
  root: SectionNode;
  presets: readonly Preset[];
  origin: Origin;
  /** The configuration the form starts from, with every default filled in. */
  config: JsonObject;
  details: LaunchDetails;
  /** Said above the form, such as which run is cloned. */
  title: string;
}

export interface StartState {
  start: Start | null;
  /** Null while they are being read. */
  presets: readonly Preset[] | null;
  error: Error | null;
  retry: () => void;
}

const form = () => ({
  ...configSchema(),
  select: (schema: unknown) => compileSchema(schema as JsonSchema),
});

/** The server's own defaults: some are made by it and do not stand in the schema. */
const defaults = () => ({
  queryKey: ["config-defaults"],
  queryFn: () => unwrap(api.POST("/api/v1/config/validate", { body: asRunConfig({}) })),
  staleTime: Infinity,
});

/** A model for any machine, which every dataset of texts can begin with. */
const DATASET_PRESET = "smollm2-addition";

function dataOf(dataset: DatasetDetail): JsonObject {
  const { sha256, prompt_column, answer_column } = dataset;
  return { kind: "jsonl", dataset: sha256, prompt_column, answer_column };
}

/** The start that the URL asks for: a preset, a run to clone, or the defaults. */
export function useStart(search: LaunchSearch): StartState {
  const root = useQuery(form());
  const presets = useQuery(presetsQuery());
  const plain = useQuery({ ...defaults(), enabled: !search.preset && !search.from && !search.dataset });
  const data = useQuery({ ...datasetQuery(search.dataset ?? ""), enabled: search.dataset !== undefined });
  const source = useQuery({ ...runQuery(search.from ?? ""), enabled: search.from !== undefined });
  const queries = [root, presets, ...(search.from ? [source] : search.dataset ? [data] : search.preset ? [] : [plain])];
  const failed = queries.find((query) => query.error !== null);
  const retry = () => {
    for (const query of queries) if (query.error) void query.refetch();
  };
  const all = presets.data ?? [];
  const state = { presets: presets.data ?? null, error: failed?.error ?? null, retry };
  if (!root.data || !presets.data) return { ...state, start: null };
  const shared = { root: root.data, presets: all };
  if (search.preset) {
    const preset = all.find((one) => one.name === search.preset);
    if (!preset) return { ...state, start: null, error: new Error(`There is no preset "${search.preset}". Choose one of those above.`) };
    return {
      ...state,
      start: {
        ...shared,
        origin: { kind: "preset", id: preset.name },
        config: preset.config as unknown as JsonObject,
        details: emptyDetails(),
        title: preset.title,
      },
    };
  }
  if (search.dataset) {
    const dataset = data.data;
    const base = all.find((one) => one.name === DATASET_PRESET) ?? all[0];
    if (!dataset || !base) return { ...state, start: null };
    return {
      ...state,
      start: {
        ...shared,
        origin: { kind: "dataset", id: dataset.id },
        config: { ...(base.config as unknown as JsonObject), data: dataOf(dataset) },
        details: emptyDetails(),
        title: dataset.name,
      },
    };
  }
  if (search.from) {
    const run = source.data;
    if (!run) return { ...state, start: null };
    return {
      ...state,
      start: {
        ...shared,
        origin: { kind: "run", id: run.id },
        config: run.config as JsonObject,
        details: { ...emptyDetails(), project: run.project, tags: run.tags, priority: String(run.priority) },
        title: run.name,
      },
    };
  }
  if (!plain.data) return { ...state, start: null };
  return {
    ...state,
    start: {
      ...shared,
      origin: { kind: "default", id: "" },
      config: plain.data.config as JsonObject,
      details: emptyDetails(),
      title: "Defaults",
    },
  };
}
