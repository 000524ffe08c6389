import { useMutation, useQueryClient } from "@tanstack/react-query";

import { api, unwrap } from "@/api/client";
import { keys } from "@/api/queries";
import type { BulkAnswer, BulkRequest } from "@/api/types";

/** Runs in a request. */
const CHUNK = 200;

export type BulkChange = Omit<BulkRequest, "runs" | "dry_run">;

/** Does one thing to many runs, some at a time; `onProgress` is told how many are behind. */
export async function changeRuns(
  ids: readonly string[],
  change: Partial<BulkChange> & Pick<BulkChange, "action">,
  dryRun: boolean,
  onProgress: (done: number) => void = () => undefined,
): Promise<BulkAnswer> {
  const whole: BulkAnswer = { results: [], done: 0, unchanged: 0, refused: 0 };
  const body = { add: [], remove: [], reason: "", ...change, dry_run: dryRun };
  for (let start = 0; start < ids.length; start += CHUNK) {
    const runs = ids.slice(start, start + CHUNK);
    const answer = await unwrap(api.POST("/api/v1/runs/bulk", { body: { ...body, runs } }));
    whole.results.push(...answer.results);
    whole.done += answer.done;
    whole.unchanged += answer.unchanged;
    whole.refused += answer.refused;
    onProgress(whole.results.length);
  }
  return whole;
}

/** The same as a mutation; lists are read again whatever came out. */
export function useBulk(onProgress: (done: number) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ ids, change }: { ids: readonly string[]; change: Partial<BulkChange> & Pick<BulkChange, "action"> }) =>
      changeRuns(ids, change, false, onProgress),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: keys.runs });
      void client.invalidateQueries({ queryKey: ["run"] });
    },
  });
}
