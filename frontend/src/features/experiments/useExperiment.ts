import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

import { experiment as experimentQuery, keys } from "@/api/queries";
import type { Experiment, RunSummary } from "@/api/types";
import { useStream } from "@/api/useStream";
import { isFinal } from "@/components/runs/StatusBadge";

import { isTurn, withRuns } from "./live";

/** A burst of events is drawn once, and read again once. */
const DRAW_MS = 250;
const REREAD_MS = 1000;
/** Device time grows, and workers come and go, without an event of a run. */
const SLOW_MS = 15_000;

/** The experiment, kept up to date by the stream of all runs: it may have more than a stream can name. */
export function useExperiment(id: string) {
  const client = useQueryClient();
  const options = experimentQuery(id);
  const query = useQuery({
    ...options,
    refetchInterval: ({ state }) => (state.data && isMoving(state.data) ? SLOW_MS : false),
  });
  const news = useRef(new Map<string, RunSummary>());
  const timers = useRef<{ draw?: Timer; reread?: Timer }>({});
  useEffect(() => {
    const { current } = timers;
    return () => {
      clearTimeout(current.draw);
      clearTimeout(current.reread);
    };
  }, []);
  const reread = () => {
    timers.current.reread ??= setTimeout(() => {
      delete timers.current.reread;
      void client.invalidateQueries({ queryKey: [...keys.experiments, id] });
    }, REREAD_MS);
  };
  const draw = () => {
    delete timers.current.draw;
    const told = news.current;
    news.current = new Map();
    client.setQueryData(options.queryKey, (old) => old && withRuns(old, told));
  };
  const stream = useStream("*", {
    run: (run) => {
      if (run.experiment_id !== id || !query.data) return;
      if (isTurn(query.data, run)) reread();
      news.current.set(run.id, run);
      timers.current.draw ??= setTimeout(draw, DRAW_MS);
    },
    ready: (gap) => gap && reread(),
  });
  return { ...query, stream, moving: query.data !== undefined && isMoving(query.data) };
}

type Timer = ReturnType<typeof setTimeout>;

function isMoving({ cells }: Experiment): boolean {
  return cells.some((cell) => cell.runs.some((run) => !run.deleted && !isFinal(run.status) && run.status !== "paused"));
}
