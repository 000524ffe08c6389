import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";

import { api, unwrap } from "@/api/client";
import { errorMessage, isStatus } from "@/api/errors";
import { keys } from "@/api/queries";
import { putRun } from "@/api/runCache";
import type { Run, RunSummary, RunUpdate } from "@/api/types";
import { toast } from "@/components/ui/toast";

// What a person may do to runs, a hook each: a row of the table pays for the two it has, not for all.
// Each shows its failure as a toast and brings the caches up to date.

const path = (run: { id: string }) => ({ path: { run_id: run.id } });

const failed = (what: string) => (error: unknown) => {
  toast.error(`${what}: ${errorMessage(error)}`);
};

function fresh(client: QueryClient, run: Run): void {
  putRun(client, run);
  void client.invalidateQueries({ queryKey: keys.runs });
}

/** A mutation that answers with the run as it is then. */
function useChange<Input>(what: string, mutationFn: (input: Input) => Promise<Run>) {
  const client = useQueryClient();
  return useMutation({ mutationFn, onSuccess: (run) => fresh(client, run), onError: failed(what) });
}

interface Edit {
  run: RunSummary;
  changes: RunUpdate;
  /** Refused with 412 when somebody else has edited the run since this version. */
  version?: number | undefined;
}

export function useUpdateRun() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ run, changes, version }: Edit) => {
      const header = version === undefined ? {} : { "if-match": `"${version}"` };
      return unwrap(api.PATCH("/api/v1/runs/{run_id}", { params: { ...path(run), header }, body: changes }));
    },
    onSuccess: (run) => fresh(client, run),
    onError: (error, { run }) => {
      if (isStatus(error, 412)) void client.invalidateQueries({ queryKey: keys.run(run.id), exact: true });
      failed("Not saved")(error);
    },
  });
}

export function useStopRun() {
  return useChange("Not stopped", ({ run, reason }: { run: RunSummary; reason: string }) =>
    unwrap(api.POST("/api/v1/runs/{run_id}/stop", { params: path(run), body: { reason } })),
  );
}

export function usePauseRun() {
  return useChange("Not paused", (run: RunSummary) =>
    unwrap(api.POST("/api/v1/runs/{run_id}/pause", { params: path(run), body: { reason: "" } })),
  );
}

export function useResumeRun() {
  return useChange("Not resumed", (run: RunSummary) =>
    unwrap(api.POST("/api/v1/runs/{run_id}/resume", { params: path(run), body: { reason: "" } })),
  );
}

export function useRetryRun() {
  return useChange("Not queued again", ({ run, fromStart }: { run: RunSummary; fromStart: boolean }) =>
    unwrap(api.POST("/api/v1/runs/{run_id}/retry", { params: path(run), body: { reason: "", from_start: fromStart } })),
  );
}

export function useCloneRun() {
  return useChange("Not cloned", ({ run, name, seed }: { run: RunSummary; name: string; seed: number }) =>
    unwrap(api.POST("/api/v1/runs/{run_id}/clone", { params: path(run), body: { name: name || null, overrides: { seed } } })),
  );
}

export function useRestoreRun() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (run: RunSummary) => unwrap(api.POST("/api/v1/runs/{run_id}/restore", { params: path(run) })),
    onSuccess: (run) => {
      fresh(client, run);
      toast.success(`${run.name} is back`);
    },
    onError: failed("Not restored"),
  });
}

export function useDeleteRun() {
  const client = useQueryClient();
  const restore = useRestoreRun();
  return useMutation({
    mutationFn: (run: RunSummary) => unwrap(api.DELETE("/api/v1/runs/{run_id}", { params: path(run) })),
    onSuccess: (_, run) => {
      void client.invalidateQueries({ queryKey: keys.runs });
      void client.invalidateQueries({ queryKey: keys.run(run.id) });
      toast.success(`${run.name} was deleted`, { action: { label: "Undo", onClick: () => restore.mutate(run) } });
    },
    onError: failed("Not deleted"),
  });
}
