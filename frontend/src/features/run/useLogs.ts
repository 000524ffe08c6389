import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { api, unwrap } from "@/api/client";
import { errorMessage } from "@/api/errors";
import type { LogLine } from "@/api/types";
import { toast } from "@/components/ui/toast";

import { type Level, type LogFeed, mergeLines, passes } from "./logFeed";

const PAGE = 500;

async function readLines(runId: string, level: Level | null, q: string, before: number | null, signal?: AbortSignal) {
  const query = { level, q: q || null, before, limit: PAGE };
  return unwrap(api.GET("/api/v1/runs/{run_id}/logs", { params: { path: { run_id: runId }, query }, signal }));
}

interface Held {
  lines: readonly LogLine[];
  /** Whether the server may have older ones. */
  more: boolean;
}

/** The newest lines that pass the filters, older ones on demand, and new ones as they come. */
export function useLogs(runId: string, feed: LogFeed, level: Level | null, q: string) {
  const [live, setLive] = useState<readonly LogLine[]>([]);
  const [older, setOlder] = useState<Held | null>(null);
  const [loading, setLoading] = useState(false);
  const newest = useQuery({
    queryKey: ["run", runId, "logs", level, q],
    queryFn: ({ signal }) => readLines(runId, level, q, null, signal),
    // the stream brings what is new while the panel is open
    staleTime: Infinity,
    gcTime: 0,
  });
  useEffect(() => feed.subscribe((lines) => setLive((held) => mergeLines(held, lines))), [feed]);

  const read = newest.data?.items ?? [];
  const first = older?.lines[0]?.id ?? read[0]?.id ?? null;
  const more = older?.more ?? read.length >= PAGE;
  const lines = mergeLines(
    [...(older?.lines ?? []), ...read],
    live.filter((line) => passes(line, level, q) && line.id > (read.at(-1)?.id ?? -1)),
  );

  const loadOlder = async () => {
    if (loading || !more || first === null) return;
    setLoading(true);
    try {
      const page = await readLines(runId, level, q, first);
      setOlder((held) => ({ lines: [...page.items, ...(held?.lines ?? [])], more: page.items.length >= PAGE }));
    } catch (error) {
      toast.error(`Older lines could not be read: ${errorMessage(error)}`);
    } finally {
      setLoading(false);
    }
  };
  return { lines, more, loadOlder, loading, isPending: newest.isPending, error: newest.error, retry: newest.refetch };
}

/** Every line of the run's log as text, for a download. */
export async function wholeLog(runId: string): Promise<string> {
  const lines: LogLine[] = [];
  for (let after = 0; ; ) {
    const query = { after, limit: PAGE };
    const page = await unwrap(
      api.GET("/api/v1/runs/{run_id}/logs", { params: { path: { run_id: runId }, query } }),
    );
    lines.push(...page.items);
    const last = page.items.at(-1);
    if (!last || page.items.length < PAGE) break;
    after = last.id;
  }
  return lines
    .map((line) => `${line.time} [attempt ${line.attempt}] ${line.level.toUpperCase()} ${line.source}: ${line.message}\n`)
    .join("");
}
