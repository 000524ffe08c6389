import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";

import { api, unwrap } from "@/api/client";
import { errorMessage, isStatus } from "@/api/errors";
import { keys } from "@/api/queries";
import { putRun } from "@/api/runCache";
import type { Run, RunSummary, RunUpdate } from "@/api/types";
import { toast } from "@/components/ui/toast";

const path = (run: { id: string }) => ({ path: { run_id: run.id } });

interface Edit {
  run: RunSummary;
  changes: RunUpdate;
  /** Refused with 412 when somebody else has edited the run since this version. */
  version?: number | undefined;
}

function fresh(client: QueryClient, run: Run): void {
  putRun(client, run);
  void client.invalidateQueries({ queryKey: keys.runs });
}

/** What a person may do to runs. Each shows its failure as a toast and brings the caches up to date. */
export function useRunMutations() {
  const client = useQueryClient();
  const onError = (what: string) => (error: unknown) => {
    toast.error(`${what}: ${errorMessage(error)}`);
  };
  const update = useMutation({
    mutationFn: ({ run, changes, version }: Edit) => {
      const header = version === undefined ? {} : { "if-match": `"${version}"` };
      return unwrap(api.PATCH("/api/v1/runs/{run_id}", { params: { ...path(run), header }, body: changes }));
    },
    onSuccess: (run) => fresh(client, run),
    onError: (error, { run }) => {
      if (isStatus(error, 412)) void client.invalidateQueries({ queryKey: keys.run(run.id), exact: true });
      onError("Not saved")(error);
    },
  });
  const stop = useMutation({
    mutationFn: ({ run, reason }: { run: RunSummary; reason: string }) =>
      unwrap(api.POST("/api/v1/runs/{run_id}/stop", { params: path(run), body: { reason } })),
    onSuccess: (run) => fresh(client, run),
    onError: onError("Not stopped"),
  });
  const pause = useMutation({
    mutationFn: (run: RunSummary) => unwrap(api.POST("/api/v1/runs/{run_id}/pause", { params: path(run), body: { reason: "" } })),
    onSuccess: (run) => fresh(client, run),
    onError: onError("Not paused"),
  });
  const resume = useMutation({
    mutationFn: (run: RunSummary) => unwrap(api.POST("/api/v1/runs/{run_id}/resume", { params: path(run), body: { reason: "" } })),
    onSuccess: (run) => fresh(client, run),
    onError: onError("Not resumed"),
  });
  const retry = useMutation({
    mutationFn: ({ run, fromStart }: { run: RunSummary; fromStart: boolean }) =>
      unwrap(api.POST("/api/v1/runs/{run_id}/retry", { params: path(run), body: { reason: "", from_start: fromStart } })),
    onSuccess: (run) => fresh(client, run),
    onError: onError("Not queued again"),
  });
  const restore = useMutation({
    mutationFn: (run: RunSummary) => unwrap(api.POST("/api/v1/runs/{run_id}/restore", { params: path(run) })),
    onSuccess: (run) => {
      fresh(client, run);
      toast.success(`${run.name} is back`);
    },
    onError: onError("Not restored"),
  });
  const remove = useMutation({
    mutationFn: (run: RunSummary) => unwrap(api.DELETE("/api/v1/runs/{run_id}", { params: path(run) })),
    onSuccess: (_, run) => {
      void client.invalidateQueries({ queryKey: keys.runs });
      void client.invalidateQueries({ queryKey: keys.run(run.id) });
      toast.success(`${run.name} was deleted`, { action: { label: "Undo", onClick: () => restore.mutate(run) } });
    },
    onError: onError("Not deleted"),
  });
  const clone = useMutation({
    mutationFn: ({ run, name, seed }: { run: RunSummary; name: string; seed: number }) =>
      unwrap(
        api.POST("/api/v1/runs/{run_id}/clone", { params: path(run), body: { name: name || null, overrides: { seed } } }),
      ),
    onSuccess: (run) => fresh(client, run),
    onError: onError("Not cloned"),
  });
  return { update, stop, pause, resume, retry, restore, remove, clone };
}
