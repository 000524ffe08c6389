import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { api, unwrap } from "@/api/client";
import { ApiError } from "@/api/errors";
import type { RunConfig } from "@/api/types";

import type { FieldProblem } from "./check";
import { stripPrefix } from "./problems";
import type { JsonObject } from "./schema";

const DEBOUNCE_MS = 350;
/** Workers come and go, so what a valid run would wait for is asked again. */
const AGAIN_MS = 15_000;

export interface Verdict {
  /** The configuration the server has seen. */
  checked: JsonObject;
  problems: FieldProblem[];
  /** Why no worker could run it now; null when one could or when it is not valid. */
  waitsFor: string | null;
  /** Names of the workers that are online and could. */
  workers: readonly string[];
}

export interface Validation {
  verdict: Verdict | undefined;
  /** Whether the verdict is about an earlier configuration. */
  pending: boolean;
  /** The server could not be asked. */
  error: Error | null;
}

/** The server's word on a configuration, asked for a moment after the last change. */
export function useValidation(config: JsonObject | null): Validation {
  const [settled, setSettled] = useState(config);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(config), DEBOUNCE_MS);
    return () => clearTimeout(timer);
  }, [config]);
  const asked = useQuery({
    queryKey: ["validate", settled],
    queryFn: ({ signal }) => validate(settled ?? {}, signal),
    enabled: settled !== null,
    placeholderData: keepPreviousData,
    refetchInterval: (query) => (query.state.data?.problems.length === 0 ? AGAIN_MS : false),
    staleTime: AGAIN_MS,
    gcTime: 60_000,
  });
  return {
    verdict: asked.data,
    pending: settled !== config || asked.isPlaceholderData || asked.isPending,
    error: asked.error,
  };
}

async function validate(config: JsonObject, signal: AbortSignal): Promise<Verdict> {
  try {
    const answer = await unwrap(api.POST("/api/v1/config/validate", { body: asRunConfig(config), signal }));
    return { checked: config, problems: [], waitsFor: answer.waits_for, workers: answer.workers };
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 422) throw error;
    return { checked: config, problems: fieldProblems(error), waitsFor: null, workers: [] };
  }
}

/** The problems of a 422, by path inside the configuration. */
export function fieldProblems(error: ApiError): FieldProblem[] {
  if (error.fields.length === 0) return [{ path: "", message: error.message, remedy: "" }];
  return error.fields.map((field) => ({ ...field, path: stripPrefix(field.path) }));
}

/** The form's values follow the served schema, which is what the generated type was made from too. */
export function asRunConfig(config: JsonObject): RunConfig {
  return config as unknown as RunConfig;
}
