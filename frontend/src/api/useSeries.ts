import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";

import { cancelFrame, inFrame } from "@/lib/frames";

import { api, unwrap } from "./client";
import { keys as queryKeys } from "./queries";
import { type Points, SeriesStore } from "./seriesStore";
import type { StreamHandlers, StreamState } from "./stream";
import type { MetricPoint, RunStatus, RunSummary, SystemSample } from "./types";
import { useStream } from "./useStream";

export interface LiveSeries {
  store: SeriesStore;
  /** Series are read once the stream is connected, so that nothing falls between. */
  isPending: boolean;
  error: Error | null;
  retry: () => void;
  stream: StreamState;
}

interface Options {
  /** Only these metrics; all when absent. */
  keys?: string[];
  /** Points a series, before live ones come on top. */
  maxPoints?: number;
  /** Also told of the stream's events. */
  on?: Omit<StreamHandlers, "state" | "ready">;
}

/** Live points on top of what was read, before the series are read anew: a page that is open for days stays small. */
const LIVE_POINTS = 1500;

const NEW_ATTEMPT: readonly RunStatus[] = ["queued", "starting"];

/** A sample as the server stores it: its step is whole seconds. */
function overTime({ elapsed, values }: SystemSample): MetricPoint {
  return { step: Math.floor(elapsed), elapsed, tokens: 0, values };
}

/** Series of some runs: read once, then kept up to date by the stream. */
export function useLiveSeries(runIds: readonly string[], { keys = [], maxPoints = 300, on = {} }: Options = {}): LiveSeries {
  const [store] = useState(() => new SeriesStore());
  const client = useQueryClient();
  const again = useRef<() => void>(() => undefined);
  const anew = useRef<() => void>(() => undefined);
  const statuses = useRef(new Map<string, RunStatus>());
  // the runs whose stream is connected: other ones get another stream, and are read after it
  const [settled, setSettled] = useState("");
  const onRun = (run: RunSummary) => {
    const before = statuses.current.get(run.id);
    statuses.current.set(run.id, run.status);
    if (before !== undefined && before !== run.status && NEW_ATTEMPT.includes(run.status)) {
      // a new attempt: later points of the one before do not count any more
      store.clear(run.id);
      again.current();
    }
    on.run?.(run);
  };

  const stream = useStream(runIds, {
    ...on,
    run: onRun,
    metrics: (data) => {
      if (store.append(data.run_id, data.points) > LIVE_POINTS) anew.current();
      on.metrics?.(data);
    },
    system: (data) => {
      if (store.append(data.run_id, data.points.map(overTime)) > LIVE_POINTS) anew.current();
      on.system?.(data);
    },
    ready: (gap) => {
      setSettled(runIds.join());
      if (!gap) return;
      again.current();
      for (const runId of runIds) void client.invalidateQueries({ queryKey: queryKeys.run(runId) });
    },
  });
  const queryKey = ["live-series", runIds, keys, maxPoints];
  const read = useQuery({
    queryKey,
    queryFn: async ({ signal }) => {
      const body = { runs: [...runIds], keys, max_points: maxPoints, min_step: null, max_step: null, envelope: true };
      const result = await unwrap(api.POST("/api/v1/metrics/query", { body, signal }));
      store.load(result.series);
      return result.series.length;
    },
    // no stream is no reason to show nothing
    enabled: (settled === runIds.join() || stream === "offline") && runIds.length > 0,
    // the store holds the points, and lives only as long as this page
    gcTime: 0,
    staleTime: Infinity,
  });
  const { refetch } = read;
  useEffect(() => {
    again.current = () => void refetch();
    anew.current = () => void refetch({ cancelRefetch: false });
  }, [refetch]);

  const { error } = read;
  const isPending = read.isPending && runIds.length > 0;
  const retry = useCallback(() => void refetch(), [refetch]);
  return useMemo(() => ({ store, isPending, error, retry, stream }), [store, isPending, error, retry, stream]);
}

/** One metric of some runs, in the order of `runIds`; changes when a point arrives. */
export function useSeries(store: SeriesStore, runIds: readonly string[], key: string): readonly Points[] {
  const wanted = useMemo(() => runIds.map((runId) => ({ runId, key })), [runIds, key]);
  const cache = useRef<readonly Points[]>([]);
  const subscribe = useCallback(
    (listener: () => void) => {
      const leave = store.subscribe(wanted, () => inFrame(listener));
      return () => {
        leave();
        cancelFrame(listener);
      };
    },
    [store, wanted],
  );
  return useSyncExternalStore(subscribe, () => {
    const now = wanted.map((item) => store.get(item.runId, item.key));
    const same = now.length === cache.current.length && now.every((points, i) => points === cache.current[i]);
    if (!same) cache.current = now;
    return cache.current;
  });
}

/** All metric names that any of the runs has, sorted. */
export function useSeriesKeys(store: SeriesStore, runIds: readonly string[]): readonly string[] {
  const cache = useRef<readonly string[]>([]);
  const subscribe = useCallback((listener: () => void) => store.subscribeKeys(listener), [store]);
  return useSyncExternalStore(subscribe, () => {
    const now = [...new Set(runIds.flatMap((runId) => store.keys(runId)))].sort();
    if (now.join("\n") !== cache.current.join("\n")) cache.current = now;
    return cache.current;
  });
}
