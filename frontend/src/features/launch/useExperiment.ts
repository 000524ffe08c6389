import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { api, unwrap } from "@/api/client";
import type { ExperimentPreview } from "@/api/types";

import { axesOf } from "./grid";
import type { JsonObject } from "./schema";
import { parseSeeds } from "./seeds";
import type { LaunchDetails } from "./draft";

const DEBOUNCE_MS = 350;
const AGAIN_MS = 15_000;

export interface Previewed {
  preview: ExperimentPreview | undefined;
  /** Whether the preview is of an earlier grid. */
  pending: boolean;
  error: Error | null;
  retry: () => void;
}

/** The exact runs that a launch would make, asked for a moment after the last change. */
export function usePreview(config: JsonObject, details: LaunchDetails, enabled: boolean): Previewed {
  const text = JSON.stringify({ config, axes: axesOf(details.axes), seeds: parseSeeds(details.gridSeeds).seeds ?? [] });
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), DEBOUNCE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const asked = useQuery({
    queryKey: ["experiment-preview", settled],
    queryFn: ({ signal }) =>
      unwrap(api.POST("/api/v1/experiments/preview", { body: JSON.parse(settled) as PlanBody, signal })),
    enabled,
    placeholderData: keepPreviousData,
    refetchInterval: AGAIN_MS,
    gcTime: 60_000,
  });
  return {
    preview: asked.data,
    pending: settled !== text || asked.isPlaceholderData || asked.isPending,
    error: asked.error,
    retry: () => void asked.refetch(),
  };
}

interface PlanBody {
  config: Record<string, unknown>;
  axes: { field: string; values: unknown[] }[];
  seeds: number[];
}
